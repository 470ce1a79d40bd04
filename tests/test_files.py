"""Files: whole or not at all, sizes as people write them, inputs found."""

import errno
import os
import stat
import subprocess
import sys
import threading

import pytest

from accelir.storage.files import parse_size, write_atomically
from accelir.storage.temporary import remove_abandoned_once, temporary_name

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX file modes, links and devices")


def test_a_file_is_written(tmp_path):
    write_atomically(tmp_path / "out.jpg", b"abc")
    write_atomically(str(tmp_path / "empty.jpg"), b"")
    assert (tmp_path / "out.jpg").read_bytes() == b"abc"
    assert (tmp_path / "empty.jpg").read_bytes() == b""
    assert sorted(os.listdir(tmp_path)) == ["empty.jpg", "out.jpg"]


def test_a_file_is_replaced(tmp_path):
    (tmp_path / "out.jpg").write_bytes(b"a longer one that was there before")
    write_atomically(tmp_path / "out.jpg", b"abc")
    assert (tmp_path / "out.jpg").read_bytes() == b"abc"


@posix
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_the_mode_is_that_of_a_plainly_created_file(tmp_path, mask):
    before = os.umask(mask)
    try:
        write_atomically(tmp_path / "ours", b"")
        (tmp_path / "plain").write_bytes(b"")
    finally:
        os.umask(before)
    ours, plain = (stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("ours", "plain"))
    assert ours == plain == 0o666 & ~mask


@posix
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o664, 0o400])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path, mode):
    path = tmp_path / "out.jpg"
    path.write_bytes(b"before")
    path.chmod(mode)
    write_atomically(path, b"after", mode=0o777)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_bytes() == b"after"


@posix
def test_what_replaces_a_private_file_is_never_open_to_others(tmp_path, monkeypatch):
    path = tmp_path / "out.jpg"
    path.write_bytes(b"before")
    path.chmod(0o600)
    seen = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: seen.append(stat.S_IMODE(os.fstat(file).st_mode)) or fsync(file))
    write_atomically(path, b"after")
    assert seen == [0o600]


@posix
def test_a_new_file_gets_the_mode_asked_for_but_for_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "out.jpg", b"", mode=stat.S_IFREG | stat.S_ISUID | 0o755)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "out.jpg").stat().st_mode) == 0o750


@posix
@pytest.mark.parametrize("exists", [False, True])
def test_times_and_mode_are_taken_from_another_file(tmp_path, exists):
    (tmp_path / "in.png").write_bytes(b"")
    (tmp_path / "in.png").chmod(0o646)
    os.utime(tmp_path / "in.png", ns=(10**18 + 1000, 10**18 + 2000))
    if exists:
        (tmp_path / "out.jpg").write_bytes(b"before")
    write_atomically(tmp_path / "out.jpg", b"after", like=(tmp_path / "in.png").stat())
    status = (tmp_path / "out.jpg").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_mtime_ns) == (0o646, 10**18 + 2000)


# Temporary files of processes that are gone

_ENDLESS = """
import os, sys, time
from accelir.storage import files
os.fsync = lambda file: (print("writing", flush=True), time.sleep(60))
files.write_atomically(sys.argv[1], b"half")
"""


