"""Building profiles: the arithmetic of curves and hulls, labels, and whole tiny builds that are interrupted."""

import dataclasses
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import photo
from PIL import Image

import accelir
import accelir.cells.qpnet
import accelir.storage.files
from accelir.cells.curves import Curves, ModeTable, lower_hull
from accelir.cells.modes import make_modes
from accelir.cells.qp import exact_qp, qp_of_step, step_of_qp
from accelir.errors import ProfileError
from accelir.profile.files import read_profile
from accelir.profile.installed import load_profile
from accelir.profiling import cli, qpnet, tune_jpeg
from accelir.profiling.curves import fit_curves
from accelir.profiling.evaluate import accuracy, certain, confusion, gains
from accelir.profiling.measure import Measurement, MeasurementPlan, join, load, mean, measure, stored
from accelir.profiling.menu import make_menu
from accelir.profiling.utilities import group_edges, groups_of, ranks_of, utilities
from accelir.restoration.network import open_network
from accelir.restoration.pictures import degraded, list_pictures
from accelir.restoration.tasks import KINDS, Task
from accelir.storage.arrays import read_arrays, write_arrays
from accelir.training.count import count

DEBLUR = Task.parse("deblur-1.5")


# QPs


def test_a_qp_and_its_step_are_inverses():
    assert [step_of_qp(qp) for qp in (95, 79, 15)] == [2.5, 5, 80]
    assert [qp_of_step(step_of_qp(qp)) for qp in range(15, 96)] == list(range(15, 96))
    assert exact_qp(1.25) == 111


# One table in small files


class MeasuredFiles:
    """A bench of one picture whose files with one table gain so much at each size."""

    def __init__(self, gains):
        self.inputs, self.rates, self.gains = [np.zeros((80, 100, 3), np.uint8)], [n / 1000 for n in gains], gains

    def file(self, i, rate, profile, **settings):
        luma, chroma = profile.jpeg.tables["4:2:0"].relative_steps
        shared = (luma == chroma).all()
        return (b"1" if shared else b"2") * round(1000 * rate)

    def judged(self, i, data):
        return self.gains[len(data)] if data.startswith(b"1") else 0.0


@pytest.mark.parametrize(
    ("gains", "found"),
    [
        ({800: 0.3, 1600: 0.1, 3200: -0.1}, 1600),
        ({800: 0.3, 1600: -0.1, 3200: 0.2, 6400: -0.1}, 3200),
        ({800: -0.1, 1600: -0.1}, 0),
        ({100: 0.5, 200: 0.4}, 0),  # headers, for the most part
    ],
)
def test_one_table_is_for_sizes_where_it_gains_in_sum(gains, found):
    assert tune_jpeg.one_table_bytes([MeasuredFiles(gains)], load_profile("fidelity")) == found


# Hulls and curves


def test_the_hull_keeps_what_no_mix_of_others_beats():
    bits = np.array([5.0, 1.0, 3.0, 2.0, 4.0, 6.0, 1.0])
    mse = np.array([1.0, 10.0, 3.0, 8.0, 2.5, 1.5, 11.0])
    # (2, 8) lies above the line from (1, 10) to (3, 3), (4, 2.5) above that from (3, 3) to (5, 1); the rest is worse.
    assert lower_hull(bits, mse).tolist() == [1, 2, 0]


def test_the_hull_of_one_point_or_equal_points_is_the_first():
    assert lower_hull(np.array([2.0]), np.array([1.0])).tolist() == [0]
    assert lower_hull(np.full(4, 2.0), np.full(4, 1.0)).tolist() == [0]
    assert lower_hull(np.array([1.0, 2.0]), np.array([1.0, 5.0])).tolist() == [0]


def test_the_hull_is_the_optimum_at_every_price():
    rng = np.random.default_rng(0)
    for _ in range(20):
        bits, mse = rng.random(30), rng.random(30)
        hull = lower_hull(bits, mse)
        assert (np.diff(bits[hull]) > 0).all()
        assert (np.diff(mse[hull]) < 0).all()
        for price in np.geomspace(1e-3, 1e3, 50):
            assert (mse + price * bits).argmin() in hull


