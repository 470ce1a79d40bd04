"""Where the command line's files go: trees, names, in place, what is passed over, and what is left as it is."""

import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from accelir.cli import main
from accelir.commands import pictures

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX file modes")


def picture(seed=1, size=(96, 72), mode="RGB"):
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC).convert(mode)


def save(name, seed=1, **options):
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    picture(seed).save(name, **options)


def call(*arguments, **how):
    return CliRunner().invoke(main, [str(a) for a in arguments], **how)


def files_below(folder):
    return sorted(p.relative_to(folder).as_posix() for p in Path(folder).rglob("*") if p.is_file())


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def tree():
    for i, name in enumerate(("tree/top.png", "tree/a/p.png", "tree/b/p.png", "tree/b/deep/q.png")):
        save(name, seed=i)


ALL = ["a/p.jpg", "b/deep/q.jpg", "b/p.jpg", "top.jpg"]


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize("inputs", [["tree", "--recursive"], ["tree/**/*.png"], ["./tree/", "--recursive"]])
def test_a_tree_stays_a_tree(inputs):
    result = call("encode", *inputs, "--out-dir", "out", "--bpp", 2)
    assert result.exit_code == 0, result.output
    assert files_below("out") == ALL


@pytest.mark.usefixtures("tree")
def test_a_tree_of_a_store_stays_one():
    import uuid

    from accelir.storage import locations

    store = f"memory://{uuid.uuid4().hex}"
    for name in files_below("tree"):
        locations.write(f"{store}/in/{name}", (Path("tree") / name).read_bytes())
    for inputs in ([f"{store}/in", "--recursive"], [f"{store}/in/**/*.png"]):
        out = f"{store}/out{len(inputs)}"
        assert call("encode", *inputs, "--out-dir", out, "--bpp", 2).exit_code == 0
        names = sorted(found.inside for found in locations.find([out], recursive=True))
        assert set(names) >= {"a/p.jpg", "b/p.jpg", "b/deep/q.jpg"}


@pytest.mark.usefixtures("tree")
def test_outputs_of_an_earlier_run_are_no_inputs():
    for _ in range(2):
        result = call("encode", "tree", "--recursive", "--out-dir", "tree/out", "--bpp", 2, "--skip-existing")
        assert result.exit_code == 0, result.output
    assert files_below("tree/out") == ALL


@pytest.mark.usefixtures("tree")
def test_without_recursive_the_folder_alone_is_taken():
    assert call("encode", "tree", "--out-dir", "out", "--bpp", 2).exit_code == 0
    assert files_below("out") == ["top.jpg"]
    result = call("encode", "tree/b/..", "tree/b/deep/..", "--bpp", 2, "--dry-run")
    assert result.exit_code == 0
    (Path("tree") / "top.png").unlink()
    result = call("encode", "tree", "--bpp", 2)
    assert (result.exit_code, "--recursive looks into its folders" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--suffix", "-small"], ["p-small.jpg", "q-small.jpg"]),
        (["--name", "{stem}-{ext}"], ["p-png.jpg", "q-webp.jpg"]),
        (["--name", "{folder}_{number:03}"], ["in_001.jpg", "in_002.jpg"]),
        (["--name", "{number}", "--suffix", ".web"], ["1.web.jpg", "2.web.jpg"]),
    ],
)
def test_files_are_named_by_a_pattern(options, names):
    save("in/p.png")
    save("in/q.webp")
    assert call("encode", "in", "--out-dir", "out", "--bpp", 2, *options).exit_code == 0
    assert files_below("out") == names


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--name", "../{stem}"], "holds no folders"),
        (["--suffix", "/../x"], "holds no folders"),
        (["--name", "{stem.__class__}"], "fields are {stem}"),
        (["--name", "{width}"], "fields are {stem}"),
        (["-o", "a.jpg", "--suffix", "-x"], "-o names the file"),
        (["--in-place", "--out-dir", "out"], "no --out-dir with it"),
        (["--in-place", "--suffix", "x"], "no --suffix with it"),
        (["--skip-existing", "--force"], "either --skip-existing"),
        (["--background", "nocolour"], "is no colour"),
        (["--max-side", "0"], "x>=1"),
        (["--max-pixels", "many"], "is no count of pixels"),
        (["--max-pixels", "0"], "is no count of pixels"),
    ],
)
def test_wrong_calls_write_nothing(options, message):
    save("p.png")
    result = call("encode", "p.png", "--bpp", 2, *options)
    assert (result.exit_code, message in " ".join(result.stderr.split())) == (2, True), result.stderr
    assert files_below(".") == ["p.png"]


