"""`accelir compare`: what is compared, and what the page says without a browser (test_compare_page.py has one)."""

import base64
import io
import json
import re

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import noise, photo
from PIL import Image

import accelir
from accelir.cli import main
from accelir.comparison import page as report
from accelir.comparison.compare import compare
from accelir.comparison.encoders import largest_within
from accelir.errors import BudgetError
from accelir.formats.registry import FORMATS
from accelir.metrics import METRICS, SSIMULACRA2
from accelir.metrics.psnr import psnr
from accelir.restoration.installed import find
from accelir.restoration.tasks import Task

CROP = photo()[40:251, 150:353]
ENCODERS = ["Pillow JPEG", "Pillow WebP", *(f"accelir {({'jpeg': 'JPEG', 'webp': 'WebP'})[f]}" for f in FORMATS)]


def call(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    Image.fromarray(CROP).save(tmp_path / "crop.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pixels_of(data):
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


# what is compared


@pytest.mark.parametrize("profile", ["sr-x4", "sr-x2", "denoise-25", "deblur-1.5"])
def test_every_file_fits_and_its_figures_are_those_of_its_pixels(profile):
    found = compare(CROP, bpp=1.5, profile=profile, seed=3)
    assert list(found.files) == ENCODERS
    assert (found.task, found.network) == (profile, find(profile).stem)
    scale = found.scale
    original = CROP[: 211 // scale * scale, : 203 // scale * scale]
    np.testing.assert_array_equal(found.original, original)
    expected = Task.parse(profile).degrade(original, np.random.default_rng(3))
    np.testing.assert_array_equal(found.picture, expected)
    for file in found.files.values():
        assert 0.9 * found.max_bytes < len(file.data) <= found.max_bytes
        decoded = pixels_of(file.data)
        assert file.psnr == pytest.approx(psnr(decoded, expected))
        assert file.scores["ssimulacra2"] == pytest.approx(SSIMULACRA2.score(decoded, expected))
        assert file.restored_scores["ssimulacra2"] == pytest.approx(SSIMULACRA2.score(file.restored, original))
        np.testing.assert_array_equal(file.restored, accelir.restore(decoded, profile))
        assert file.restored_psnr == pytest.approx(psnr(file.restored, original))
        assert file.seconds > 0


def test_ours_is_the_file_that_encode_makes():
    found = compare(CROP, max_bytes=6000, degrade=False, effort=2)
    encoded = accelir.Encoder(effort=2).encode(CROP, max_bytes=6000)
    assert found.files["accelir JPEG"].data == encoded.data
    np.testing.assert_array_equal(found.files["accelir JPEG"].maps["QP"], encoded.qp_map)


def test_pillows_files_are_the_largest_that_fit():
    found = compare(CROP, max_bytes=6000, degrade=False)
    sizes = []
    for quality in range(1, 101):
        buffer = io.BytesIO()
        Image.fromarray(CROP).save(buffer, "JPEG", quality=quality, optimize=True, subsampling="4:2:0")
        sizes.append(len(buffer.getvalue()))
    assert len(found.files["Pillow JPEG"].data) == max(size for size in sizes if size <= 6000)


def test_the_picture_as_it_is_has_no_ground_truth():
    found = compare(CROP, bpp=1, degrade=False)
    assert (found.original, found.task, found.network) == (None, "", "sr-x4")
    assert all(file.restored_psnr is None and file.restored.shape == (844, 812, 3) for file in found.files.values())


def test_a_profile_without_a_network_is_not_restored():
    found = compare(CROP, bpp=1, profile="fidelity")
    assert (found.network, found.scale) == (None, 1)
    np.testing.assert_array_equal(found.picture, CROP)
    assert all(file.restored is None for file in found.files.values())


def test_another_network_can_be_chosen():
    found = compare(CROP, bpp=1, profile="fidelity", network="dejpeg")
    assert (found.network, found.task) == ("dejpeg-light", "dejpeg")
    assert all(file.restored_psnr > 20 for file in found.files.values())


def test_encoders_that_cannot_make_it_so_small_say_so():
    found = compare(CROP, max_bytes=350, degrade=False)
    assert re.fullmatch(r"the smallest file has [\d,]+ bytes", found.files["Pillow JPEG"])
    assert "no file: the smallest file has" in report.render(found, "crop.png")


def test_pictures_too_small_for_the_task_are_refused():
    with pytest.raises(ValueError, match="a picture of 3 x 200 pixels is too small for sr-x4"):
        compare(CROP[:200, :3], bpp=1)


@pytest.mark.parametrize("budget", range(0, 130, 7))
def test_the_largest_that_fits_is_found_though_sizes_do_not_quite_rise(budget):
    sizes = [10, 12, 11, 13, 30, 29, 31, 60, 62, 61, 90, 110, 109, 120]
    fitting = [size for size in sizes if size <= budget]
    if not fitting:
        with pytest.raises(BudgetError, match="the smallest file has 10 bytes"):
            largest_within(lambda q: bytes(sizes[q]), range(len(sizes)), budget)
    else:
        data, quality = largest_within(lambda q: bytes(sizes[q]), range(len(sizes)), budget)
        assert len(data) == sizes[quality] == max(fitting)


# the page and the command


def data_of(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1])


def test_the_page_has_the_figures_and_pictures(folder):
    result = call("compare", "crop.png", "--bpp", 1.5, "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert (figures["output"], figures["task"], list(figures["files"])) == ("crop.compare.html", "sr-x4", ENCODERS)
    page = (folder / "crop.compare.html").read_text("utf-8")
    for encoder in ENCODERS:
        file = figures["files"][encoder]
        assert file["bytes"] <= figures["asked"] == int(1.5 * 50 * 52 / 8)
        row = re.search(rf"<tr[^>]*><th scope=row>{encoder}<small>.*?</tr>", page)[0]
        for text in (f"{file['bytes']:,}", f"{file['psnr']:.2f}", f"{file['restored_psnr']:.2f}"):
            assert f"<td>{text}" in row
        scores = figures["files"][encoder]["scores"]
        assert list(scores) == list(METRICS)
        row = re.search(rf"<tr><th scope=row>{encoder}</th>.*?</tr>", page)[0]
        for name in ("ssim", "ssimulacra2"):
            restored = figures["files"][encoder]["restored_scores"][name]
            assert f"<td>{scores[name]:.4g}<small>{restored:.4g}</small></td>".replace("-", "−") in row
    best = max(ENCODERS, key=lambda encoder: figures["files"][encoder]["restored_psnr"])
    assert re.findall(r"<tr class=best><th scope=row>([\w ]+)<", page) == [best]
    data = data_of(page)
    names = [picture["name"] for picture in data["pictures"]]
    expected = [name for encoder in ENCODERS for name in (f"{encoder}, restored", encoder)]
    assert names == ["original", "encoded picture", *expected]
    raw = [base64.b64decode(picture["source"].partition(",")[2]) for picture in data["pictures"]]
    np.testing.assert_array_equal(pixels_of(raw[0]), CROP[:208, :200])
    assert pixels_of(raw[1]).shape == (52, 50, 3)
    by_name = dict(zip(names, raw, strict=True))
    for encoder in ENCODERS:
        assert len(by_name[encoder]) == figures["files"][encoder]["bytes"]
        restored = pixels_of(by_name[f"{encoder}, restored"])
        assert psnr(restored, CROP[:208, :200]) == pytest.approx(figures["files"][encoder]["restored_psnr"])
    assert (data["width"], data["height"], data["cell"]) == (200, 208, 128)


def test_what_a_metric_says_nothing_of_is_a_dash_and_null(folder):
    Image.fromarray(noise(64, 64)).save("noise.png")
    done = call("compare", "noise.png", "--bpp", 2, "--profile", "fidelity", "--json")
    assert all(file["scores"]["psnr-flat"] is None for file in json.loads(done.stdout)["files"].values())
    assert "<td>–</td>" in (folder / "noise.compare.html").read_text("utf-8")


def test_the_page_loads_nothing(folder):
    assert call("compare", "crop.png", "--bpp", 1.5, "--quiet").exit_code == 0
    page = (folder / "crop.compare.html").read_text("utf-8")
    without_data = re.sub(r"data:image/\w+;base64,[\w+/=]+", "", page)
    assert not re.search(r"https?:|//[a-z]|@import|url\(", without_data.replace("\n//", "\n"))
    assert "default-src 'none'" in page


def test_names_are_shown_and_not_run(folder):
    name = "<script>alert(1)&$style.png"
    (folder / "crop.png").rename(name)
    assert call("compare", name, "--bpp", 1.5, "-o", "page.html").exit_code == 0
    page = (folder / "page.html").read_text("utf-8")
    assert page.count("<h1>&lt;script&gt;alert(1)&amp;$style.png</h1>") == 1
    assert "<script>alert" not in page


def test_the_lines_show_every_encoder(folder):
    result = call("compare", "crop.png", "--max-bytes", "400")
    lines = result.stdout.splitlines()
    assert lines[0] == "crop.png -> crop.compare.html  at most 400 bytes"
    assert [line[2:16].strip() for line in lines[1:]] == ENCODERS


def test_without_a_measurement_its_column_is_hidden(folder):
    assert call("compare", "crop.png", "--bpp", 1, "--as-is", "-o", "page.html").exit_code == 0
    page = (folder / "page.html").read_text("utf-8")
    assert '<th scope="col" hidden>' in page
    assert "the picture as it is, 203 × 211 pixels" in page
    assert all(row.count("<td>") == 3 for row in re.findall(r"<tr><th scope=row>[^/]*<small>.*", page))


def test_gray_pictures_are_compared_as_rgb_and_transparent_ones_refused(folder):
    Image.fromarray(CROP[..., 1]).save("gray.png")
    Image.fromarray(np.dstack([CROP, CROP[..., :1]])).save("holes.png")
    result = call("compare", "gray.png", "holes.png", "--bpp", 2, "--json")
    gray, holes = map(json.loads, result.stdout.splitlines())
    assert list(gray["files"]) == ENCODERS
    assert "transparency" in holes["error"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give the size by either --bpp or --max-bytes"),
        (["--bpp", "1", "--network", "nonsense"], "unknown network 'nonsense'"),
        (["--bpp", "1", "--profile", "nonsense"], "no profile 'nonsense' is installed"),
    ],
)
def test_wrong_calls_exit_with_2(folder, arguments, message):
    result = call("compare", "crop.png", *arguments)
    assert (result.exit_code, message in " ".join(result.stderr.split())) == (2, True)
    assert not list(folder.glob("*.html"))


def test_a_page_that_exists_is_replaced_only_when_asked(folder):
    (folder / "crop.compare.html").write_text("precious")
    assert call("compare", "crop.png", "--bpp", 1).exit_code == 1
    assert (folder / "crop.compare.html").read_text() == "precious"
    assert call("compare", "crop.png", "--bpp", 1, "--force").exit_code == 0