def synthetic(n: int = 400, seed: int = 0, plan: MeasurementPlan | None = None) -> tuple[Measurement, MeasurementPlan]:
    """Blocks whose error is 2^-2r of a complexity, r bits above it, with modes a little worse than their steps."""
    plan = plan or MeasurementPlan.of(DEBLUR, "deblur-1.5", load_profile("deblur-1.5"))
    rng = np.random.default_rng(seed)
    complexity = rng.uniform(0, 6, n)[:, None]

    def at(drop, noise):
        bits = 100 * np.logaddexp(0, complexity - drop) + 1
        return bits * noise, 50 * np.exp2(-2 * np.maximum(complexity - drop, 0)) * np.exp2(complexity) * 3072 * noise

    qps = np.array(plan.qps)
    bits, sse = at((95 - qps) / 16, rng.uniform(0.95, 1.05, (n, len(qps))))
    drops = (95 - np.array(plan.base_qps))[:, None] / 16 + np.arange(len(plan.menu)) / 4
    mode_bits, mode_sse = at(drops.ravel(), 1.0)
    shape = n, *drops.shape
    return (
        Measurement(
            np.array([n, 1]),
            np.full(n, 3072.0),
            bits,
            sse,
            mode_bits.reshape(shape),
            mode_sse.reshape(shape),
            bits.sum(axis=0) / 8,
            mode_bits.sum(axis=0).reshape(drops.shape) / 8,
        ),
        plan,
    )


def fitted(groups: int = 10) -> tuple[Measurement, Curves]:
    blocks, plan = synthetic()
    utility = utilities(blocks, "mse")
    edges = group_edges(utility, groups)
    return blocks, fit_curves(blocks, groups_of(utility, edges), edges, plan)


def test_groups_have_equal_numbers_and_the_order_of_utility():
    blocks, _ = synthetic(1000)
    for kind in ("mse", "psnr"):
        utility = utilities(blocks, kind)
        groups = groups_of(utility, group_edges(utility, 10))
        assert np.bincount(groups).tolist() == [100] * 10
        assert (np.diff(groups[np.argsort(utility)]) >= 0).all()


def test_blocks_that_are_all_alike_make_no_groups():
    with pytest.raises(ValueError, match="take more pictures"):
        group_edges(np.ones(100), 10)


def test_utility_is_quality_gained_per_bit_and_counts_cut_blocks_by_their_share():
    blocks, _ = synthetic(2)
    whole = dataclasses.replace(blocks, bits=np.full((2, 17), 10.0), sse=np.full((2, 17), 3072.0 * 4))
    whole.bits[:, -1], whole.sse[:, -1] = 110.0, 3072.0
    assert utilities(whole, "mse").tolist() == [0.03, 0.03]
    np.testing.assert_allclose(utilities(whole, "psnr"), 10 * np.log10(4) / 100)
    half = dataclasses.replace(
        whole,
        values=np.array([3072.0, 1536.0]),
        bits=whole.bits * [[1], [0.5]],
        sse=whole.sse * [[1], [0.5]],
    )
    np.testing.assert_allclose(utilities(half, "mse"), [0.03, 0.03])
    with pytest.raises(ValueError, match="psnr or mse"):
        utilities(whole, "ssim")


def test_curves_over_the_qp_are_monotone_and_keep_their_means():
    blocks, curves = fitted()
    assert (np.diff(curves.bits) >= 0).all()
    assert (np.diff(curves.error) <= 0).all()
    np.testing.assert_allclose(curves.bits.mean(axis=0), blocks.bits.mean(axis=0), rtol=0.02)
    np.testing.assert_allclose(curves.error.mean(axis=0), blocks.sse.mean(axis=0) / 3072, rtol=0.02)


def test_curves_of_modes_are_the_means_of_their_group():
    blocks, curves = fitted()
    groups = groups_of(utilities(blocks, "mse"), curves.utility_edges)
    np.testing.assert_allclose(curves.mode_bits[1, 3, 4], blocks.mode_bits[groups == 3, 1, 4].mean())
    np.testing.assert_allclose(curves.mode_error[1, 3, 4], blocks.mode_sse[groups == 3, 1, 4].mean() / 3072)


def test_each_qp_has_the_mode_on_the_hull_nearest_in_size():
    _, curves = fitted()
    for step, group, q in np.ndindex(*curves.mode_of_qp.shape):
        hull = np.flatnonzero(curves.on_hull[step, group])
        distance = np.abs(np.log(curves.mode_bits[step, group] / curves.bits[group, q]))
        assert curves.mode_of_qp[step, group, q] in hull
        assert distance[curves.mode_of_qp[step, group, q]] == distance[hull].min()