def test_what_is_no_picture_is_passed_over_in_one_line():
    save("card/IMG_1.jpg")
    for name in ("._IMG_1.jpg", "IMG_2.HEIC", "IMG_3.CR2", "CLIP.mpg", "a.txt", "b.txt", "esc\x1b[31m.txt"):
        Path("card", name).write_bytes(b"no picture")
    result = call("encode", "card", "--out-dir", "out", "--bpp", 2)
    assert result.exit_code == 0
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("accelir: passed over, as no pictures: card/._IMG_1.jpg, card/CLIP.mpg, ")
    assert "and 2 more; pip install pillow-heif reads HEIC\n" in result.stderr
    assert call("encode", "card", "--out-dir", "out", "--bpp", 2, "--quiet", "--force").stderr == ""
    # A pattern says itself what is a picture, but for what macOS leaves beside files.
    result = call("encode", "card/*IMG_1*", "--out-dir", "out", "--bpp", 2, "--force")
    assert (result.exit_code, result.stdout.count("\n")) == (0, 1)


def test_formats_of_plugins_are_opened(monkeypatch):
    import types

    from PIL import Image

    def register():
        Image.register_open(
            "TOY", lambda file, name: Image.open(io.BytesIO(file.read()[3:])), lambda b: b[:3] == b"TOY"
        )

    monkeypatch.setattr(Image, "ID", [*Image.ID])
    monkeypatch.setattr(Image, "OPEN", {**Image.OPEN})
    monkeypatch.setitem(sys.modules, "pillow_heif", types.SimpleNamespace(register_heif_opener=register))
    pictures.load_plugins.cache_clear()
    save("p.png")
    Path("p.toy").write_bytes(b"TOY" + Path("p.png").read_bytes())
    assert call("encode", "p.png", "--bpp", 2).exit_code == 0
    assert "TOY" not in Image.ID  # which takes as long as a small encoding
    assert call("encode", "p.toy", "-o", "toy.jpg", "--bpp", 2).exit_code == 0
    assert Path("toy.jpg").read_bytes() == Path("p.jpg").read_bytes()


# What is there already


def test_a_rerun_does_what_is_missing():
    for i in range(3):
        save(f"n{i}.png", seed=i)
    assert call("encode", "n0.png", "--bpp", 2).exit_code == 0
    before = Path("n0.jpg").stat().st_mtime_ns
    result = call("encode", "n*.png", "--bpp", 2, "--skip-existing", "--json")
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line.get("skipped", False) for line in lines] == [True, False, False]
    assert Path("n0.jpg").stat().st_mtime_ns == before
    assert "n0.png -> n0.jpg  exists, skipped" in call("encode", "n0.png", "--bpp", 2, "--skip-existing").stdout


def test_a_dry_run_writes_nothing():
    save("a/p.png")
    save("a/q.png")
    Path("out").mkdir()
    Path("out/q.jpg").write_bytes(b"precious")
    result = call("encode", "a", "--out-dir", "out", "--bpp", 2, "--dry-run")
    assert result.exit_code == 1
    assert result.stdout == "a/p.png -> out/p.jpg  would be written\n"
    assert "out/q.jpg exists; --force replaces it" in result.stderr
    assert call("encode", "a", "--out-dir", "new/out", "--bpp", 2, "--dry-run").exit_code == 0
    assert not Path("new").exists()
    assert files_below("out") == ["q.jpg"]


@posix
def test_a_picture_is_replaced_in_place():
    save("p.jpg", quality=95)
    save("q.webp", seed=2, quality=95)
    os.chmod("p.jpg", 0o640)
    result = call("encode", "p.jpg", "q.webp", "--in-place", "--max-bytes", 1500)
    assert result.exit_code == 0, result.output
    assert all(Path(name).stat().st_size <= 1500 for name in ("p.jpg", "q.webp"))
    assert [Image.open(io.BytesIO(Path(name).read_bytes())).format for name in ("p.jpg", "q.webp")] == ["JPEG", "WEBP"]
    assert stat.S_IMODE(Path("p.jpg").stat().st_mode) == 0o640
    before = Path("p.jpg").stat().st_mtime_ns
    result = call("encode", "p.jpg", "--in-place", "--max-bytes", 1500)
    assert "unchanged: it fits already" in result.stdout
    assert Path("p.jpg").stat().st_mtime_ns == before


