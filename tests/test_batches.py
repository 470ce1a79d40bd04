"""Batches: on a Dask cluster, from and to stores, and what an interrupted one leaves."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import accelir
from accelir.cli import main
from accelir.commands import batch
from accelir.storage import locations

# Dask's own warnings are none of ours.
pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning", "default::ResourceWarning")
posix = pytest.mark.skipif(os.name != "posix", reason="Ctrl-C as POSIX sends it")


def picture(seed=1, size=(96, 72)):
    small = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (9, 12, 3), dtype=np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC)


def png(seed=1):
    buffer = io.BytesIO()
    picture(seed).save(buffer, "PNG")
    return buffer.getvalue()


def call(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for seed in range(4):
        (tmp_path / f"n{seed}.png").write_bytes(png(seed))
    monkeypatch.chdir(tmp_path)
    return tmp_path


# Dask


@pytest.fixture(scope="module")
def scheduler():
    """The address of a cluster of one worker, a process of its own."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, threads_per_worker=2, processes=True, dashboard_address="127.0.0.1:0") as cluster:
        yield cluster.scheduler_address


def test_a_cluster_gives_the_same_files_in_the_same_order(folder, scheduler):
    (folder / "broken.png").write_bytes(png()[:200])
    arguments = ("encode", "*.png", "--bpp", 2, "--json")
    here = call(*arguments, "--out-dir", "here")
    there = call(*arguments, "--out-dir", "there", "--dask", scheduler)
    assert here.exit_code == there.exit_code == 1
    names = [os.path.basename(json.loads(line)["input"]) for line in there.stdout.splitlines()]
    assert names == ["broken.png", "n0.png", "n1.png", "n2.png", "n3.png"]
    assert sorted(os.listdir("here")) == sorted(os.listdir("there")) == [f"n{i}.jpg" for i in range(4)]
    for name in os.listdir("here"):
        assert (folder / "here" / name).read_bytes() == (folder / "there" / name).read_bytes()


def test_a_cluster_reports_what_one_machine_reports(folder, scheduler):
    (folder / "n0.jpg").write_bytes(b"precious")
    result = call("encode", "n0.png", "n1.png", "none.png", "--max-bytes", 20, "--dask", scheduler)
    assert result.exit_code == 1
    messages = result.stderr.splitlines()
    assert re.search(r"n0.png: .*n0.jpg exists; --force replaces it", messages[0])
    assert re.search(r"n1.png: a budget of 20 bytes can't be met: the smallest JPEG", messages[1])
    assert messages[2].endswith("none.png: No such file or directory")


def test_standard_input_stays_here(scheduler):
    result = call("encode", "-", "-o", "out.jpg", "--bpp", 2, "--dask", scheduler)
    assert (result.exit_code, "no - with --dask" in result.stderr) == (2, True)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense"])
def test_a_cluster_that_does_not_answer_is_a_wrong_call(folder, address):
    import dask
    import distributed  # noqa: F401  # its settings are there before one of them is set, and stay afterwards

    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        result = call("encode", "n0.png", "--bpp", 2, "--dask", address)
    assert (result.exit_code, "--dask" in result.stderr) == (2, True), result.stderr
    assert not (folder / "n0.jpg").exists()