def test_between_base_steps_modes_follow_uniform_files():
    _, curves = fitted()
    for i, qp in enumerate(curves.base_qps):
        bits, mse = curves.at_step(step_of_qp(qp))
        np.testing.assert_allclose(bits, curves.mode_bits[i])
        np.testing.assert_allclose(mse, curves.mode_error[i])
    for step in (0.01, 1e4):
        assert np.isin(curves.at_step(step)[0], curves.mode_bits[[0, -1]]).any()
    # A mode that always costs twice what a uniform file does is hit exactly between base steps.
    qps, base = np.array([15, 35, 55, 75]), np.array([15, 75])
    uniform = np.array([[10.0, 20.0, 80.0, 90.0]])
    modes = 2 * uniform[:, [0, 3], None]
    np.testing.assert_allclose(ModeTable(qps, uniform, base, modes).at(35), [[40.0]])
    np.testing.assert_allclose(ModeTable(qps, uniform, base, modes).at(45), [[80.0]])


def test_an_oracle_gains_most_and_one_group_next_to_nothing():
    blocks, curves = fitted()
    groups = groups_of(utilities(blocks, "mse"), curves.utility_edges)
    rates = (0.1, 0.2)
    oracle, known = gains(blocks, curves, None, rates), gains(blocks, curves, certain(groups, 10), rates)
    shuffled = gains(blocks, curves, certain(np.random.default_rng(0).permutation(groups), 10), rates)
    assert (oracle >= known).all()
    assert (known > shuffled + 0.1).all()
    assert np.isnan(gains(blocks, curves, certain(groups, 10), (1e-9,))).all()


def test_confusion_counts_blocks_by_both_groups():
    matrix = confusion(np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 0, 2]), 3)
    assert matrix.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 1]]
    assert accuracy(matrix) == 0.6
    assert accuracy(matrix, 1) == 0.8


# QP-NET


def test_soft_labels_are_those_of_diaz_and_marathe():
    import torch

    labels = qpnet.soft_labels(torch.tensor([2.0, 0.5]), 4, 1.0).numpy()
    expected = np.exp([-4.0, -1.0, 0.0, -1.0])
    np.testing.assert_allclose(labels[0], expected / expected.sum(), rtol=1e-6)
    np.testing.assert_allclose(labels.sum(axis=-1), 1, rtol=1e-6)
    assert labels[1][0] == labels[1][1] > labels[1][2] > labels[1][3]


def test_ranks_are_places_among_others_in_units_of_groups():
    utility = np.arange(100.0)
    ranks = ranks_of(utility, utility, 10)
    np.testing.assert_allclose(ranks[[0, 50, 99]], [-0.45, 4.55, 9.45])
    groups = groups_of(utility, group_edges(utility, 10))
    assert (np.rint(ranks).astype(int) == groups).mean() > 0.98


def test_labels_of_shifted_blocks_are_mixed_by_area():
    import torch

    label = torch.eye(3).reshape(3, 1, 3)
    assert qpnet._shifted(label, 0, 2, 0).tolist() == label[:2].tolist()
    assert qpnet._shifted(label, 8, 2, 0)[0, 0].tolist() == [0.75, 0.25, 0]
    assert qpnet._shifted(label, 32, 2, 0)[0, 0].tolist() == [0, 1, 0]


@pytest.fixture(scope="module")
def trained() -> tuple[list[np.ndarray], list[np.ndarray], qpnet.TrainableQpNet]:
    """On flat and rough blocks, which are easily told apart."""
    rng = np.random.default_rng(0)
    pictures, ranks = [], []
    for _ in range(4):
        rank = rng.integers(0, 3, (5, 4)).astype(np.float64)
        sigma = np.kron(rank * 20, np.ones((32, 32)))[:150, :, None]
        pictures.append(np.clip(128 + sigma * rng.standard_normal((150, 128, 3)), 0, 255).astype(np.uint8))
        ranks.append(rank)
    return (
        pictures,
        ranks,
        qpnet.train(pictures, ranks, 3, qpnet.QpNetRecipe(widths=(8, 8, 8), steps=250, batch=4, rate=2e-2, halvings=2)),
    )


def test_qpnet_learns_and_the_same_input_gives_the_same_network(trained):
    pictures, ranks, net = trained
    again = qpnet.train(
        pictures, ranks, 3, qpnet.QpNetRecipe(widths=(8, 8, 8), steps=250, batch=4, rate=2e-2, halvings=2)
    )
    assert qpnet.to_onnx(net) == qpnet.to_onnx(again)
    run = accelir.cells.qpnet.QpNet(qpnet.to_onnx(net), 3)
    right = [run.groups(p) == r for p, r in zip(pictures, ranks, strict=True)]
    assert np.mean(right) > 0.8