def test_in_place_takes_what_keeps_its_name():
    save("p.png")
    before = Path("p.png").read_bytes()
    result = call("encode", "p.png", "--in-place", "--bpp", 2)
    assert (result.exit_code, "--in-place keeps its name" in result.stderr) == (1, True)
    save("q.webp")
    assert call("encode", "q.webp", "--in-place", "--bpp", 2, "--format", "jpeg").exit_code == 1
    assert Path("p.png").read_bytes() == before


def test_a_budget_that_cannot_be_met_leaves_the_picture_in_place():
    save("p.jpg", quality=95)
    before = Path("p.jpg").read_bytes()
    assert call("encode", "p.jpg", "--in-place", "--max-bytes", 50).exit_code == 1
    assert Path("p.jpg").read_bytes() == before


@posix
@pytest.mark.parametrize(("options", "mode"), [([], 0o600), (["--preserve"], 0o604)])
def test_outputs_get_the_mode_of_their_inputs(options, mode):
    save("p.png")
    os.chmod("p.png", 0o604)
    os.utime("p.png", ns=(10**18, 10**18 + 5000))
    before = os.umask(0o077)
    try:
        assert call("encode", "p.png", "--bpp", 2, *options).exit_code == 0
    finally:
        os.umask(before)
    status = Path("p.jpg").stat()
    assert stat.S_IMODE(status.st_mode) == mode
    assert (status.st_mtime_ns == 10**18 + 5000) is bool(options)


@posix
def test_an_output_that_exists_keeps_its_mode():
    save("p.png")
    Path("p.jpg").write_bytes(b"")
    os.chmod("p.jpg", 0o600)
    assert call("encode", "p.png", "--bpp", 2, "--force").exit_code == 0
    assert stat.S_IMODE(Path("p.jpg").stat().st_mode) == 0o600


# Shapes


def test_pictures_are_made_smaller_and_never_larger():
    save("p.png")
    for side, size in ((48, (48, 36)), (5, (5, 4)), (96, (96, 72)), (1000, (96, 72))):
        result = call("encode", "p.png", "-o", "out.jpg", "--max-bytes", 5000, "--max-side", side, "--force")
        assert result.exit_code == 0, result.output
        assert Image.open(io.BytesIO(Path("out.jpg").read_bytes())).size == size


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1", "I;16"])
def test_pictures_of_all_modes_are_made_smaller(mode):
    image = picture(mode="RGBA" if mode == "P" else "L" if mode == "I;16" else mode)
    if mode in ("RGBA", "LA", "P"):
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    if mode == "P":
        image = image.quantize(16)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
    image.save("p.png")
    for suffix, options in ((".webp", []), (".jpg", ["--background", "white"])):
        result = call("encode", "p.png", "-o", "out" + suffix, "--max-side", 40, "--bpp", 8, *options)
        assert result.exit_code == 0, result.output
        assert Image.open(io.BytesIO(Path("out" + suffix).read_bytes())).size == (40, 30)


def test_a_colour_is_put_behind_transparency():
    image = picture(mode="RGBA")
    image.putalpha(0)
    image.save("holes.png")
    result = call("encode", "holes.png", "--bpp", 4)
    assert (result.exit_code, "--background white" in result.stderr) == (1, True)
    assert call("encode", "holes.png", "--bpp", 4, "--background", "#0f0").exit_code == 0
    pixels = np.asarray(Image.open(io.BytesIO(Path("holes.jpg").read_bytes())))
    assert np.abs(pixels.astype(int) - (0, 255, 0)).max() < 5


# Limits


