"""Sets under one total: curves, shares, the function, and the command."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import noise, photo, smooth
from PIL import Image

import accelir
from accelir.cli import main
from accelir.formats.decode import decode_pixels
from accelir.sets.choices import choices_of
from accelir.sets.curve import convex, grid, interpolated
from accelir.sets.exact import solve
from accelir.sets.goal import MSE, Goal, Objective, objective_of, set_psnr
from accelir.sets.share import bounded, least_sum, least_worst, shares
from accelir.sets.trial import Survey, Trial

posix = pytest.mark.skipif(os.name != "posix", reason="Ctrl-C as POSIX sends it")


def synthetic(count, seed=0):
    """Choices of pictures whose errors fall as powers of their sizes, as those of photographs do."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        scale, power = rng.lognormal(3, 1), rng.uniform(0.9, 1.8)
        sizes = [1000.0, 4000.0, 16000.0, 64000.0]
        trials = tuple(Trial(size, scale * (size / 8000) ** -power, 1e3 / size**0.5) for size in sizes)
        made.append(Survey(300, 200, trials))
    return made


def all_choices(surveys, objective=MSE):
    return [choices_of([survey], objective, 1.0, 1000, 64000) for survey in surveys]


def thinned(choices):
    """Every third size, for the solver's sake."""
    fields = ("sizes", "losses", "errors", "candidates")
    return replace(choices, **{name: getattr(choices, name)[::3] for name in fields})


def losses(choices, sizes):
    return [float(np.interp(size, each.sizes, each.losses)) for each, size in zip(choices, sizes, strict=True)]


# Curves


def test_a_curve_goes_through_its_trials_and_never_rises():
    sizes, errors = [500, 1000, 4000, 9000], [90.0, 40.0, 12.0, 2.0]
    at = np.geomspace(100, 40000, 200)
    logs = interpolated(sizes, np.log(errors), at)
    assert (np.diff(logs) < 0).all()
    np.testing.assert_allclose(np.exp(interpolated(sizes, np.log(errors), np.array(sizes, float))), errors)


def test_trials_that_are_larger_and_no_better_are_passed_over():
    clean = interpolated([500, 4000], np.log([90.0, 12.0]), grid(500, 4000))
    dirty = interpolated([4000, 700, 500], np.log([12.0, 95.0, 90.0]), grid(500, 4000))
    np.testing.assert_array_equal(clean, dirty)


def test_a_hull_is_convex_and_below_its_points():
    rng = np.random.default_rng(1)
    x, y = np.sort(rng.uniform(1, 100, 50)), rng.uniform(0, 9, 50)
    hull = convex(x, y)
    assert (np.diff(hull.slopes) < 0).all()
    assert (hull.slopes > 0).all()
    assert all(hull.loss(a) <= b + 1e-12 for a, b in zip(x, y, strict=True))


# Shares


def test_the_lagrangian_is_within_a_fiftieth_of_a_decibel_of_the_best_of_100_pictures():
    choices = [thinned(each) for each in all_choices(synthetic(100))]
    for total in (300_000, 1_500_000):
        best = solve(choices, total, gap=1e-4)
        assert best is not None
        assert best.sum() <= total
        # Only sizes that the solver may take, too: what falls between is left over.
        sizes = least_sum([each.curve() for each in choices], total)
        at = [
            each.sizes[np.searchsorted(each.sizes, size + 1e-6) - 1] for each, size in zip(choices, sizes, strict=True)
        ]
        assert sum(at) <= total
        assert abs(set_psnr(losses(choices, sizes)) - set_psnr(losses(choices, best))) < 0.02
        assert set_psnr(losses(choices, best)) - set_psnr(losses(choices, at)) < 0.02


def test_at_the_best_shares_all_slopes_are_alike():
    curves = [each.curve() for each in all_choices(synthetic(20))]
    sizes = least_sum(curves, 200_000)
    assert sizes.sum() == pytest.approx(200_000)
    before = [curve.loss(size * 0.9) - curve.loss(size) for curve, size in zip(curves, sizes, strict=True)]
    after = [curve.loss(size) - curve.loss(size * 1.1) for curve, size in zip(curves, sizes, strict=True)]
    taken = np.array(sizes) * 0.1
    assert (after / taken).max() <= (before / taken).min() * 1.01