def test_qpnet_runs_as_it_was_trained(trained):
    import torch

    pictures, _, net = trained
    run = accelir.cells.qpnet.QpNet(qpnet.to_onnx(net), 3)
    with torch.inference_mode():
        expected = net(torch.from_numpy(qpnet.pad(pictures[0]))[None])[0].numpy()
    np.testing.assert_allclose(run.logits(pictures[0]), expected, atol=1e-3)
    assert run.groups(pictures[0][:33, :1]).shape == (2, 1)
    shares = run.shares(pictures[0])
    np.testing.assert_allclose(shares.sum(axis=-1), 1)
    np.testing.assert_allclose(np.diff(np.log(shares)), np.diff(np.moveaxis(run.logits(pictures[0]), 0, -1)), atol=1e-4)
    gray = pictures[0][..., 0]
    np.testing.assert_array_equal(run.groups(gray), run.groups(np.stack([gray] * 3, axis=-1)))


def test_qpnet_takes_at_most_half_a_kilomac_per_pixel():
    net = qpnet.TrainableQpNet(10, qpnet.QpNetRecipe().widths)
    model = qpnet.to_onnx(net)
    assert 100 < count(model, 64, 96).macs <= 500
    layers = [name for name, _ in net.named_children()]
    assert len(layers) == 4  # three convolutions and the fully connected layer


def test_a_model_of_another_face_is_refused(trained):
    model = qpnet.to_onnx(trained[2])
    with pytest.raises(ProfileError, match="uint8 N x H x W x 3"):
        accelir.cells.qpnet.QpNet(model, 4).groups(np.zeros((32, 32, 3), np.uint8))
    with pytest.raises(ProfileError, match="can't read"):
        accelir.cells.qpnet.QpNet(b"no model", 3).groups(np.zeros((32, 32, 3), np.uint8))


# Arrays


def test_arrays_come_back_as_they_were():
    arrays = {
        "a": np.arange(6.0).reshape(2, 3),
        "b": np.arange(6).reshape(2, 3).T,
        "c": make_menu(0.1),
        "d": np.zeros((0, 3)),
        "e": np.float64(3.0)[None],
    }
    data = write_arrays(arrays)
    read = read_arrays(data)
    assert list(read) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(read[name], array)
        assert read[name].dtype == array.dtype
    assert data == write_arrays(read)


def test_arrays_that_could_run_code_or_fill_memory_are_refused():
    import io
    import zipfile

    out = io.BytesIO()
    np.savez(out, a=np.array([{}], object))
    with pytest.raises(ValueError, match="header says"):
        read_arrays(out.getvalue())
    with pytest.raises(ValueError, match="at most 1,000"):
        read_arrays(write_arrays({"a": np.zeros(1000)}), most_bytes=1000)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (1 << 40,)})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.npy", header.getvalue())
    with pytest.raises(ValueError, match="header says"):
        read_arrays(out.getvalue())
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):  # whose damage would be an OSError, and an LZMAError
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            archive.writestr("a.npy", bytes(200))
        with pytest.raises(ValueError, match=f"compressed by method {method}"):
            read_arrays(out.getvalue())
    for data in (b"", b"PK", write_arrays({"a": np.arange(100.0)})[:-30]):
        with pytest.raises(ValueError, match="not an npz"):
            read_arrays(data)


# Measuring


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    """Six small pictures of different sizes."""
    folder = tmp_path_factory.mktemp("pictures")
    for i in range(6):
        top, left = 40 * i, 90 * i
        crop = photo()[top : top + 64 + 8 * (i % 2), left : left + 96]
        Image.fromarray(crop).save(folder / f"p{i}.png")
    return folder


def small_plan(**options) -> MeasurementPlan:
    profile = load_profile("deblur-1.5")
    return MeasurementPlan(
        DEBLUR, "deblur-1.5", profile, make_modes(lambda_=[0.08, 1.0]), qps=(15, 55, 95), base_qps=(30, 70), **options
    )


