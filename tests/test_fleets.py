"""Fleets: shards found, encoded once each whatever happens, and shared under one total."""

import csv
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import photo, psnr
from PIL import Image

import accelir
from accelir.cli import main
from accelir.fleets.plan import Histogram, curve_of
from accelir.fleets.shards import Shard, find_shards
from accelir.formats.decode import decode_pixels
from accelir.sets.goal import MSE, Goal
from accelir.sets.share import least_sum
from accelir.sets.trial import Survey, Trial
from accelir.storage import locations
from accelir.storage.temporary import temporary_name

# Dask's own warnings are none of ours.
pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning", "default::ResourceWarning")
posix = pytest.mark.skipif(os.name != "posix", reason="processes are killed as POSIX does it")


def picture(seed):
    """A crop of the photograph, of some place and contrast."""
    rng = np.random.default_rng(seed)
    top, left = rng.integers(0, 330), rng.integers(0, 530)
    return np.ascontiguousarray(photo()[top : top + 64, left : left + 64]) // int(rng.integers(1, 4))


def png(seed):
    out = io.BytesIO()
    Image.fromarray(picture(seed)).save(out, "PNG")
    return out.getvalue()


def write_tar(path, files):
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


def read_tar(path):
    with tarfile.open(path) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar}


def records(name):
    return [json.loads(line) for line in Path(name).read_text().splitlines()]


