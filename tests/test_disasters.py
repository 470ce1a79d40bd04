"""A full disk, a vanished input, a folder that can't be written, odd names, Ctrl-C: whole files and a clear account.

Each batch runs as a process of its own, as people run it.
"""

import io
import json
import os
import resource
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from helpers import photo
from PIL import Image

import accelir

NAMES = ("plain.png", "with space.png", "two\nlines.png", "grün.png", "- dash.png", "[brackets].png", "日本 🙂.png")


def accelir_command(*arguments, cwd, **how):
    call = [sys.executable, "-m", "accelir", *map(str, arguments)]
    return subprocess.run(call, cwd=cwd, capture_output=True, text=True, errors="surrogateescape", timeout=120, **how)


def save(path, crop="cup"):
    Image.fromarray(photo(crop)).save(path)


def assert_whole(folder, *, names=None):
    """What lies in a folder: whole JPEGs, no temporary file, and just these names if given."""
    found = sorted(os.listdir(folder))
    if names is not None:
        assert found == sorted(names)
    for name in found:
        with Image.open(os.path.join(folder, name)) as image:
            image.load()
        assert not name.startswith(".accelir")


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in NAMES:
        save(folder / name)
    return folder


def test_names_of_all_kinds(pictures, tmp_path):
    done = accelir_command("encode", pictures, "--out-dir", "out", "--bpp", "1.2", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert_whole(tmp_path / "out", names=[name.replace(".png", ".jpg") for name in NAMES])
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == len(NAMES)


def test_bytes_that_are_no_text_in_a_name(tmp_path):
    name = os.fsencode(tmp_path) + b"/caf\xe9.png"
    with open(name, "wb") as file:
        Image.fromarray(photo("cup")).save(file, "PNG")
    done = accelir_command("encode", tmp_path, "--bpp", "1.2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert os.path.exists(name.replace(b".png", b".jpg"))


def test_links_as_input_and_output(tmp_path):
    (tmp_path / "real").mkdir()
    save(tmp_path / "real" / "a.png")
    (tmp_path / "link.png").symlink_to("real/a.png")
    (tmp_path / "folder").symlink_to("real", target_is_directory=True)
    (tmp_path / "dangling.png").symlink_to("nowhere.png")
    (tmp_path / "out.jpg").symlink_to("real/out.jpg")
    assert accelir_command("encode", "link.png", "-o", "out.jpg", "--bpp", "1.2", cwd=tmp_path).returncode == 0
    assert (tmp_path / "out.jpg").is_symlink()
    assert_whole(tmp_path / "real")
    assert accelir_command("encode", "folder", "--out-dir", "out", "--bpp", "1.2", cwd=tmp_path).returncode == 0
    assert_whole(tmp_path / "out", names=["a.jpg", "out.jpg"])
    dangling = accelir_command("encode", "dangling.png", "--bpp", "1.2", cwd=tmp_path)
    assert dangling.returncode == 1
    assert "dangling.png: No such file" in dangling.stderr


def test_an_input_that_vanishes_is_told_and_the_others_are_done(pictures, tmp_path):
    script = (
        "import os\n"
        "import PIL.Image\n"
        "from accelir.cli import main\n"
        "opened = PIL.Image.open\n"
        "def once(*a, **k):\n"
        "    if os.path.exists('in/with space.png'): os.remove('in/with space.png')\n"
        "    return opened(*a, **k)\n"
        "PIL.Image.open = once\n"
        "main(['encode', 'in', '--out-dir', 'out', '--bpp', '1.2'])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "with space.png: No such file or directory" in done.stderr
    assert_whole(tmp_path / "out", names=[n.replace(".png", ".jpg") for n in NAMES if n != "with space.png"])


@pytest.mark.parametrize("out", ["blocked/out.jpg", "/proc/out.jpg", "/dev/full"])
def test_a_place_that_cannot_be_written(pictures, tmp_path, out):
    (tmp_path / "blocked").write_text("a file, not a folder")
    done = accelir_command("encode", "in/plain.png", "-o", out, "--bpp", "1.2", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("accelir: in/plain.png: ")
    assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_made(pictures, tmp_path):
    (tmp_path / "blocked").write_text("a file, not a folder")
    done = accelir_command("encode", "in", "--out-dir", "blocked/out", "--bpp", "1.2", cwd=tmp_path)
    assert done.returncode in (1, 2)
    assert "blocked/out" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_leaves_whole_files_and_says_which_are_missing(pictures, tmp_path):
    """Files of at most 6,000 bytes: as on a disk without room, larger ones fail in the middle of being written."""
    save(pictures / "zz.png")
    small = Image.fromarray(np.full((64, 64, 3), 128, np.uint8))
    small.save(pictures / "aa.png")

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))

    out = tmp_path / "out"
    out.mkdir()
    (out / "zz.jpg").write_bytes(before := accelir.encode(photo("table"), bpp=1))
    done = accelir_command(
        "encode", pictures, "--out-dir", out, "--bpp", "3", "--force", cwd=tmp_path, preexec_fn=limit
    )
    assert done.returncode == 1
    assert (out / "zz.jpg").read_bytes() == before
    assert_whole(out, names=["aa.jpg", "zz.jpg"])
    assert done.stderr.count("File too large") == len(NAMES) + 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting a small disk takes root")
def test_a_small_disk_that_fills_up(pictures, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("mounting is not allowed here; the test above stands in for it")
    try:
        done = accelir_command("encode", pictures, "--out-dir", disk, "--bpp", "3", cwd=tmp_path)
        assert done.returncode == 1
        assert "No space left on device" in done.stderr
        assert 0 < len(os.listdir(disk)) < len(NAMES)
        assert_whole(disk)
    finally:
        subprocess.run(["umount", disk], check=True)


@pytest.mark.usefixtures("_ctrl_c_acts")
def test_ctrl_c_leaves_whole_files_and_an_account(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for i in range(40):
        Image.fromarray(np.roll(photo(), i, axis=0)).save(folder / f"{i:02}.png")
    call = [sys.executable, "-m", "accelir", "encode", folder, "--out-dir", out, "--bpp", "1.2", "--jobs", "2"]
    process = subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not (out.is_dir() and len(os.listdir(out)) >= 3):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert_whole(out)
    written = len(os.listdir(out))
    assert 3 <= written < 40
    assert f"{written} done" in errors
    assert "Traceback" not in errors


def test_a_picture_on_standard_input_that_ends_early(tmp_path):
    buffer = io.BytesIO()
    Image.fromarray(photo("cup")).save(buffer, "PNG")
    call = [sys.executable, "-m", "accelir", "encode", "-", "-o", "out.jpg", "--bpp", "1.2"]
    done = subprocess.run(call, cwd=tmp_path, input=buffer.getvalue()[:5000], capture_output=True, timeout=60)
    assert done.returncode == 1
    assert b"no sound picture" in done.stderr
    assert os.listdir(tmp_path) == []


# Output that is full, memory that runs out, runs that are killed


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full")
@pytest.mark.parametrize("option", ["--json", "--jobs=2"])
def test_a_full_standard_output_is_told_once_and_the_files_are_written(pictures, tmp_path, option):
    call = [sys.executable, "-m", "accelir", "encode", "in", "--out-dir", "out", "--bpp", "1.2", option]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(call, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr == "accelir: standard output can't be written: No space left on device; files still are\n"
    assert_whole(tmp_path / "out", names=[name.replace(".png", ".jpg") for name in NAMES])


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full")
def test_a_picture_for_a_full_standard_output_is_one_line(pictures, tmp_path):
    call = [sys.executable, "-m", "accelir", "encode", "in/plain.png", "-o", "-", "--bpp", "1.2"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(call, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "No space left on device" in done.stderr


def test_standard_input_that_is_closed_is_one_line(tmp_path):
    call = f"{sys.executable} -m accelir encode - -o out.jpg --bpp 1 <&-"
    done = subprocess.run(call, shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "accelir: -: standard input is closed; name a file, or send one there\n"


def test_memory_that_runs_out_is_one_line_and_the_rest_goes_on(tmp_path):
    Image.new("L", (20_000, 20_000)).save(tmp_path / "a.png", compress_level=1)
    save(tmp_path / "b.png")

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))

    # Threads of the numeric libraries reserve room that has nothing to do with the picture.
    done = accelir_command(
        "encode",
        *("a.png", "b.png", "--out-dir", "out", "--max-bytes", "60k", "--max-pixels", "none", "--effort", "0"),
        cwd=tmp_path,
        preexec_fn=limit,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 1
    assert done.stderr.startswith("accelir: a.png: it takes more memory than there is; make the picture smaller")
    assert done.stderr.count("\n") == 1
    assert_whole(tmp_path / "out", names=["b.jpg"])


def test_a_rerun_after_kill_9_finishes(tmp_path):
    """The first run is killed in the middle of its third file; what it left is taken up and taken away."""
    for i in range(6):
        save(tmp_path / f"n{i}.png", crop=("cup", "table")[i % 2])
    script = (
        "import os, signal\n"
        "from accelir.cli import main\n"
        "fsync, files = os.fsync, []\n"
        "def dying(file):\n"
        "    files.append(file)\n"
        "    if len(files) == 3: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    fsync(file)\n"
        "os.fsync = dying\n"
        "main(['encode', 'n*.png', '--out-dir', 'out', '--bpp', '1.2'])\n"
    )
    killed = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert len(os.listdir(tmp_path / "out")) == 3
    done = accelir_command("encode", "n*.png", "--out-dir", "out", "--bpp", "1.2", "--skip-existing", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("exists, skipped") == 2
    assert_whole(tmp_path / "out", names=[f"n{i}.jpg" for i in range(6)])


# Maps of QPs that somebody else wrote


def npy(header, data=b"", version=b"\1\0"):
    text = header.encode("latin-1")
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text + data


HOSTILE_MAPS = {
    "huge": npy("{'descr': '<i4', 'fortran_order': False, 'shape': (1000000, 1000000), }", b"\0" * 64),
    "huge sides": npy(f"{{'descr': '<i4', 'fortran_order': False, 'shape': ({10**30}, {10**30}), }}"),
    "negative": npy("{'descr': '<i4', 'fortran_order': False, 'shape': (-1, -4), }", b"\0" * 16),
    "objects": npy("{'descr': '|O', 'fortran_order': False, 'shape': (1, 1), }", b"\x80\4N."),
    "code": npy("__import__('os').system('touch pwned')"),
    "nested": npy("(" * 9000 + ")" * 9000),
    "open": npy("{'descr': '<i4', 'fortran_order': False, 'shape': ("),
    "no text": npy("\x00\xff" * 20),
    "no keys": npy("{}"),
    "type": npy("{'descr': 'nonsense', 'fortran_order': False, 'shape': (1, 1), }"),
    "version": npy("{'descr': '<i4', 'fortran_order': False, 'shape': (1, 1), }", b"\0" * 4, b"\3\0"),
    "cut": npy("{'descr': '<i4', 'fortran_order': False, 'shape': (1, 1), }", b"\0" * 4)[:40],
    "empty": b"",
    "zip": b"PK\3\4" + b"\0" * 40,
}


@pytest.mark.parametrize("kind", HOSTILE_MAPS)
def test_a_hostile_map_is_a_wrong_call(tmp_path, monkeypatch, kind):
    from click.testing import CliRunner

    from accelir.cli import main

    monkeypatch.chdir(tmp_path)
    save(tmp_path / "p.png")
    (tmp_path / "map.npy").write_bytes(HOSTILE_MAPS[kind])
    result = CliRunner().invoke(main, ["encode", "p.png", "--bpp", "1", "--qp-map", "map.npy"])
    assert result.exit_code == 2, result.exception
    assert "map.npy" in result.stderr
    assert sorted(os.listdir(tmp_path)) == ["map.npy", "p.png"]


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null", "/proc/self/mem", "."])
def test_a_map_that_is_no_file_is_a_wrong_call(tmp_path, name):
    save(tmp_path / "p.png")
    done = accelir_command("encode", "p.png", "--bpp", "1", "--qp-map", name, cwd=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