def test_a_measurement_adds_up_to_the_file_and_its_restored_error(pictures):
    plan, path = small_plan(), pictures / "p1.png"
    measured = measure(path, plan)
    assert measured.shape.tolist() == [3, 3]
    assert measured.values.reshape(3, 3)[:, 0].tolist() == [3072, 3072, 768]
    pixels, truth = degraded(path, DEBLUR, plan.side)
    from accelir.formats.jpeg.prepare import PreparedJpeg
    from accelir.formats.request import EncoderSettings, Request

    prepared = PreparedJpeg(Request(pixels, EncoderSettings(plan.profile)))
    coded = prepared.under(step_of_qp(55), plan.profile.jpeg.ladder.modes[:1])
    restored = open_network("deblur-1.5", 1)(accelir.decode(coded.data, network=None))
    error = np.square(restored.astype(float) - truth)
    assert measured.sse[:, 1].sum() == error.sum()
    assert measured.sse.reshape(3, 3, 3)[2, 1, 1] == error[64:, 32:64].sum()
    assert measured.qp_bytes[1] == len(coded.data)
    # Headers and padding are all that a file has beside its blocks' bits.
    assert 0 < measured.qp_bytes[1] - measured.bits[:, 1].sum() / 8 < 700
    assert (np.diff(measured.bits.sum(axis=0)) > 0).all()
    assert (measured.mode_bits[:, :, 1].sum(axis=0) < measured.mode_bits[:, :, 0].sum(axis=0)).all()


def test_blocks_of_an_enlarging_task_stand_for_larger_ones(pictures):
    profile = load_profile("sr-x4")
    plan = MeasurementPlan(
        Task.parse("sr-x4"), "sr-x4", profile, make_modes(lambda_=[0.1]), qps=(15, 95), base_qps=(30, 70)
    )
    measured = measure(pictures / "p0.png", plan)  # 96x64 becomes 24x16
    assert measured.shape.tolist() == [1, 1]
    assert measured.values.tolist() == [64 * 96 * 3]


def test_a_key_changes_with_all_that_decides_the_result(pictures, tmp_path):
    plan, path = small_plan(), pictures / "p0.png"
    others = [
        dataclasses.replace(plan, side=64),
        dataclasses.replace(plan, qps=(15, 95)),
        dataclasses.replace(plan, menu=make_modes(lambda_=[0.08, 2.0])),
        dataclasses.replace(plan, profile=load_profile("fidelity")),
        dataclasses.replace(plan, network="dejpeg"),
        dataclasses.replace(plan, task=Task.parse("deblur-2")),
    ]
    keys = {p.key(path) for p in (plan, *others)}
    assert len(keys) == 1 + len(others)
    assert plan.key(path) == small_plan().key(path)
    renamed = shutil.copy(path, tmp_path / "other.png")  # its noise would be another
    assert plan.key(Path(renamed)) not in keys


