"""The commands, as a shell sees them: what they print, what they write, and how they exit."""

import io
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import accelir
from accelir.cli import COMMANDS, main

posix = pytest.mark.skipif(os.name != "posix", reason="terminals and pipes as POSIX has them")


def picture(mode="RGB", size=(96, 72), seed=1):
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC).convert(mode)


def exif_tags():
    tags = Image.Exif()
    tags[0x0112] = 6
    return tags


@pytest.fixture
def folder(tmp_path, monkeypatch):
    picture().save(tmp_path / "photo.png")
    picture(seed=2, size=(80, 64)).save(tmp_path / "other.png")
    (tmp_path / "broken.png").write_bytes((tmp_path / "photo.png").read_bytes()[:300])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments, stdin=None):
    return CliRunner().invoke(main, [str(a) for a in arguments], input=stdin)


def opened(source):
    return Image.open(io.BytesIO(source if isinstance(source, bytes) else Path(source).read_bytes()))


def test_help_and_version_are_shown():
    assert call("--help").exit_code == 0
    for command in ("encode", "decode", "inspect", "doctor", "completion"):
        assert command in call("--help").output
        assert call(command, "-h").exit_code == 0
    assert call("--version").output == f"accelir {accelir.__version__}\n"


def test_every_option_has_help():
    for command in (main.get_command(click.Context(main), name) for name in COMMANDS):
        assert command.help
        assert all(option.help for option in command.params if isinstance(option, click.Option))


# encode


def test_encode_prints_asked_and_reached(folder):
    result = call("encode", "photo.png", "--max-bytes", "1.5k")
    assert result.exit_code == 0, result.output
    size = (folder / "photo.jpg").stat().st_size
    bpp = 8 * size / (96 * 72)
    line = f"photo.png -> photo.jpg  asked 1,500  reached {size:,}  ({size / 15:.2f} %)  {bpp:.4f} bpp\n"
    assert result.stdout == line
    assert 1400 < size <= 1500
    assert opened("photo.jpg").size == (96, 72)


def test_bpp_counts_every_byte_of_the_file(folder):
    result = call("encode", "photo.png", "--bpp", "2", "--json")
    figures = json.loads(result.stdout)
    assert figures["asked"] == 2 * 96 * 72 // 8
    assert figures["reached"] == (folder / "photo.jpg").stat().st_size <= figures["asked"]
    assert figures["bpp"] == 8 * figures["reached"] / (96 * 72)
    assert (figures["input"], figures["output"]) == ("photo.png", "photo.jpg")


def test_the_file_is_that_of_the_python_call(folder):
    options = ("--effort", 2, "--subsampling", "4:2:2", "--progressive", "--profile", "fidelity", "--format", "jpeg")
    assert call("encode", "photo.png", "--max-bytes", 1500, *options).exit_code == 0
    expected = accelir.encode(
        opened("photo.png"), max_bytes=1500, effort=2, subsampling="4:2:2", progressive=True, profile="fidelity"
    )
    assert (folder / "photo.jpg").read_bytes() == expected


