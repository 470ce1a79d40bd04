"""Locations: inputs found and files read and written, on disk and through fsspec's URLs."""

import errno
import os
import sys
import uuid

import pytest
from fsspec.implementations.memory import MemoryFile
from PIL import Image

from accelir.storage import locations
from accelir.storage.locations import expand


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("b.png", "a.JPG", "c.webp", "d.txt", "e.pdf", "[1].png", "deep/f.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (2, 2)).save(tmp_path / name, "PNG")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_folder_stands_for_its_pictures_in_order(folder):
    found = [os.path.basename(name) for name in expand([str(folder)])]
    assert found == ["[1].png", "a.JPG", "b.png", "c.webp"]


def test_a_pattern_stands_for_what_it_matches(folder):
    assert list(expand(["*.png"])) == ["[1].png", "b.png"]
    assert list(expand([os.path.join("**", "*.png")])) == ["[1].png", "b.png", os.path.join("deep", "f.png")]


def test_a_name_with_brackets_is_a_name_when_it_exists(folder):
    assert list(expand(["[1].png"])) == ["[1].png"]


def test_what_is_not_there_comes_back_as_it_is(folder):
    assert list(expand(["-", "none.png", "none*.png", "b.png"])) == ["-", "none.png", "none*.png", "b.png"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_are_not_unicode_are_found(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff.png"
    with open(path, "wb"):
        pass
    assert list(expand([str(tmp_path)])) == [os.fsdecode(path)]


def test_a_folder_of_folders_is_entered_on_request(folder):
    assert os.path.join(".", "deep", "f.png") in list(expand(["."], recursive=True))
    found = {found.inside: found.is_picture for found in locations.find(["."], recursive=True)}
    assert found["deep/f.png"]
    assert not found["d.txt"]


def test_a_pattern_keeps_the_folders_behind_its_fixed_part(folder):
    above = os.path.join("..", folder.name)
    for pattern in (os.path.join("**", "*.png"), os.path.join(above, "**", "*.png"), str(folder / "*" / "f*")):
        assert "deep/f.png" in [found.inside for found in locations.find([pattern])]
    # Nothing that a pattern finds outside of its fixed part leads out of an output folder.
    pattern = os.path.join("d*", "..", "..", "*", "b.png")
    assert {found.inside for found in locations.find([pattern])} == {"b.png"}


@pytest.mark.parametrize(
    ("name", "schemes"),
    [
        ("s3://b/a.png", ["s3"]),
        ("S3://b/a.png", ["s3"]),
        ("simplecache::s3://b/a.png", ["simplecache", "s3"]),
        ("zip://a.png::simplecache::file:///x.zip", ["zip", "simplecache", "file"]),
        ("simplecache::folder", ["simplecache", "file"]),
        ("C:/a.png", []),
        ("-", []),
    ],
)
def test_every_scheme_of_a_url_needs_leave(name, schemes):
    assert locations.schemes_of(name) == schemes
    locations.check_scheme(name, schemes)
    for missing in schemes:
        with pytest.raises(ValueError, match="--allow-remote"):
            locations.check_scheme(name, [scheme for scheme in schemes if scheme != missing])


# URLs


@pytest.fixture(params=["memory", "file"])
def bucket(request, tmp_path):
    return f"memory://{uuid.uuid4().hex}" if request.param == "memory" else tmp_path.as_uri()


@pytest.mark.parametrize("name", ["s3://bucket/a.png", "memory://a", "simplecache::s3://b/a.png", "file:///a"])
def test_urls_are_told_from_paths(name):
    assert locations.is_url(name)
    assert locations.absolute(name) == name


@pytest.mark.parametrize("name", ["a.png", "C:/a.png", "C:\\a.png", "a:b.png", "-", "./s3:/a", "/a://b", "1://a"])
def test_paths_are_told_from_urls(name):
    assert not locations.is_url(name)


def test_what_is_written_is_read(bucket):
    name = locations.join(bucket, "deep/a.jpg")
    locations.make_folder(locations.join(bucket, "deep"))
    assert not locations.is_file(name)
    for data in (b"abc", b"", b"another"):
        locations.write(name, data)
        assert locations.read(name) == data
    assert locations.is_file(name)
    assert locations.basename(name) == "a.jpg"


def test_a_missing_url_is_named(bucket):
    with pytest.raises(FileNotFoundError, match=r"No such file or directory.*none\.png"):
        locations.read(locations.join(bucket, "none.png"))


def test_folders_and_patterns_of_urls_are_expanded(bucket):
    locations.make_folder(bucket)
    for name in ("b.png", "a.JPG", "notes.txt"):
        locations.write(locations.join(bucket, name), b"x")
    assert [locations.basename(n) for n in expand([bucket])] == ["a.JPG", "b.png"]
    pattern = list(expand([locations.join(bucket, "*.png")]))
    assert [locations.basename(n) for n in pattern] == ["b.png"]
    assert locations.read(pattern[0]) == b"x"
    for name in ("none.png", "none*.png"):
        assert [locations.basename(n) for n in expand([locations.join(bucket, name)])] == [name]


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_breaks_leaves_what_was_there(monkeypatch, fault):
    folder = f"memory://{uuid.uuid4().hex}"
    name = locations.join(folder, "a.jpg")
    locations.write(name, b"before")

    def write_half(file, data, write=MemoryFile.write):
        write(file, data[:2])
        raise fault

    monkeypatch.setattr(MemoryFile, "write", write_half, raising=False)
    with pytest.raises(type(fault)):
        locations.write(name, b"after")
    assert locations.read(name) == b"before"
    assert [locations.basename(n) for n in expand([locations.join(folder, "*")])] == ["a.jpg"]


def test_unknown_protocols_and_their_errors_are_oserrors():
    for name in ("nonsense://a/b.png", "http://127.0.0.1:1/a.png"):
        with pytest.raises(OSError, match=r"nonsense|127\.0\.0\.1|aiohttp"):
            locations.read(name)
    assert list(expand(["nonsense://a/*.png"])) == ["nonsense://a/*.png"]


def test_without_fsspec_urls_say_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(OSError, match=r"pip install 'accelir\[remote\]'"):
        locations.read("memory://a.png")