def test_a_damaged_result_is_measured_again(pictures, tmp_path):
    plan, path = small_plan(), pictures / "p0.png"
    place = stored(path, plan, tmp_path)
    assert load(place) is None
    data = measure(path, plan).to_bytes()
    for damaged in (b"", data[: len(data) // 2], write_arrays({"bits": np.zeros(3)})):
        place.write_bytes(damaged)
        assert load(place) is None
    place.write_bytes(data)
    assert load(place).to_bytes() == data


def test_errors_are_averaged_over_networks_and_blocks_joined_over_pictures(pictures):
    first = measure(pictures / "p0.png", small_plan())
    second = dataclasses.replace(first, sse=first.sse * 3, mode_sse=first.mode_sse * 3)
    both = mean([first, second])
    np.testing.assert_allclose(both.sse, first.sse * 2)
    np.testing.assert_allclose(both.mode_sse, first.mode_sse * 2)
    assert (both.bits == first.bits).all()
    joined = join([first, second])
    assert len(joined.sse) == 2 * len(first.sse)
    assert joined.shape.tolist() == [2 * len(first.sse), 1]


def test_plans_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="rise"):
        dataclasses.replace(small_plan(), qps=(95, 15))


# Whole builds

OPTIONS = ["--task", "deblur-1.5", "--base", "deblur-1.5", "--groups", "3", "--steps", "20", "--side", "72"]


def build(pictures: Path, out: Path, *options: str) -> None:
    result = CliRunner().invoke(cli.main, ["build", str(pictures), str(out), *OPTIONS, *options])
    assert result.exit_code == 0, result.output


def contents(out: Path) -> dict[str, bytes]:
    files = {p.name: p.read_bytes() for p in out.iterdir()}
    document = json.loads(files["profile.json"])
    del document["provenance"]["made"]
    return {**files, "profile.json": json.dumps(document).encode()}


@pytest.fixture(scope="module")
def built(pictures, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("built") / "mine"
    build(pictures, out)
    return out


def test_a_build_gives_a_profile_that_is_read_again(built):
    profile = read_profile(built)
    assert profile.name == "deblur-1.5"
    assert profile.network == "deblur-1.5"
    np.testing.assert_array_equal(
        profile.jpeg.tables["4:2:0"].relative_steps, load_profile("deblur-1.5").jpeg.tables["4:2:0"].relative_steps
    )
    curves = profile.groups.curves
    assert curves.groups == 3
    assert curves.mode_bits.shape == (5, 3, len(curves.modes))
    groups = profile.groups.network.groups(photo())
    assert groups.shape == tuple(-(-side // 32) for side in photo().shape[:2])
    assert profile.jpeg.foretold
    assert all(0.7 < ratio < 1.4 for _, ratio in profile.jpeg.foretold)
    figures = profile.provenance["figures"]
    assert np.sum(figures["confusion"]) == figures["cells"] > 0
    assert 0 <= figures["accuracy"] <= figures["accuracy_within_one"] <= 1
    assert figures["gain_db"]["oracle"][0] >= figures["gain_db"]["true groups"][0]
    assert sorted(p.name for p in built.iterdir()) == ["arrays.npz", "profile.json", "qpnet.onnx"]


def test_the_same_build_gives_the_same_profile(built, pictures, tmp_path):
    build(pictures, tmp_path / "again", "--jobs", "2")
    assert contents(tmp_path / "again") == contents(built)


def test_a_build_that_was_killed_goes_on_where_it_stopped(built, pictures, tmp_path):
    work = tmp_path / "again.work"
    command = [sys.executable, "-m", "accelir.profiling.cli", "build", str(pictures), str(tmp_path / "again"), *OPTIONS]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(list(work.glob("*.npz"))) < 2:
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    before = {p: p.stat().st_mtime_ns for p in work.glob("*.npz")}
    assert 2 <= len(before) < 6
    assert not (tmp_path / "again").exists()
    build(pictures, tmp_path / "again")
    assert contents(tmp_path / "again") == contents(built)
    assert {p: p.stat().st_mtime_ns for p in before} == before


def test_show_prints_the_figures_and_draws(built, tmp_path):
    result = CliRunner().invoke(cli.main, ["show", str(built), "--plot", str(tmp_path / "plot.png")])
    assert result.exit_code == 0, result.output
    assert "3 groups" in result.output
    assert "held out" in result.output
    with Image.open(tmp_path / "plot.png") as plot:
        assert plot.size[0] > 1000


def test_show_takes_profiles_without_groups_but_has_nothing_to_draw(tmp_path):
    folder = str(Path(__file__).parents[1] / "profiles" / "fidelity")
    result = CliRunner().invoke(cli.main, ["show", folder])
    assert result.exit_code == 0, result.output
    assert "alike" in result.output
    result = CliRunner().invoke(cli.main, ["show", folder, "--plot", str(tmp_path / "plot.png")])
    assert result.exit_code == 1
    assert "no curves" in result.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--task", "sr-x9"], "unknown task"),
        (["--base", "nothing"], "no profile 'nothing'"),
        (["--network", "nothing"], "unknown network"),
        (["--groups", "60"], "take more pictures"),
        (["--task", "dejpeg"], "no rates"),
        (["--receiver", "d\u00e9flou"], "not null or a name"),
    ],
)
def test_builds_that_cannot_be_say_why(built, pictures, tmp_path, options, said):
    known = ["--work", str(built.with_name("mine.work"))]
    result = CliRunner().invoke(cli.main, ["build", str(pictures), str(tmp_path / "out"), *OPTIONS, *known, *options])
    assert result.exit_code == 1
    assert said in result.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("options", "named"), [([], None), (["--receiver", "mine"], "mine")])
def test_a_task_whose_network_is_not_installed_can_be_built_for_and_receivers_be_named(
    pictures, tmp_path, options, named
):
    build(pictures, tmp_path / "own", "--task", "deblur-2", "--network", "deblur-1.5", *options)
    profile = read_profile(tmp_path / "own")
    assert (profile.name, profile.network, profile.jpeg.closed_loop) == ("deblur-2", named, None)
    assert "closed-loop" not in profile.provenance["figures"]["allocators_db"]
    data = accelir.encode(photo(), max_bytes=60_000, profile=tmp_path / "own")
    with pytest.raises(ValueError, match="does not name" if named is None else "'mine', which is not installed"):
        accelir.decode(data)


def test_a_folder_without_pictures_cannot_be_built_from(tmp_path):
    result = CliRunner().invoke(cli.main, ["build", str(tmp_path), str(tmp_path / "out"), *OPTIONS])
    assert result.exit_code == 1
    assert "no picture" in result.output


# Damage


def edited(folder: Path, change) -> None:
    document = json.loads((folder / "profile.json").read_text("utf-8"))
    change(document)
    (folder / "profile.json").write_text(json.dumps(document), "utf-8")


def flipped(name: str):
    def damage(folder: Path) -> None:
        data = bytearray((folder / name).read_bytes())
        data[len(data) // 2] ^= 1
        (folder / name).write_bytes(data)

    return damage


def forged(change):
    """Arrays changed with the hash that then goes with them."""

    def damage(folder: Path) -> None:
        arrays = {k: v.copy() for k, v in read_arrays((folder / "arrays.npz").read_bytes()).items()}
        change(arrays)
        data = write_arrays(arrays)
        (folder / "arrays.npz").write_bytes(data)
        edited(folder, lambda d: d["groups"].update(arrays_sha256=accelir.storage.files.sha256(data)))

    return damage


def put(name: str, place: tuple[int, ...], value: float):
    def change(arrays):
        arrays[name][place] = value

    return forged(change)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (flipped("arrays.npz"), "arrays.npz is not the one"),
        (flipped("qpnet.onnx"), "qpnet.onnx is not the one"),
        (lambda folder: (folder / "qpnet.onnx").unlink(), "qpnet.onnx"),
        (lambda folder: (folder / "arrays.npz").unlink(), "arrays.npz"),
        (lambda folder: (folder / "profile.json").unlink(), "profile.json"),
        (
            lambda folder: edited(folder, lambda d: d.update(schema=2)),
            "schema is 2; this version of accelir reads 3",
        ),
        (lambda folder: edited(folder, lambda d: d.pop("groups")), "groups"),
        (lambda folder: edited(folder, lambda d: d["groups"].pop("qpnet_sha256")), "qpnet_sha256"),
        (forged(lambda a: a.pop("bits")), "curves are"),
        (forged(lambda a: a.update(more=a["bits"])), "curves are"),
        (forged(lambda a: a.update(bits=a["bits"][:, :-1])), "bits is float64"),
        (forged(lambda a: a.update(qps=a["qps"].astype(np.int64))), "qps is int64"),
        (put("error", (0, 0), np.nan), "error must be from"),
        (put("mode_bits", (0, 0, 0), 0.0), "mode_bits must be from"),
        (put("mode_of_qp", (0, 0, 0), 1000), "mode_of_qp must lie"),
        (put("base_qps", (0,), 90), "base_qps must rise"),
        (forged(lambda a: a["modes"].__setitem__("cut", 65)), "cut must be"),
    ],
)
def test_a_damaged_profile_is_refused_and_says_why(built, tmp_path, damage, said):
    folder = tmp_path / "mine"
    shutil.copytree(built, folder)
    read_profile(folder)
    damage(folder)
    with pytest.raises(ProfileError, match="the profile 'mine' is damaged") as caught:
        read_profile(folder)
    assert said in str(caught.value)