def test_the_worst_is_as_good_as_any_other():
    curves = [each.curve() for each in all_choices(synthetic(20))]
    sizes = least_worst(curves, 200_000)
    assert sizes.sum() <= 200_000 * (1 + 1e-9)
    assert sizes.sum() > 199_990
    found = [curve.loss(size) for curve, size in zip(curves, sizes, strict=True) if 1001 < size < 63999]
    assert max(found) / min(found) == pytest.approx(1, abs=1e-6)


def test_two_lagrangians_keep_the_bound_and_come_near_the_exact_shares():
    surveys = [
        replace(s, trials=tuple(replace(t, distance=t.distance * (1 + i % 5)) for t in s.trials))
        for i, s in enumerate(synthetic(30))
    ]
    choices = all_choices(surveys, objective_of("ssimulacra2", accelir.Encoder(profile="fidelity").settings.profile))
    total = 240_000
    free = least_sum([each.curve() for each in choices], total)
    least = least_sum([replace(each, losses=each.errors).curve() for each in choices], total)

    def error(sizes):
        return np.mean([each.error(size) for each, size in zip(choices, sizes, strict=True)])

    bound = (error(free) + error(least)) / 2
    sizes, best = bounded(choices, total, bound), solve(choices, total, bound)
    assert error(sizes) <= bound
    assert error(least) < bound < error(free)
    assert sum(losses(choices, sizes)) < 1.001 * sum(losses(choices, best))
    with pytest.raises(accelir.TargetError, match=r"can't be had within this total: the best is expected"):
        bounded(choices, total, error(least) / 2)


def test_without_scipy_the_bound_is_kept_too(monkeypatch):
    choices = all_choices(synthetic(10), objective_of("psnr", accelir.Encoder(profile="fidelity").settings.profile))
    goal = Goal(Objective("psnr", accelir.metrics.PSNR_RGB), total_bytes=80_000, min_psnr=35.8)
    monkeypatch.setattr("accelir.sets.share.has_solver", lambda: False)
    sizes = shares(goal, choices, 80_000)
    assert np.mean([each.error(size) for each, size in zip(choices, sizes, strict=True)]) <= goal.max_error


# The function


@pytest.fixture(scope="module")
def pictures():
    """Five pictures, easy and hard."""
    corners = [(0, 432), (0, 288), (256, 0), (256, 144), (0, 450)]
    return [np.ascontiguousarray(photo()[top : top + 128, left : left + 144]) for top, left in corners]


def errors(pictures, files):
    return [
        np.mean((decode_pixels(file.data).astype(float) - picture) ** 2)
        for picture, file in zip(pictures, files, strict=True)
    ]


@pytest.mark.parametrize("format", ["jpeg", "webp"])
def test_a_set_beats_equal_bpp_within_the_total(pictures, format):
    encoder = accelir.Encoder(profile="fidelity", format=format)
    equal = [encoder.encode(picture, bpp=0.9) for picture in pictures]
    total = int(0.9 * sum(picture.shape[0] * picture.shape[1] for picture in pictures) / 8)
    files = accelir.encode_set(pictures, total_bytes=total, profile="fidelity", format=format)
    assert 0.995 * total <= sum(len(file.data) for file in files) <= total
    assert set_psnr(errors(pictures, files)) > set_psnr(errors(pictures, equal)) + 1.2
    assert max(errors(pictures, files)) < max(errors(pictures, equal))
    by_bpp = accelir.encode_set(pictures, bpp=0.9, profile="fidelity", format=format)
    assert [file.data for file in by_bpp] == [file.data for file in files]


def test_each_objective_is_best_at_its_own(pictures):
    made = {
        name: errors(pictures, accelir.encode_set(pictures, bpp=0.9, objective=name, profile="fidelity"))
        for name in ("mse", "worst", "psnr")
    }
    assert min(made, key=lambda name: np.mean(made[name])) == "mse"
    assert min(made, key=lambda name: max(made[name])) == "worst"
    assert min(made, key=lambda name: np.mean(np.log(made[name]))) == "psnr"
    assert max(made["worst"]) < 1.1 * min(made["worst"])