def test_there_is_a_limit_of_pixels():
    save("p.png")
    save("p.webp")
    for command in (["encode", "p.png", "--bpp", 2, "-o", "x.jpg"], ["decode", "p.webp", "-o", "x.png"]):
        result = call(*command, "--max-pixels", 6911)
        assert (result.exit_code, "--max-pixels takes larger ones\n" in result.stderr) == (1, True), result.stderr
        assert call(*command, "--max-pixels", 6912).exit_code == 0
    for limit in ("none", "1M"):
        assert call("encode", "p.png", "--bpp", 2, "-o", "x.jpg", "--max-pixels", limit, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        ("http://127.0.0.1:1/p.png", "http"),
        ("file:///etc/passwd", "file"),
        ("simplecache::s3://b/p.png", "simplecache"),
        ("zip://a.png::s3://b/c.zip", "zip"),
        ("simplecache::/etc/passwd", "simplecache"),
        ("FTP://host/p.png", "ftp"),
    ],
)
def test_urls_need_leave(name, scheme):
    save("p.jpg")
    for call_ in (
        ["encode", name, "--bpp", 2, "-o", "x.jpg"],
        ["encode", "p.jpg", "--bpp", 2, "-o", name + ".jpg"],
        ["encode", "p.jpg", "--bpp", 2, "--out-dir", name],
        ["decode", name, "-o", "x.png"],
        ["decode", "p.jpg", "-o", name + ".png"],
        ["inspect", name],
        ["compare", name, "--bpp", 2],
    ):
        result = call(*call_)
        text = " ".join(result.stderr.split())
        assert (result.exit_code, f"URLs of '{scheme}' are not allowed" in text) == (2, True), text
    assert files_below(".") == ["p.jpg"]


def test_schemes_are_allowed_by_name(tmp_path):
    save("p.png")
    url = tmp_path.as_uri()
    assert call("encode", f"{url}/p.png", "--bpp", 2, "--allow-remote", "file").exit_code == 0
    assert call("encode", f"{url}/p.png", "--bpp", 2, "--allow-remote", "s3,file", "--force").exit_code == 0
    allowed = ["--allow-remote", "file", "--allow-remote", "simplecache"]
    assert call("encode", f"simplecache::{url}/p.png", "-o", "x.jpg", "--bpp", 2, *allowed).exit_code == 0
    assert call("encode", "memory://a/p.png", "--bpp", 2, "--allow-remote", "none").exit_code == 2


# Transparency on the way back


def test_decode_tells_of_transparency_and_keeps_it_on_request():
    image = picture(mode="RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    image.save("p.webp")
    picture(mode="RGBA").save("opaque.webp")
    result = call("decode", "p.webp", "-o", "flat.png")
    assert result.exit_code == 0
    assert result.stderr == "accelir: p.webp: warning: its transparency was dropped; --alpha keeps it\n"
    assert call("decode", "opaque.webp", "-o", "opaque.png").stderr == ""
    result = call("decode", "p.webp", "-o", "kept.png", "--alpha")
    assert (result.exit_code, result.stderr) == (0, "")
    kept = Image.open(io.BytesIO(Path("kept.png").read_bytes()))
    np.testing.assert_array_equal(np.asarray(kept.getchannel("A")), np.asarray(image.getchannel("A")))
    assert call("decode", "p.webp", "-o", "kept.ppm", "--alpha").exit_code == 2


# Text


def test_only_printable_text_is_printed():
    name = "two\nlines \x1b[31mred\u202e.png"
    save(name)
    Path("broken\x1b.png").write_bytes(b"")
    result = call("encode", name, "broken\x1b.png", "--bpp", 2)
    shown = "two\\nlines \\x1b[31mred\\u202e"
    assert result.stdout.startswith(f"{shown}.png -> {shown}.jpg  asked ")
    assert result.stderr == "accelir: broken\\x1b.png: no sound picture: Pillow cannot read it\n"
    comment = b"accelir forged\n\x1b]0;title\x07"
    picture().save("forged.jpg", comment=comment)
    for command in (["inspect", "forged.jpg"], ["inspect", Path(name).with_suffix(".jpg")]):
        printed = call(*command).stdout
        assert all(line.isprintable() for line in printed.splitlines())
    assert json.loads(call("inspect", "forged.jpg", "--json").stdout)["name"] == "forged.jpg"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@posix
def test_closed_streams_are_no_traceback(closed):
    save("p.png")
    command = f"{sys.executable} -m accelir encode p.png --bpp 2 --force {closed}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert Path("p.jpg").exists()