def test_pictures_above_the_limit_of_pillow_are_taken(folder, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert call("encode", "photo.png", "--bpp", 2).exit_code == 0
    assert call("decode", "photo.jpg", "-o", "back.png").exit_code == 0
    assert Image.MAX_IMAGE_PIXELS == 1000


@pytest.mark.parametrize(("option", "progressive"), [("--progressive", True), ("--sequential", False)])
def test_the_order_can_be_chosen(folder, option, progressive):
    assert call("encode", "photo.png", "--bpp", 2, option).exit_code == 0
    assert bool(opened("photo.jpg").info.get("progressive")) is progressive


def test_a_qp_map_is_taken_from_a_file(folder):
    flat, varied = np.full((3, 3), 60), np.array([[60, 60, 30]] * 3)
    for name, values in (("flat", flat), ("varied", varied)):
        np.save(f"{name}.npy", values)
        assert call("encode", "photo.png", "--bpp", 2, "--qp-map", f"{name}.npy", "-o", f"{name}.jpg").exit_code == 0
    assert (folder / "varied.jpg").read_bytes() == accelir.encode(opened("photo.png"), bpp=2, qp_map=varied)
    assert (folder / "varied.jpg").read_bytes() != (folder / "flat.jpg").read_bytes()


def test_a_qp_map_of_another_shape_is_reported(folder):
    np.save("map.npy", np.full((2, 2), 50))
    result = call("encode", "photo.png", "--bpp", 2, "--qp-map", "map.npy")
    assert result.exit_code == 1
    assert "qp_map" in result.stderr
    assert not (folder / "photo.jpg").exists()


def test_icc_and_exif_are_kept_unless_stripped(folder):
    picture().save("camera.png", icc_profile=b"profile", exif=exif_tags())
    assert call("encode", "camera.png", "--max-bytes", 2000).exit_code == 0
    assert call("encode", "camera.png", "--max-bytes", 2000, "--strip", "-o", "bare.jpg").exit_code == 0
    assert opened("camera.jpg").info["icc_profile"] == b"profile"
    assert opened("camera.jpg").getexif()[0x0112] == 6
    assert not {"icc_profile", "exif"} & set(opened("bare.jpg").info)


@pytest.mark.parametrize("mode", ["L", "P", "1"])
def test_pictures_of_other_modes_are_encoded(folder, mode):
    picture(mode).save("mode.png")
    assert call("encode", "mode.png", "--bpp", 4).exit_code == 0


@pytest.mark.parametrize(("mode", "expected"), [("RGBA", "RGB"), ("LA", "L")])
def test_an_alpha_channel_that_hides_nothing_is_left_out(folder, mode, expected):
    picture(mode).save("opaque.png")
    assert call("encode", "opaque.png", "--bpp", 4).exit_code == 0
    assert opened("opaque.jpg").mode == expected


def test_an_alpha_channel_that_hides_something_is_reported(folder):
    image = picture("RGBA")
    image.putpixel((0, 0), (0, 0, 0, 0))
    image.save("holes.png")
    result = call("encode", "holes.png", "--bpp", 4)
    assert result.exit_code == 1
    assert "transparency" in result.stderr


def test_folders_and_patterns_are_expanded_into_another_folder(folder):
    (folder / "broken.png").unlink()
    assert call("encode", ".", "--bpp", 2, "--out-dir", "deep/out").exit_code == 0
    assert sorted(os.listdir("deep/out")) == ["other.jpg", "photo.jpg"]
    assert call("encode", "*.png", "--bpp", 2).exit_code == 0
    assert (folder / "other.jpg").read_bytes() == (folder / "deep/out/other.jpg").read_bytes()


def test_one_bad_input_is_reported_and_the_others_go_on(folder):
    (folder / "text.png").write_text("no picture")
    result = call("encode", "photo.png", "broken.png", "none.png", "text.png", "other.png", "--bpp", 2)
    assert result.exit_code == 1
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["photo.png", "other.png"]
    errors = result.stderr.splitlines()
    assert [line.split(": ")[1] for line in errors] == ["broken.png", "none.png", "text.png"]
    assert errors[1] == "accelir: none.png: No such file or directory"
    assert errors[2] == "accelir: text.png: no sound picture: Pillow cannot read it"
    assert sorted(p.name for p in folder.glob("*.jpg")) == ["other.jpg", "photo.jpg"]


def test_errors_are_told_in_json_too(folder):
    result = call("encode", "photo.png", "none.png", "--bpp", 2, "--json")
    first, second = map(json.loads, result.stdout.splitlines())
    assert first["reached"] > 0
    assert second == {"input": "none.png", "error": "No such file or directory"}
    assert result.exit_code == 1


def test_a_budget_that_cannot_be_met_tells_the_smallest_size(folder):
    result = call("encode", "photo.png", "--max-bytes", 20)
    assert result.exit_code == 1
    with pytest.raises(accelir.BudgetError) as caught:
        accelir.encode(opened("photo.png"), max_bytes=20)
    assert f"{caught.value.smallest:,}" in result.stderr
    assert os.listdir(folder).count("photo.jpg") == 0


def test_files_are_replaced_only_when_asked(folder):
    (folder / "photo.jpg").write_bytes(b"precious")
    result = call("encode", "photo.png", "other.png", "--bpp", 2)
    assert result.exit_code == 1
    assert result.stderr == "accelir: photo.png: photo.jpg exists; --force replaces it\n"
    assert (folder / "photo.jpg").read_bytes() == b"precious"
    assert (folder / "other.jpg").exists()
    assert call("encode", "photo.png", "--bpp", 2, "--force").exit_code == 0
    assert (folder / "photo.jpg").read_bytes()[:2] == b"\xff\xd8"


def test_the_input_is_never_replaced(folder):
    picture().save("own.jpg", quality=95)
    before = (folder / "own.jpg").read_bytes()
    result = call("encode", "own.jpg", "--bpp", 2, "--force")
    assert result.exit_code == 1
    assert "the output would replace the input" in result.stderr
    assert (folder / "own.jpg").read_bytes() == before


def test_two_inputs_with_one_output_are_reported(folder):
    picture(seed=3).save("photo.webp")
    result = call("encode", "photo.png", "photo.webp", "--bpp", 2, "--force")
    assert result.exit_code == 1
    assert result.stderr == "accelir: photo.webp: its output photo.jpg is that of photo.png already\n"
    assert (folder / "photo.jpg").read_bytes() == accelir.encode(opened("photo.png"), bpp=2)


def test_standard_input_and_output_are_taken(folder):
    result = call("encode", "-", "--max-bytes", 1500, stdin=(folder / "photo.png").read_bytes())
    assert result.exit_code == 0
    assert result.stdout_bytes == accelir.encode(opened("photo.png"), max_bytes=1500)
    assert result.stderr.startswith("- -> -  asked 1,500  reached 1,")


def test_standard_input_can_go_to_a_file_or_folder(folder):
    data = (folder / "photo.png").read_bytes()
    assert call("encode", "-", "--bpp", 2, "-o", "named.jpg", stdin=data).exit_code == 0
    assert call("encode", "-", "--bpp", 2, "--out-dir", "out", stdin=data).exit_code == 0
    assert (folder / "named.jpg").read_bytes() == (folder / "out" / "stdin.jpg").read_bytes()


def test_quiet_prints_errors_only(folder):
    result = call("encode", "photo.png", "none.png", "--bpp", 2, "--quiet")
    assert result.stdout == ""
    assert result.stderr == "accelir: none.png: No such file or directory\n"


def test_several_jobs_give_the_same_lines_and_files_in_the_same_order(folder):
    for i in range(8):
        picture(seed=i, size=(40 + 20 * (8 - i), 48)).save(f"n{i}.png")
    one = call("encode", "n*.png", "--bpp", 2, "--out-dir", "same", "--json")
    files = {p.name: p.read_bytes() for p in (folder / "same").iterdir()}
    four = call("encode", "n*.png", "--bpp", 2, "--out-dir", "same", "--json", "--force", "--jobs", 4)
    assert one.stdout == four.stdout
    assert [json.loads(line)["input"] for line in four.stdout.splitlines()] == [f"n{i}.png" for i in range(8)]
    assert {p.name: p.read_bytes() for p in (folder / "same").iterdir()} == files


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["photo.png"], "give the size by either --bpp or --max-bytes"),
        (["photo.png", "--bpp", "1", "--max-bytes", "9"], "give the size by either --bpp or --max-bytes"),
        (["--bpp", "1"], "Missing argument"),
        (["photo.png", "--bpp", "nan"], "no finite number above 0"),
        (["photo.png", "--bpp", "-1"], "no finite number above 0"),
        (["photo.png", "--bpp", "inf"], "no finite number above 0"),
        (["photo.png", "--max-bytes", "12 apples"], "'12 apples' is no size in bytes"),
        (["photo.png", "--bpp", "1", "--effort", "10"], "0<=x<=9"),
        (["photo.png", "--bpp", "1", "--profile", "nonsense"], "fidelity"),
        (["photo.png", "--bpp", "1", "--format", "gif"], "'gif' is not"),
        (["photo.png", "--bpp", "1", "--subsampling", "4:1:0"], "'4:1:0' is not one of"),
        (["photo.png", "--bpp", "1", "--jobs", "0"], "x>=1"),
        (["photo.png", "--bpp", "1", "-o", "a.jpg", "--out-dir", "b"], "either -o or --out-dir"),
        (["photo.png", "other.png", "--bpp", "1", "-o", "a.jpg"], "-o takes one input and 2 came"),
        (["photo.png", "--bpp", "1", "--qp-map", "none.npy"], "none.npy: No such file or directory"),
        (["photo.png", "--bpp", "1", "--qp-map", "photo.png"], "photo.png: it is no array as numpy.save writes them"),
        (["photo.png", "--bpp", "1", "--out-dir", "other.png"], "other.png: File exists"),
        (["empty", "--bpp", "1"], "no picture in empty"),
        (["photo.png", "--bpp", "1", "--restore"], "No such option"),
    ],
)
def test_wrong_calls_exit_with_2_and_write_nothing(folder, arguments, message):
    (folder / "empty").mkdir()
    result = call("encode", *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert list(folder.glob("**/*.jpg")) == []


def test_the_name_of_the_output_tells_the_format(folder):
    call("encode", "photo.png", "-o", "out.webp", "--bpp", 2, "--format", "jpeg")
    assert opened("out.webp").format == "JPEG"
    assert call("encode", "photo.png", "-o", "ours.webp", "--bpp", 2).exit_code == 0
    assert (folder / "ours.webp").read_bytes() == accelir.encode(opened("photo.png"), bpp=2, format="webp")
    assert call("encode", "photo.png", "--format", "webp", "--bpp", 2).exit_code == 0
    assert (folder / "photo.webp").read_bytes() == (folder / "ours.webp").read_bytes()
    assert call("encode", "photo.png", "-o", "noname", "--bpp", 2).exit_code == 0
    assert opened("noname").format == "JPEG"


@pytest.mark.parametrize("name", ["out.png", "out.TIFF"])
def test_a_jpeg_is_not_named_as_another_kind_of_picture_by_mistake(folder, name):
    result = call("encode", "photo.png", "-o", name, "--bpp", 2)
    assert (result.exit_code, "give --format" in result.stderr) == (2, True), result.stderr
    assert not (folder / name).exists()
    assert call("encode", "photo.png", "-o", name, "--bpp", 2, "--format", "jpeg").exit_code == 0
    assert call("encode", "photo.png", "-o", "out.some", "--bpp", 2).exit_code == 0


def test_transparency_is_kept_in_webp(folder):
    image = picture("RGBA")
    image.putalpha(picture("L", seed=5))
    image.save("holes.png")
    assert call("encode", "holes.png", "-o", "holes.webp", "--max-bytes", "12k").exit_code == 0
    np.testing.assert_array_equal(np.asarray(opened("holes.webp"))[..., 3], np.asarray(image)[..., 3])


# decode


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp", "ppm", "PNG"])
def test_decode_writes_the_pixels(folder, suffix):
    picture().save("in.jpg")
    result = call("decode", "in.jpg", "-o", f"out.{suffix}")
    assert (result.exit_code, result.stdout) == (0, f"in.jpg -> out.{suffix}  96 x 72\n")
    np.testing.assert_array_equal(np.array(opened(f"out.{suffix}")), accelir.decode("in.jpg", network=None))


def test_decode_keeps_gray_and_metadata(folder):
    picture("L").save("in.jpg", icc_profile=b"profile", exif=exif_tags())
    assert call("decode", "in.jpg", "-o", "out.png").exit_code == 0
    assert opened("out.png").mode == "L"
    assert opened("out.png").info["icc_profile"] == b"profile"
    assert opened("out.png").getexif()[0x0112] == 6


def test_metadata_that_cannot_be_written_is_reported(folder):
    picture().save("in.jpg", exif=b"Exif\0\0garbage")
    result = call("decode", "in.jpg", "-o", "out.tif")
    assert result.exit_code == 1
    assert result.stderr.startswith("accelir: in.jpg: it cannot be written as TIFF: ")
    assert call("decode", "in.jpg", "-o", "out.png").exit_code == 0


def test_decode_takes_webp_and_standard_streams(folder):
    picture().save("in.webp")
    result = call("decode", "-", "-o", "-", stdin=(folder / "in.webp").read_bytes())
    assert result.exit_code == 0
    np.testing.assert_array_equal(np.array(opened(result.stdout_bytes)), accelir.decode("in.webp", network=None))


def test_decode_reports_what_is_wrong(folder):
    picture().save("in.jpg")
    (folder / "cut.jpg").write_bytes((folder / "in.jpg").read_bytes()[:-20])
    for source, message in (("cut.jpg", "damaged JPEG, at byte"), ("photo.png", "neither JPEG nor WebP")):
        result = call("decode", source, "-o", "out.png")
        assert result.exit_code == 1
        assert f"accelir: {source}: {message}" in result.stderr
    assert not (folder / "out.png").exists()


def test_decode_refuses_to_lose_anything(folder):
    picture().save("in.jpg")
    for output in ("out.jpg", "out", "out.webp"):
        result = call("decode", "in.jpg", "-o", output)
        assert result.exit_code == 2
        assert "ends in none of .png" in " ".join(result.stderr.split())
    result = call("decode", "in.jpg", "-o", "photo.png")
    assert (result.exit_code, result.stderr) == (1, "accelir: in.jpg: photo.png exists; --force replaces it\n")


@pytest.mark.parametrize("network", ["sr-x2", "dejpeg-light"])
def test_decode_restores_by_a_network(folder, network):
    picture().save("in.jpg")
    result = call("decode", "in.jpg", "--restore", network, "-o", "out.png")
    assert result.exit_code == 0, result.output
    expected = accelir.decode("in.jpg", network=network)
    assert result.stdout == f"in.jpg -> out.png  {expected.shape[1]} x {expected.shape[0]}\n"
    np.testing.assert_array_equal(np.array(opened("out.png")), expected)


def test_decode_restores_by_the_network_that_the_file_names(folder):
    assert call("encode", "photo.png", "--max-bytes", "9k", "--quiet").exit_code == 0
    assert call("decode", "photo.jpg", "-o", "out.png", "--restore").exit_code == 0
    assert opened("out.png").size == (4 * 96, 4 * 72)
    picture().save("in.jpg")
    result = call("decode", "in.jpg", "-o", "new.png", "--restore")
    assert (result.exit_code, "does not name a restoration network" in result.stderr) == (1, True)


@pytest.mark.parametrize("arguments", [["in.jpg", "--restore", "nonsense"], ["--restore", "in.jpg"]])
def test_decode_refuses_networks_that_are_not_there(folder, arguments):
    result = call("decode", *arguments, "-o", "out.png")
    assert result.exit_code == 2
    text = " ".join(result.stderr.split())
    assert f"unknown network '{arguments[-1]}'; installed are deblur-1.5-light" in text
    assert "without a name, --restore stands behind the input" in text


# inspect


def test_inspect_prints_a_report_of_every_file(folder):
    assert call("encode", "photo.png", "other.png", "--bpp", 2, "--quiet").exit_code == 0
    picture().save("photo.webp")
    result = call("inspect", "photo.jpg", "other.jpg", "photo.webp")
    assert result.exit_code == 0, result.output
    heads = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    assert [head.split(":")[0] for head in heads] == ["photo.jpg", "other.jpg", "photo.webp"]


def test_inspect_writes_json(folder):
    assert call("encode", "photo.png", "--bpp", 2, "--quiet").exit_code == 0
    report = json.loads(call("inspect", "photo.jpg", "--json").stdout)
    assert sum(report["parts"].values()) == report["size"] == (folder / "photo.jpg").stat().st_size
    assert report["cell_bits"]["minimum"] > 0
    assert report["damage"] == ""


def test_inspect_goes_on_after_a_broken_file(folder):
    picture().save("good.jpg")
    (folder / "cut.jpg").write_bytes((folder / "good.jpg").read_bytes()[:-1])
    result = call("inspect", "cut.jpg", "photo.png", "none.jpg", "good.jpg")
    assert result.exit_code == 1
    assert result.stdout.startswith("good.jpg: jpeg, 96 x 72")
    assert [line.split(": ")[1] for line in result.stderr.splitlines()] == ["cut.jpg", "photo.png", "none.jpg"]


# completion


def completed(text, *words):
    variables = {"COMP_WORDS": " ".join(["accelir", *words, text]), "COMP_CWORD": str(len(words) + 1)}
    result = CliRunner().invoke(main, prog_name="accelir", env={"_ACCELIR_COMPLETE": "bash_complete", **variables})
    return [tuple(line.split(",")) for line in result.stdout.splitlines()]


def test_commands_options_profiles_networks_and_files_are_completed():
    assert ("plain", "encode") in completed("en")
    assert completed("--max-by", "encode") == [("plain", "--max-bytes")]
    assert completed("sr", "encode", "--profile") == [("plain", "sr-x2"), ("plain", "sr-x4")]
    assert completed("sr", "decode", "--restore") == [
        ("plain", name) for name in accelir.networks() if name.startswith("sr")
    ]
    for words in (["encode"], ["encode", "-o"], ["decode"], ["inspect"]):
        assert completed("pho", *words) == [("file", "pho")]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_is_printed(shell):
    result = call("completion", shell)
    assert result.exit_code == 0
    assert f"_ACCELIR_COMPLETE={shell}_complete" in result.stdout


# doctor and the process itself


def test_doctor_tells_versions_and_profiles():
    result = call("doctor")
    assert result.exit_code == 0
    found = {line[:14].strip(): line[14:].strip() for line in result.stdout.splitlines()}
    assert found["accelir"] == accelir.__version__
    assert found["numpy"] == np.__version__
    assert "libjpeg-turbo" in found["pillow"]
    assert found["profiles"].split() == list(accelir.profiles())
    assert found["networks"].split() == list(accelir.networks())
    assert all(found.values())


def test_the_module_is_the_command():
    done = subprocess.run([sys.executable, "-m", "accelir", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"accelir {accelir.__version__}\n"


def test_the_command_works_as_a_process(folder):
    command = [sys.executable, "-m", "accelir", "encode", "photo.png", "broken.png", "--bpp", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("photo.png -> photo.jpg  asked 1,728  reached 1,")
    assert done.stderr.startswith("accelir: broken.png: ")
    assert done.stderr.count("\n") == 1


@posix
def test_a_terminal_gets_a_progress_bar_and_no_picture(folder):
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    os.set_blocking(ours, False)
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    try:
        command = [sys.executable, "-m", "accelir", "encode", "photo.png", "--bpp", "2"]
        refused = subprocess.run([*command, "-o", "-"], stdout=theirs, stderr=subprocess.PIPE, check=False)
        shown = subprocess.run([*command, "other.png"], stdout=subprocess.PIPE, stderr=theirs, check=True)
        assert (refused.returncode, b"is a terminal" in refused.stderr) == (2, True)
        assert shown.stdout.count(b"\n") == 2
        assert b"0/2" in os.read(ours, 10_000)
    finally:
        os.close(ours)
        os.close(theirs)


@posix
def test_a_reader_that_goes_away_is_no_error_message(folder):
    picture(size=(700, 500)).save("big.jpg", progressive=True)
    command = f"{sys.executable} -m accelir inspect big.jpg big.jpg big.jpg | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("big.jpg: jpeg, 700 x 500")
    assert done.stderr == ""