def test_weights_and_bounds_are_kept(pictures):
    plain = accelir.encode_set(pictures, bpp=0.9, profile="fidelity")
    weights = [20.0, 1, 1, 1, 1]
    assert accelir.encode_set(pictures, bpp=0.9, profile="fidelity", weights=weights)[0].bpp > 1.2 * plain[0].bpp
    files = accelir.encode_set(pictures, bpp=0.9, profile="fidelity", min_bpp=0.7, max_bpp=1.0)
    assert all(0.68 < file.bpp <= 1.0 for file in files)


def test_a_set_for_eyes_is_shared_by_its_metric(pictures):
    judge = accelir.metrics.SSIMULACRA2
    seen = accelir.encode_set(pictures[:3], bpp=0.9, profile="perceptual", effort=3)
    by_error = accelir.encode_set(pictures[:3], bpp=0.9, profile="perceptual", effort=3, objective="mse")

    def score(files):
        pairs = zip(pictures[:3], files, strict=True)
        return np.mean([judge.score(decode_pixels(file.data), picture) for picture, file in pairs])

    assert score(seen) > score(by_error)
    bounded_set = accelir.encode_set(
        pictures[:3],
        bpp=0.9,
        profile="perceptual",
        effort=3,
        min_psnr=set_psnr(errors(pictures[:3], by_error)) - 0.1,
    )
    assert set_psnr(errors(pictures[:3], bounded_set)) > set_psnr(errors(pictures[:3], by_error)) - 0.2


def test_errors_are_measured_after_the_profiles_network(pictures):
    small = [picture[:96, :96] for picture in pictures[:3]]
    files = accelir.encode_set(small, total_bytes=5000, profile="denoise-25")
    plain = accelir.encode_set(small, total_bytes=5000, profile="denoise-25", network=None)
    assert max(sum(len(file.data) for file in made) for made in (files, plain)) <= 5000
    assert [len(file.data) for file in files] != [len(file.data) for file in plain]


def test_each_picture_has_the_candidate_that_is_best_for_it(pictures):
    candidates = [accelir.Encoder(profile="fidelity", format=name) for name in ("jpeg", "webp")]
    gray = np.ascontiguousarray(pictures[0][..., 1])
    chosen = accelir.encode_set([*pictures, gray], bpp=0.6, candidates=candidates)
    one = [accelir.encode_set([*pictures, gray], bpp=0.6, profile="fidelity", format=f.format) for f in candidates]
    assert {file.stats["format"] for file in chosen} <= {"jpeg", "webp"}
    reached = [np.mean(errors(pictures, files[:5])) for files in (chosen, *one)]
    assert reached[0] <= 1.02 * min(reached[1:])


def test_small_shares_may_be_coded_at_half_the_size(pictures):
    large = [photo()[:256, 344:], photo()[144:, :256]]
    files = accelir.encode_set(large, bpp=0.15, profile="fidelity", effort=2, scale="auto")
    assert sum(len(file.data) for file in files) <= 0.15 * sum(p.shape[0] * p.shape[1] for p in large) / 8
    assert {file.stats["scale"] for file in files} & {2, 4}
    assert [accelir.decode(file.data).shape for file in files] == [picture.shape for picture in large]


def test_paths_functions_and_jobs_give_the_same_files(pictures, tmp_path):
    paths = []
    for i, picture in enumerate(pictures):
        paths.append(tmp_path / f"{i}.png")
        Image.fromarray(picture).save(paths[-1])
    passes = []

    def again():
        passes.append(len(passes))
        return (path for path in paths)

    ways = (pictures, iter(paths), again)
    found = [accelir.encode_set(way, bpp=0.9, profile="fidelity", jobs=1 + i) for i, way in enumerate(ways)]
    assert len({tuple(file.data for file in files) for files in found}) == 1
    assert len(passes) >= 2


def test_pictures_that_can_be_no_larger_leave_their_share_to_others():
    flat = np.full((64, 64, 3), 90, np.uint8)
    files = accelir.encode_set([flat, noise(64, 64), flat], bpp=2.0, profile="fidelity")
    total = 2 * 3 * 64 * 64 // 8
    assert 0.995 * total <= sum(len(file.data) for file in files) <= total