def test_without_dask_the_extra_is_named(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    result = call("encode", "n0.png", "--bpp", 2, "--dask", "tcp://127.0.0.1:1")
    assert (result.exit_code, "pip install 'accelir[cluster]'" in result.stderr) == (2, True)


def test_a_scheduler_that_is_lost_is_told_and_the_rest_is_done_here(folder):
    code = """
import os, signal, subprocess, sys, time
from accelir.commands import batch
from accelir.commands.transfers import run
from accelir.storage import cluster
scheduler = subprocess.Popen(
    [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", "at"],
    stderr=subprocess.DEVNULL,
)
while not os.path.exists("at"):
    time.sleep(0.05)
worker = subprocess.Popen(
    [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", "at", "--no-nanny", "--no-dashboard"],
    stderr=subprocess.DEVNULL,
)
def slow(item):
    import time
    time.sleep(0.2)
    return item * item
def finish(item, result):
    print(item, result, flush=True)
    if item == 2:
        scheduler.kill()
import json
try:
    run(list(range(20)), slow, finish, as_json=False, dask=json.load(open("at"))["address"])
finally:
    for process in (scheduler, worker):
        process.kill()
        process.wait()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "".join(f"{i} {i * i}\n" for i in range(20))
    assert re.fullmatch(r"accelir: the Dask scheduler at \S+ was lost; the rest is done on this machine\n", done.stderr)


# stores


def test_a_folder_in_memory_is_encoded_into_another():
    store = f"memory://{uuid.uuid4().hex}"
    for seed in range(3):
        locations.write(f"{store}/in/n{seed}.png", png(seed))
    result = call("encode", f"{store}/in", "--out-dir", f"{store}/out", "--bpp", 2, "--jobs", 2)
    assert result.exit_code == 0, result.stderr
    for seed in range(3):
        assert locations.read(f"{store}/out/n{seed}.jpg") == accelir.encode(picture(seed), bpp=2)
    assert call("decode", f"{store}/out/n0.jpg", "-o", f"{store}/back.png").exit_code == 0
    assert locations.read(f"{store}/back.png").startswith(b"\x89PNG")
    assert json.loads(call("inspect", f"{store}/out/n0.jpg", "--json").stdout)["width"] == 96


def test_what_is_in_a_store_is_replaced_only_when_asked():
    store = f"memory://{uuid.uuid4().hex}"
    locations.write(f"{store}/a.png", png())
    locations.write(f"{store}/a.jpg", b"precious")
    result = call("encode", f"{store}/a.png", "--bpp", 2)
    assert (result.exit_code, "a.jpg exists; --force replaces it" in result.stderr) == (1, True)
    assert locations.read(f"{store}/a.jpg") == b"precious"
    assert call("encode", f"{store}/a.png", "--bpp", 2, "--force").exit_code == 0
    result = call("encode", f"{store}/a.jpg", "--bpp", 2, "--force")
    assert (result.exit_code, "the output would replace the input" in result.stderr) == (1, True)


def test_a_bucket_is_encoded_into_a_folder_of_it(s3):
    for seed in range(3):
        locations.write(f"{s3}/in/n{seed}.png", png(seed))
    result = call("encode", f"{s3}/in/*.png", f"{s3}/in/none.png", "--out-dir", f"{s3}/out", "--bpp", 2, "--jobs", 2)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0].startswith(f"{s3}/in/n0.png -> {s3}/out/n0.jpg  asked 1,728  reached 1,")
    assert result.stderr == f"accelir: {s3}/in/none.png: No such file or directory\n"
    for seed in range(3):
        assert locations.read(f"{s3}/out/n{seed}.jpg") == accelir.encode(picture(seed), bpp=2)
    again = call("encode", f"{s3}/in", "--out-dir", f"{s3}/out", "--bpp", 2)
    assert (again.exit_code, again.stderr.count("exists; --force replaces it")) == (1, 3)


def test_a_bucket_that_is_not_there_is_reported(s3):
    result = call("encode", "s3://other/a.png", "--bpp", 2)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "s3://other/a.png: " in result.stderr


# Ctrl-C


def test_an_interrupted_batch_knows_what_it_has_done():
    done = []

    def finish(item, result):
        if item == 4:
            raise KeyboardInterrupt
        done.append(result)

    def work(item):
        if item == 1:
            raise ValueError("bad")
        return 10 * item

    with pytest.raises(batch.Interrupted, match="interrupted: 3 done, 1 failed, 6 not done") as caught:
        batch.run(range(10), work, finish, lambda item, error: None, jobs=3, bar=False)
    assert done == [0, 20, 30]
    assert list(caught.value.left) == [4, 5, 6, 7, 8, 9]


@pytest.mark.usefixtures("_ctrl_c_acts")
def test_ctrl_c_while_an_item_is_finished_acts_behind_it():
    finished = []

    def finish(item, result):
        if item == 2:
            signal.raise_signal(signal.SIGINT)
        finished.append(item)

    with pytest.raises(batch.Interrupted, match="interrupted: 3 done, 0 failed, 7 not done"):
        batch.run(range(10), abs, finish, lambda item, error: None, bar=False)
    assert finished == [0, 1, 2]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@posix
@pytest.mark.usefixtures("_ctrl_c_acts")
@pytest.mark.parametrize("jobs", [1, 3])
def test_ctrl_c_leaves_whole_files_and_says_how_far_it_came(folder, jobs):
    large = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    for i in range(40):
        Image.fromarray(large).save(folder / f"p{i:02}.png", compress_level=0)
    command = [sys.executable, "-m", "accelir", "encode", "p*.png", "--bpp", "8", "--out-dir", "out"]
    with open("lines", "w") as out, open("errors", "w") as err:
        process = subprocess.Popen([*command, "--jobs", str(jobs), "--json"], stdout=out, stderr=err)
        while not os.path.getsize("lines") and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    found = re.fullmatch(
        r"accelir: interrupted: (\d+) done, 0 failed, (\d+) not done, from (p\d\d.png) on\n",
        (folder / "errors").read_text(),
    )
    lines = [json.loads(line) for line in (folder / "lines").read_text().splitlines()]
    done = [line["input"] for line in lines if "output" in line]
    left = [line["input"] for line in lines if line.get("error") == "interrupted"]
    assert (len(done), len(left), left[0]) == (int(found[1]), int(found[2]), found[3])
    assert done + left == [f"p{i:02}.png" for i in range(40)]
    assert sorted(os.listdir("out")) == [name.replace("png", "jpg") for name in done]
    for name in os.listdir("out"):
        accelir.decode(folder / "out" / name, network=None)


@posix
@pytest.mark.usefixtures("_ctrl_c_acts")
def test_ctrl_c_stops_a_cluster_too(folder, scheduler):
    code = f"""
import os, signal, sys, threading
from accelir.commands import batch
from accelir.commands.transfers import run
def slow(item):
    import time
    time.sleep(0.3)
    return item
def finish(item, result):
    if item == 1:
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
run(list(range(40)), slow, finish, as_json=False, dask={scheduler!r})
"""
    begin = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 130, done.stderr
    assert re.search(r"accelir: interrupted: [2-9] done, 0 failed, 3\d not done, from \d on", done.stderr)
    assert time.monotonic() - begin < 30