@pytest.fixture
def cluster(tmp_path):
    """A Dask scheduler and two workers, processes of their own: (the scheduler's address, the workers)."""
    started = []

    def start(kind: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
        started.append(subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return started[-1]

    known = tmp_path / "scheduler.json"
    start("scheduler", "--scheduler-file", str(known), "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    one = "--scheduler-file", str(known), "--no-nanny", "--nworkers", "1", "--nthreads", "1", "--no-dashboard"
    workers = [start("worker", *one) for _ in range(2)]
    while not known.exists() or not known.read_text().endswith("}"):
        assert all(process.poll() is None for process in started)
        time.sleep(0.05)
    yield json.loads(known.read_text())["address"], workers
    for process in started:
        process.kill()
        process.wait()


def test_a_cluster_of_which_a_worker_is_killed_gives_the_same_profile(built, cluster, pictures, tmp_path):
    address, workers = cluster
    command = [sys.executable, "-m", "accelir.profiling.cli", "build", str(pictures), str(tmp_path / "again")]
    with subprocess.Popen([*command, *OPTIONS, "--dask", address], stderr=subprocess.PIPE) as process:
        while not list((tmp_path / "again.work").glob("*.npz")):
            assert process.poll() is None
            time.sleep(0.01)
        workers[0].send_signal(signal.SIGKILL)
        _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert contents(tmp_path / "again") == contents(built)


@pytest.mark.parametrize("base", ["fidelity", "denoise-25"])
def test_tuning_alone_keeps_the_best_of_what_it_measured_and_tells_no_blocks_apart(
    base, pictures, tmp_path, monkeypatch
):
    from accelir.profiling import tune_jpeg

    monkeypatch.setattr(tune_jpeg, "STEPS", {"lambda": 0.5})
    monkeypatch.setattr(tune_jpeg, "FULL_CHROMA_STEPS", {})
    monkeypatch.setitem(KINDS, "denoise", dataclasses.replace(KINDS["denoise"], rates=(0.9,)))
    monkeypatch.setattr("accelir.profiling.search.ROUNDS", 1)
    options = ["--task", "denoise-25", "--network", "denoise-25", "--network", "dejpeg", "--count", "1", "--base", base]
    result = CliRunner().invoke(cli.main, ["tune", str(pictures), str(tmp_path / "mine"), *options])
    assert result.exit_code == 0, result.output
    profile = read_profile(tmp_path / "mine")
    assert profile.groups is None
    assert profile.jpeg.allocator == "uniform"
    assert [n["name"] for n in profile.provenance["networks"]] == ["denoise-25-light", "dejpeg-light"]
    trace = profile.provenance["tuning"]["trace"]
    assert len(trace) >= 3
    assert profile.jpeg.ladder.modes["lambda"][0] == pytest.approx(
        max(trace[:-1], key=lambda row: row["score"])["lambda"], rel=1e-3
    )


def test_tuning_scores_the_mean_over_networks(pictures):
    from accelir.profiling.tuning_bench import TuningBench

    some = list_pictures(pictures)[:1]
    one, other, both = (
        TuningBench(Task.parse("denoise-25"), networks, some, (0.9, 1.8), 256).score(load_profile("fidelity"))
        for networks in (("denoise-25",), ("dejpeg",), ("denoise-25", "dejpeg"))
    )
    assert both == pytest.approx((one + other) / 2)
    assert one > other + 1


def test_a_scheduler_that_does_not_answer_is_named(pictures, tmp_path):
    import dask
    import distributed  # noqa: F401  # its settings are there before one of them is set, and stay afterwards

    with dask.config.set({"distributed.comm.timeouts.connect": "1s"}):
        options = [*OPTIONS, "--dask", "tcp://127.0.0.1:1"]
        result = CliRunner().invoke(cli.main, ["build", str(pictures), str(tmp_path / "mine"), *options])
    assert (result.exit_code, "no Dask scheduler answers at tcp://127.0.0.1:1" in result.output) == (1, True)


def test_webp_settings_that_walk_beyond_the_formats_bounds_stay_on_them():
    from accelir.profiling.tune_webp import WebpTuning

    assert WebpTuning(chroma_delta=-16.4, luma_dc_delta=99.0).settings(0).deltas == (15, 0, 0, -15, -15)


def test_a_build_for_webp_tunes_its_settings_and_keeps_the_rest(pictures, tmp_path, monkeypatch):
    from accelir.profiling import tune_webp

    monkeypatch.setattr(tune_webp, "STEPS", {"filter": 0.5, "group_ramp": 1.0})
    monkeypatch.setattr(tune_webp, "RATES", (0.5,))
    monkeypatch.setattr("accelir.profiling.search.ROUNDS", 1)
    options = ["--task", "denoise-25", "--format", "webp", "--base", "denoise-25"]
    result = CliRunner().invoke(cli.main, ["build", str(pictures), str(tmp_path / "mine"), *options])
    assert result.exit_code == 0, result.output
    profile, base = read_profile(tmp_path / "mine"), load_profile("denoise-25")
    trace = profile.provenance["webp"]["trace"]
    best = max(trace, key=lambda row: row["score"])
    assert len(trace) >= 3
    assert profile.webp.filter == pytest.approx(best["filter"])
    ramp = np.log(profile.webp.group_weights[-1] / profile.webp.group_weights[0]) if profile.webp.group_weights else 0
    assert ramp == pytest.approx(best["group_ramp"], abs=0.001)
    np.testing.assert_array_equal(profile.groups.curves.bits, base.groups.curves.bits)
    np.testing.assert_array_equal(profile.jpeg.tables["4:2:0"].relative_steps, base.jpeg.tables["4:2:0"].relative_steps)