def test_an_impossible_total_says_the_smallest_which_is_possible(pictures):
    with pytest.raises(accelir.BudgetError, match="the smallest files of these 5 pictures have") as caught:
        accelir.encode_set(pictures, total_bytes=900, profile="fidelity")
    files = accelir.encode_set(pictures, total_bytes=caught.value.smallest, profile="fidelity")
    assert sum(len(file.data) for file in files) <= caught.value.smallest


def test_an_empty_set_is_an_empty_list():
    assert accelir.encode_set([], bpp=1) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give exactly one of bpp and max_bytes|exactly one"),
        ({"bpp": 1, "objective": "best"}, "objective must be 'auto', 'mse', 'worst' or one of"),
        ({"bpp": 1, "weights": [1.0]}, "one for each picture: 2, not 1"),
        ({"bpp": 1, "weights": [1.0, -1]}, "above 0"),
        ({"bpp": 1, "min_bpp": 2, "max_bpp": 1}, "min_bpp is 0 or more"),
        ({"bpp": 1, "jobs": 0}, "jobs is 1 or more"),
        ({"bpp": 1, "candidates": []}, "candidates are empty"),
        ({"bpp": 1, "objective": "worst", "min_psnr": 30}, "min_psnr bounds the mean"),
        (
            {"bpp": 1, "candidates": [accelir.Encoder(), accelir.Encoder(profile="fidelity")]},
            "receivers of one network",
        ),
    ],
)
def test_wrong_calls_say_what_is_taken(options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        accelir.encode_set([smooth(16, 16), smooth(16, 16)], **options)


def test_one_picture_is_no_set():
    with pytest.raises(TypeError, match="images are several"):
        accelir.encode_set(smooth(16, 16), bpp=1)


# The command


def call(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture
def folder(tmp_path, monkeypatch, pictures):
    (tmp_path / "in").mkdir()
    for i, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / "in" / f"p{i}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


SET = ("encode", "in", "--profile", "fidelity", "--out-dir", "out")


def test_a_folder_goes_to_one_total_with_a_table_of_shares(folder, pictures):
    result = call(*SET, "--total-bytes", "9k", "--plot", "curves.png")
    assert result.exit_code == 0, result.stderr
    sizes = [os.path.getsize(f"out/p{i}.jpg") for i in range(5)]
    assert 0.995 * 9000 <= sum(sizes) <= 9000
    assert f"{sizes[0]:,}" in result.stdout.splitlines()[1]
    assert f"5 pictures: asked 9,000  reached {sum(sizes):,}" in result.stdout
    assert sorted(os.listdir("out")) == [f"p{i}.jpg" for i in range(5)]
    with Image.open("curves.png") as drawn:
        assert drawn.size[0] > 500
    in_python = accelir.encode_set(pictures, total_bytes=9000, profile="fidelity")
    assert [len(file.data) for file in in_python] == sizes


def test_bpp_of_all_pixels_is_a_total_too(folder, pictures):
    result = call(*SET, "--bpp", 0.9, "--as-set", "--json", "--objective", "worst", "--jobs", 2)
    *files, told = [json.loads(line) for line in result.stdout.splitlines()]
    assert told["set"]["asked"] == int(0.9 * sum(p.shape[0] * p.shape[1] for p in pictures) / 8)
    assert told["set"]["reached"] == sum(os.path.getsize(f"out/p{i}.jpg") for i in range(5))
    assert [file["output"] for file in files] == [os.path.join("out", f"p{i}.jpg") for i in range(5)]


def test_a_set_of_the_command_may_be_coded_at_half_the_size(folder):
    large = [photo()[:256, 344:], photo()[144:, :256]]
    os.mkdir("large")
    for i, picture in enumerate(large):
        Image.fromarray(picture).save(f"large/p{i}.png")
    options = ("--profile", "fidelity", "--effort", 2, "--out-dir", "out", "--bpp", 0.15, "--as-set", "--scale", "auto")
    result = call("encode", "large", *options, "--json")
    assert result.exit_code == 0, result.stderr
    files = accelir.encode_set(large, bpp=0.15, profile="fidelity", effort=2, scale="auto")
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each["scale"] for each in told[:2]] == [file.stats["scale"] for file in files]
    assert [Path(f"out/p{i}.jpg").read_bytes() for i in range(2)] == [file.data for file in files]
    assert "of its sides" in call("encode", "large", *options, "--force").stdout


def test_warnings_of_a_sets_pictures_are_told(folder):
    frames = [Image.new("RGB", (40, 40), color) for color in ("red", "blue")]
    frames[0].save("in/two.gif", save_all=True, append_images=frames[1:])
    result = call(*SET, "--total-bytes", "9k")
    assert "in/two.gif" in result.stderr
    assert "warning: left out" in result.stderr


def test_metadata_count_within_the_total(folder, pictures):
    image = Image.fromarray(pictures[1])
    exif = image.getexif()
    exif[0x010E] = "x" * 1500
    image.save("in/p1.png", exif=exif)
    assert call(*SET, "--total-bytes", "9k").exit_code == 0
    sizes = [os.path.getsize(f"out/p{i}.jpg") for i in range(5)]
    assert 0.99 * 9000 <= sum(sizes) <= 9000
    with Image.open("out/p1.jpg") as written:
        assert written.getexif()[0x010E] == "x" * 1500


def test_a_broken_picture_is_told_and_the_others_share(folder):
    Path("in/bad.png").write_bytes(b"nothing")
    result = call(*SET, "--total-bytes", "9k")
    assert (result.exit_code, "bad.png: no sound picture" in result.stderr) == (1, True)
    assert sorted(os.listdir("out")) == [f"p{i}.jpg" for i in range(5)]


def test_a_set_that_cannot_be_written_leaves_nothing(folder):
    assert "the smallest files of these 5 pictures" in call(*SET, "--total-bytes", 900).stderr
    assert os.listdir("out") == []
    Path("out/p2.jpg").write_bytes(b"precious")
    result = call(*SET, "--total-bytes", "9k")
    assert (result.exit_code, "p2.jpg exists; --force replaces it" in result.stderr) == (1, True)
    assert os.listdir("out") == ["p2.jpg"]
    assert call(*SET, "--total-bytes", "9k", "--force").exit_code == 0


@pytest.mark.parametrize(
    "options",
    [
        ("--objective", "worst", "--bpp", 1),
        ("--as-set",),
        ("--as-set", "--bpp", 1, "--target", "good"),
        ("--total-bytes", 9000, "--bpp", 1),
        ("--total-bytes", 9000, "--max-bytes", 100),
        ("--total-bytes", 9000, "--skip-existing"),
        ("--total-bytes", 9000, "--dask", "tcp://127.0.0.1:1"),
    ],
)
def test_wrong_calls_of_sets_write_nothing(folder, options):
    assert call(*SET, *options).exit_code == 2
    assert not os.path.exists("out")


def test_a_set_needs_a_folder(folder):
    assert "--out-dir gives" in call("encode", "in", "--total-bytes", 9000).stderr


@pytest.mark.slow
@posix
@pytest.mark.usefixtures("_ctrl_c_acts")
def test_ctrl_c_leaves_no_half_set_and_the_next_call_goes_on(folder):
    for i in range(5, 25):
        Image.fromarray(noise(96, 96, seed=i)).save(f"in/p{i}.png")
    command = [sys.executable, "-m", "accelir", *SET, "--total-bytes", "60k"]
    journal = Path("out/.accelir-set/journal.jsonl")
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not (journal.exists() and "staged" in journal.read_text()):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "none of the set was written; the same call goes on from there" in told
    assert os.listdir("out") == [".accelir-set"]
    before = journal.read_text().count('"survey ')
    assert before == 25
    assert call(*SET, "--total-bytes", "60k").exit_code == 0
    there = {name: Path("out", name).read_bytes() for name in os.listdir("out")}
    assert len(there) == 25
    clean = call("encode", "in", "--profile", "fidelity", "--out-dir", "clean", "--total-bytes", "60k")
    assert clean.exit_code == 0
    assert there == {name: Path("clean", name).read_bytes() for name in os.listdir("clean")}