@pytest.fixture
def writing(tmp_path):
    """A process in the middle of writing out.jpg."""
    command = [sys.executable, "-c", _ENDLESS, str(tmp_path / "out.jpg")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "writing\n"
        yield process
        process.kill()


@posix
def test_what_a_killed_process_left_is_removed_by_the_next(tmp_path, writing):
    remove_abandoned_once.cache_clear()
    write_atomically(tmp_path / "other.jpg", b"")
    assert len(os.listdir(tmp_path)) == 2, "a process that lives keeps its file"
    writing.kill()
    writing.wait()
    remove_abandoned_once.cache_clear()
    write_atomically(tmp_path / "out.jpg", b"whole")
    assert sorted(os.listdir(tmp_path)) == ["other.jpg", "out.jpg"]


@posix
def test_files_of_other_machines_and_other_people_are_left_alone(tmp_path):
    ours = temporary_name()
    machine, process, birth = ours.split("-")[1:4]
    foreign = [
        ours,
        ours.replace(machine, "0" * 8),
        f".accelir-{machine}-999999999-{birth}-{'0' * 15}.tmp",
        ".accelir-notes.tmp",
        "photo.tmp",
    ]
    gone = [
        ours.replace(f"-{process}-{birth}-", f"-999999999-{birth}-"),
        ours.replace(f"-{process}-{birth}-", f"-{process}-{'0' * 8}-"),
    ]
    for name in (*foreign, *gone):
        (tmp_path / name).write_bytes(b"")
    remove_abandoned_once.cache_clear()
    write_atomically(tmp_path / "out.jpg", b"")
    assert sorted(os.listdir(tmp_path)) == sorted([*foreign, "out.jpg"])


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize(
    "fault", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), SystemExit(1)]
)
def test_a_failure_leaves_what_was_there(tmp_path, monkeypatch, call, fault):
    (tmp_path / "out.jpg").write_bytes(b"before")

    def fail(*_):
        raise fault

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(type(fault)):
        write_atomically(tmp_path / "out.jpg", b"after")
    assert os.listdir(tmp_path) == ["out.jpg"]
    assert (tmp_path / "out.jpg").read_bytes() == b"before"


def test_a_missing_folder_is_an_oserror(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "none" / "out.jpg", b"")
    assert os.listdir(tmp_path) == []


def test_a_folder_is_not_written_over(tmp_path):
    (tmp_path / "out.jpg").mkdir()
    with pytest.raises(OSError, match=r"out\.jpg"):
        write_atomically(tmp_path / "out.jpg", b"")
    assert os.listdir(tmp_path) == ["out.jpg"]


def test_a_reader_sees_all_of_one_version(tmp_path):
    path = tmp_path / "out.jpg"
    versions = [bytes([i]) * 200_000 for i in range(2)]
    write_atomically(path, versions[0])
    writer = threading.Thread(target=lambda: [write_atomically(path, versions[i % 2]) for i in range(20)])
    writer.start()
    while writer.is_alive():
        assert path.read_bytes() in versions
    writer.join()


@posix
def test_a_link_keeps_pointing_where_it_did(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "elsewhere" / "real.jpg"
    target.write_bytes(b"before")
    (tmp_path / "link.jpg").symlink_to(target)
    write_atomically(tmp_path / "link.jpg", b"after")
    assert (tmp_path / "link.jpg").is_symlink()
    assert target.read_bytes() == b"after"
    assert os.listdir(tmp_path / "elsewhere") == ["real.jpg"]


@posix
def test_a_device_stays_a_device():
    write_atomically(os.devnull, b"abc")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


@posix
def test_a_pipe_is_written_to(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    received = []
    reader = threading.Thread(target=lambda: received.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_atomically(tmp_path / "pipe", b"abc")
    reader.join()
    assert received == [b"abc"]


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1),
        ("78643", 78643),
        ("120k", 120_000),
        ("120K", 120_000),
        ("120kB", 120_000),
        ("120Ki", 122_880),
        ("120KiB", 122_880),
        ("1.5M", 1_500_000),
        ("1.5 MiB", 1_572_864),
        ("2G", 2_000_000_000),
        ("1Gi", 1_073_741_824),
        ("500B", 500),
        (" 7 ", 7),
        ("0.29k", 290),
        ("1.0009k", 1000),
    ],
)
def test_sizes_are_read_as_people_write_them(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "k", "-1", "0", "0.4", "1e6", "1,000", "nan", "inf", "12x", "1..5", "1 2", "١٢", "1Kib2"]
)
def test_other_sizes_are_refused(text):
    with pytest.raises(ValueError, match="is no size in bytes; write one as"):
        parse_size(text)