def call(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


FLEET = ("encode", "--shards", "in", "--out", "out", "--profile", "fidelity")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Three tars of four pictures and their captions."""
    (tmp_path / "in").mkdir()
    for shard in range(3):
        names = {f"{shard}{i}": 4 * shard + i for i in range(4)}
        files = {f"{name}.png": png(seed) for name, seed in names.items()} | {f"{name}.txt": b"hi" for name in names}
        write_tar(tmp_path / "in" / f"s{shard}.tar", dict(sorted(files.items())))
    monkeypatch.chdir(tmp_path)
    return tmp_path


# Shards


@pytest.mark.parametrize("size", [("--bpp", 0.15), ("--total-bytes", "5k")])
def test_pictures_of_a_fleet_may_be_coded_at_half_the_size(tmp_path, monkeypatch, size):
    monkeypatch.chdir(tmp_path)
    os.mkdir("in")
    large = {"0.png": photo()[:256, 344:], "1.png": photo()[144:, :256]}
    for name, pixels in large.items():
        Image.fromarray(pixels).save(name)
    write_tar("in/a.tar", {name: Path(name).read_bytes() for name in large})
    result = call(*FLEET, *size, "--scale", "auto", "--effort", 2)
    assert result.exit_code == 0, result.stderr
    (statistics,) = Path("out").glob("*.jsonl")
    found = read_tar(statistics.with_suffix(".tar"))
    assert sum(map(len, found.values())) <= 5000
    for record in records(statistics):
        shown = accelir.decode(found[record["output"]])
        assert record["scale"] == 2
        assert record["psnr"] == pytest.approx(psnr(shown, large[record["input"]]), abs=0.01)


def test_tars_lists_and_folders_are_found(folder):
    (folder / "in/deep/er").mkdir(parents=True)
    for name in ("in/deep/er/b.png", "in/deep/er/a.png", "in/top.png"):
        Path(name).write_bytes(png(1))
    Path("in/list.csv").write_text("url\nin/top.png\n")
    found = {shard.name: shard.kind for shard in find_shards(["in"])}
    assert found == {"s0": "tar", "s1": "tar", "s2": "tar", "list": "list", "deep/er": "folder", "in": "folder"}
    assert [shard.name for shard in find_shards(["in/s*.tar"])] == ["s0", "s1", "s2"]
    (er,) = [shard for shard in find_shards(["in"]) if shard.name == "deep/er"]
    assert [member.name for member in er.members(())] == ["a.png", "b.png"]


def test_two_shards_of_one_name_are_refused(folder):
    Path("in/s1.csv").write_text("url\nx.png\n")
    with pytest.raises(ValueError, match=r"s1.csv and .*s1.tar would both become s1; rename one|rename one"):
        find_shards(["in"])


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_lists_name_their_pictures(tmp_path, suffix):
    rows = [{"url": "a/x.png", "key": "first"}, {"url": "y.png", "key": "second"}]
    place = tmp_path / f"list{suffix}"
    if suffix == ".csv":
        with open(place, "w", newline="") as file:
            writer = csv.DictWriter(file, ["url", "key"])
            writer.writeheader()
            writer.writerows(rows)
    elif suffix == ".jsonl":
        place.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        pytest.importorskip("pyarrow.parquet").write_table(
            pytest.importorskip("pyarrow").Table.from_pylist(rows), place
        )
    (shard,) = find_shards([str(place)])
    assert [member.name for member in shard.members(())] == ["first.png", "second.png"]


def test_rows_without_keys_go_by_their_numbers(tmp_path):
    (tmp_path / "l.csv").write_text("url\na.png\nb.jpg\n")
    names = [member.name for member in Shard("l", str(tmp_path / "l.csv"), "list").members(())]
    assert names == ["00000000.png", "00000001.jpg"]
    (tmp_path / "l.csv").write_text("place\na.png\n")
    with pytest.raises(ValueError, match="row 0 has no 'url'"):
        list(Shard("l", str(tmp_path / "l.csv"), "list").members(()))


# One pass


def test_each_shard_becomes_a_shard_with_statistics(folder):
    result = call(*FLEET, "--bpp", 1.5, "--jobs", 2)
    assert result.exit_code == 0, result.stderr
    assert sorted(os.listdir("out")) == sorted(
        ["accelir.json", *(f"s{i}{suffix}" for i in range(3) for suffix in (".tar", ".jsonl"))]
    )
    files, told = read_tar("out/s1.tar"), records("out/s1.jsonl")
    assert set(files) == {f"1{i}{suffix}" for i in range(4) for suffix in (".jpg", ".txt")}
    assert files["10.txt"] == b"hi"
    for seed, record in zip(range(4, 8), told, strict=True):
        data = files[record["output"]]
        assert data == accelir.encode(picture(seed), bpp=1.5, profile="fidelity")
        assert (record["reached"], record["asked"]) == (len(data), 768)
        assert record["sha256"] == hashlib.sha256(data).hexdigest()
        assert record["psnr"] == pytest.approx(psnr(decode_pixels(data), picture(seed)))
    assert "s1: 4 pictures  " in result.stdout


def test_what_is_there_is_not_made_again(folder):
    call(*FLEET, "--bpp", 1.5)
    first = {name: Path("out", name).read_bytes() for name in os.listdir("out")}
    os.remove("out/s1.jsonl")  # as a run leaves it that is killed between a shard and its statistics
    Path("out/s2.tar").write_bytes(b"untouched")
    result = call(*FLEET, "--bpp", 1.5)
    assert "2 of 3 shards need nothing" in result.stderr
    assert Path("out/s2.tar").read_bytes() == b"untouched"
    assert {name: Path("out", name).read_bytes() for name in os.listdir("out")} == first | {"s2.tar": b"untouched"}


def test_an_output_of_another_call_is_refused_or_replaced(folder):
    call(*FLEET, "--bpp", 1.5)
    result = call(*FLEET, "--bpp", 2)
    assert (result.exit_code, "shards of a call with other options" in result.stderr) == (2, True)
    assert call(*FLEET, "--bpp", 2, "--force").exit_code == 0
    assert records("out/s0.jsonl")[0]["asked"] == 1024


def test_failed_pictures_are_listed_and_retried_alone(folder):
    Path("in/list.csv").write_text("url,key\na.png,a\nb.png,b\n")
    Path("a.png").write_bytes(png(1))
    Path("b.png").write_bytes(b"no picture")
    result = call(*FLEET, "--bpp", 1.5)
    assert result.exit_code == 1
    assert "list: 1 failed: b.png: no sound picture: Pillow cannot read it; --retry-failed takes them" in result.stderr
    assert "error" in records("out/list.jsonl")[1]
    assert call(*FLEET, "--bpp", 1.5).exit_code == 0, "what failed is left alone"
    Path("b.png").write_bytes(png(2))
    os.remove("a.png")  # it is not asked for again
    result = call(*FLEET, "--bpp", 1.5, "--retry-failed")
    assert result.exit_code == 0, result.stderr
    assert set(read_tar("out/list.tar")) == {"a.jpg", "b.jpg"}
    assert [record["output"] for record in records("out/list.jsonl")] == ["a.jpg", "b.jpg"]


def test_a_damaged_shard_is_told_and_the_others_are_made(folder):
    data = Path("in/s1.tar").read_bytes()
    Path("in/s1.tar").write_bytes(data[: len(data) // 2])
    result = call(*FLEET, "--bpp", 1.5)
    assert (result.exit_code, "s1: " in result.stderr) == (1, True)
    assert not os.path.exists("out/s1.jsonl")
    assert os.path.exists("out/s2.jsonl")


def test_members_that_lead_out_of_a_shard_are_refused(folder):
    write_tar("in/s0.tar", {"../evil.png": png(1), "good.png": png(2)})
    assert call(*FLEET, "--bpp", 1.5).exit_code == 1
    assert set(read_tar("out/s0.tar")) == {"good.jpg"}


@pytest.mark.parametrize(
    "options",
    [
        ("--shards", "in", "--bpp", 1),
        ("--out", "out", "--bpp", 1),
        ("in", "--shards", "in", "--out", "out", "--bpp", 1),
        ("--shards", "none", "--out", "out", "--bpp", 1),
        ("--shards", "in", "--out", "in", "--bpp", 1),
        ("--shards", "in", "--out", "out"),
        ("--shards", "in", "--out", "out", "--total-bytes", 9000, "--objective", "worst"),
        ("--shards", "http://x/a.tar", "--out", "out", "--bpp", 1),
    ],
)
def test_wrong_calls_of_fleets_write_nothing(folder, options):
    assert call("encode", *options).exit_code == 2
    assert not os.path.exists("out")


# One total


def test_the_histogram_finds_what_the_exact_lagrangian_finds():
    rng = np.random.default_rng(0)
    surveys = []
    for scale, power in zip(rng.lognormal(3, 1, 200), rng.uniform(0.9, 1.8, 200), strict=True):
        sizes = [1000.0, 4000.0, 16000.0, 64000.0]
        surveys.append(Survey(300, 200, tuple(Trial(size, scale * (size / 8000) ** -power) for size in sizes)))
    goal = Goal(MSE, total_bytes=1_000_000)
    histogram = Histogram()
    for survey in surveys:
        histogram.add(survey, goal)
    plan, curves = histogram.plan(goal), [curve_of(survey, goal) for survey in surveys]
    sizes = np.array([plan.size(curve) for curve in curves])
    assert 0.999 * 1_000_000 <= sizes.sum() <= 1_000_000 * (1 + 1e-9)
    best = least_sum(curves, 1_000_000)
    loss, least = (sum(c.loss(s) for c, s in zip(curves, each, strict=True)) for each in (sizes, best))
    assert least <= loss < 1.001 * least


def test_a_fleet_keeps_to_its_total_and_beats_equal_bpp(folder):
    total = 9000
    result = call(*FLEET, "--total-bytes", total, "--jobs", 2)
    assert result.exit_code == 0, result.stderr
    told = [record for i in range(3) for record in records(f"out/s{i}.jsonl")]
    assert 0.995 * total <= sum(record["reached"] for record in told) <= total
    equal = [
        psnr(decode_pixels(accelir.encode(picture(i), bpp=1.4648, profile="fidelity")), picture(i)) for i in range(12)
    ]
    mean = [np.mean([10 ** (-each / 10) for each in found]) for found in (equal, [record["psnr"] for record in told])]
    assert 10 * np.log10(mean[0] / mean[1]) > 1.0
    again = call(*FLEET, "--total-bytes", total)
    assert (again.exit_code, "3 of 3 shards need nothing" in again.stderr) == (0, True)


def test_a_total_that_cannot_be_met_says_so_before_anything_is_encoded(folder):
    result = call(*FLEET, "--total-bytes", 900)
    assert (result.exit_code, "are estimated to have" in result.stderr) == (1, True)
    assert not [name for name in os.listdir("out") if name.endswith((".tar", ".jsonl"))]


def test_a_picture_without_a_curve_fails_and_the_others_share(folder):
    write_tar("in/s0.tar", {"bad.png": b"no picture", "good.png": png(2)})
    result = call(*FLEET, "--total-bytes", 6000)
    assert (result.exit_code, "s0: 1 failed: bad.png" in result.stderr) == (1, True)
    told = [record for i in range(3) for record in records(f"out/s{i}.jsonl") if "reached" in record]
    assert 0.99 * 6000 < sum(record["reached"] for record in told) <= 6000


# Killed


def fleet_of(folder, shards, pictures=3):
    for shard in range(3, shards):
        write_tar(folder / "in" / f"s{shard:02}.tar", {f"{i}.png": png(50 * shard + i) for i in range(pictures)})


@pytest.mark.slow
@posix
def test_killed_at_any_moment_the_next_run_goes_on(folder):
    fleet_of(folder, 10, pictures=2)
    command = [sys.executable, "-m", "accelir", *FLEET, "--total-bytes", "25k", "--quiet"]
    for written in (".curves", ".jsonl"):
        with subprocess.Popen(command) as process:
            while process.poll() is None:
                names = os.listdir("out") if os.path.isdir("out") else []
                if sum(name.endswith(written) for name in names) >= 2:
                    process.send_signal(signal.SIGKILL)
                    break
                time.sleep(0.005)
        assert process.returncode == -signal.SIGKILL
    there = sorted(name for name in os.listdir("out") if name.endswith(".jsonl"))
    assert 2 <= len(there) < 10
    before = {name: os.stat(f"out/{name}").st_mtime_ns for name in there}
    assert call(*FLEET, "--total-bytes", "25k").exit_code == 0
    assert {name: os.stat(f"out/{name}").st_mtime_ns for name in there} == before, "what was done is left alone"
    clean = call("encode", "--shards", "in", "--out", "clean", "--profile", "fidelity", "--total-bytes", "25k")
    assert clean.exit_code == 0
    assert sorted(os.listdir("out")) == sorted(os.listdir("clean"))
    for name in os.listdir("clean"):
        assert Path("out", name).read_bytes() == Path("clean", name).read_bytes(), name


@posix
def test_what_a_worker_left_half_written_is_gone_at_the_end(folder):
    fleet_of(folder, 2, pictures=1)
    assert call(*FLEET, "--bpp", "1.5").exit_code == 0
    there = sorted(os.listdir("out"))
    process, birth = temporary_name().split("-")[2:4]
    Path("out", temporary_name().replace(f"-{process}-{birth}-", f"-999999999-{birth}-")).write_bytes(b"half")
    assert call(*FLEET, "--bpp", "1.5").exit_code == 0
    assert sorted(os.listdir("out")) == there


@pytest.mark.slow
@posix
def test_a_worker_that_dies_half_way_costs_nothing(folder):
    from distributed import LocalCluster

    fleet_of(folder, 8, pictures=2)
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0") as cluster:
        command = [sys.executable, "-m", "accelir", *FLEET, "--bpp", "1.5", "--quiet"]
        with subprocess.Popen([*command, "--dask", cluster.scheduler_address]) as process:
            while process.poll() is None and len(list(Path("out").glob("*.jsonl"))) < 2:
                time.sleep(0.005)
            os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
            assert process.wait(60) == 0
    assert call("encode", "--shards", "in", "--out", "clean", "--profile", "fidelity", "--bpp", 1.5).exit_code == 0
    assert sorted(os.listdir("out")) == sorted(os.listdir("clean"))
    for name in os.listdir("clean"):
        assert Path("out", name).read_bytes() == Path("clean", name).read_bytes(), name


# Stores


def test_shards_of_a_bucket_become_shards_of_a_bucket(folder, s3):
    for name in ("s0.tar", "s1.tar"):
        locations.write(f"{s3}/in/{name}", Path("in", name).read_bytes())
    locations.write(f"{s3}/pictures/a.png", png(1))
    locations.write(f"{s3}/in/list.jsonl", json.dumps({"url": f"{s3}/pictures/a.png", "key": "a"}).encode() + b"\n")
    options = ("encode", "--shards", f"{s3}/in", "--out", f"{s3}/out", "--profile", "fidelity", "--total-bytes", "5k")
    result = call(*options)
    assert result.exit_code == 0, result.stderr
    assert locations.names_in(f"{s3}/out") == {
        "accelir.json",
        *(f"{name}{suffix}" for name in ("s0", "s1", "list") for suffix in (".tar", ".jsonl", ".curves")),
    }
    told = [json.loads(line) for line in locations.read(f"{s3}/out/s1.jsonl").splitlines()]
    assert [record["output"] for record in told] == ["10.jpg", "11.jpg", "12.jpg", "13.jpg"]
    assert "3 of 3 shards need nothing" in call(*options).stderr
