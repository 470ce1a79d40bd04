"""The architectures: what they compute untrained, what they cost, how far they see; ONNX agrees with torch."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from accelir.architectures import ARCHITECTURES, build  # noqa: E402
from accelir.architectures.blocks import CollapsibleConv, Upsample, collapse  # noqa: E402
from accelir.architectures.f2srgan import FourierUnit, SpectralTransform  # noqa: E402
from accelir.restoration.session import open_model, run_model  # noqa: E402
from accelir.training.count import Count, count  # noqa: E402
from accelir.training.export import TOLERANCE, difference, halo, to_onnx  # noqa: E402
from accelir.training.gradient import gradient_model  # noqa: E402

SMALL = {
    "arsr": {"layers": 2, "expansion": 32},
    "artefact": {"channels": 8, "layers": 2, "expansion": 16},
    "carn": {"channels": 8},
    "dncnn": {"channels": 8, "layers": 4},
    "edsr": {"channels": 8, "blocks": 2},
    "f2srgan": {"channels": 16, "blocks": 3, "patch": 8},
    "ffdnet": {"channels": 8, "layers": 4},
    "fsrcnn": {"channels": 8, "narrow": 4},
    "ircnn": {"channels": 8},
    "latticenet": {"channels": 8, "blocks": 2},
    "mimounet": {"channels": 8, "blocks": 1},
    "rep": {"channels": 8, "layers": 2, "expansion": 16},
    "srunet": {"channels": 8},
    "swinir": {"channels": 12, "groups": 1, "layers": 2, "heads": 2},
    "unet": {"channels": 4},
}

SCALERS = ["arsr", "carn", "edsr", "f2srgan", "fsrcnn", "latticenet", "rep", "srunet", "swinir", "unet"]

every = pytest.mark.parametrize("name", sorted(SMALL))


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


def small(name: str) -> torch.nn.Module:
    """Small, and with last layers that are not zero any more."""
    network = build(name, **SMALL[name])
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return network


def counted(name: str, **options: object) -> Count:
    return count(to_onnx(build(name, **options)), 16, 16)


def operations(c: Count, rectified: float) -> float:
    """Two a multiply-accumulate, bias and rectified value, as the official code counts (docs/networks.md).

    Without the bicubic base (25 taps for each of 48 outputs), which the papers' networks do not have, and the products
    inside attention.
    """
    return 2 * (c.macs - 25 * 48 - c.attention + c.biases + rectified)


def test_all_architectures_are_tested() -> None:
    assert set(SMALL) == set(ARCHITECTURES)


@every
def test_untrained_networks_do_nothing_but_enlarge(name: str) -> None:
    network = build(name, **SMALL[name])
    x = torch.rand(1, 3, 16, 24)
    y = network(x)
    assert y.shape == (1, 3, 16 * network.scale, 24 * network.scale)
    assert (torch.nn.functional.avg_pool2d(y, network.scale) - x).abs().mean() < 0.12
    if network.scale == 1:
        assert torch.equal(x, y)


@every
def test_onnx_agrees_with_torch_on_odd_sizes(name: str) -> None:
    network = small(name)
    assert difference(network, to_onnx(network), ((1, 1), (3, 5))) < TOLERANCE


@every
def test_halo_is_exact(name: str) -> None:
    network = collapse(small(name)).eval()
    reach, m, s = halo(network, 128), network.multiple_of, network.scale
    if name == "latticenet":
        assert reach is None
        return
    rim = -(-reach // m) * m
    x = torch.rand(1, 3, 2 * rim + 2 * m, 2 * rim + 2 * m)
    with torch.inference_mode():
        whole = network(x)
        tile = network(x[..., : 2 * rim + m, : 2 * rim + m])[..., : s * (rim + m), : s * (rim + m)]
    assert (whole[..., : s * (rim + m), : s * (rim + m)] - tile).abs().max() < 1e-5


@every
@pytest.mark.parametrize("wrong", ["width", "depth"])
def test_unknown_options_are_refused(name: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=f"{name} takes no {wrong}; it takes"):
        build(name, **{wrong: 3})


def test_unknown_networks_are_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown network 'vdsr'; there are arsr, "):
        build("vdsr")


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("name", SCALERS)
def test_super_resolution_has_every_scale(name: str, scale: int) -> None:
    network = build(name, scale=scale, **SMALL[name])
    assert network(torch.rand(1, 3, 8, 8)).shape == (1, 3, 8 * scale, 8 * scale)


@pytest.mark.parametrize(
    ("name", "options", "official"),
    [
        ("unet", {}, 7_785_968),
        ("srunet", {}, 667_120),
        # Theirs has two fixed 1x1 layers that take the mean colour away and give it back.
        ("f2srgan", {}, 202_233 - 24),
        ("f2srgan", {"blocks": 8, "fourier": False}, 113_145 - 24),
    ],
)
def test_networks_have_the_weights_of_the_authors_code(name: str, options: dict[str, object], official: int) -> None:
    assert sum(parameter.numel() for parameter in build(name, **options).parameters()) == official


@pytest.mark.parametrize(("channels", "official"), [(32, 715_680), (40, 1_107_696), (64, 2_795_232)])
def test_edsr_costs_what_the_official_code_counts(channels: int, official: int) -> None:
    c = counted("edsr", channels=channels, blocks=8)
    # Theirs has an activation at both pixel shuffles, of 4 and 16 values a channel.
    assert operations(c, c.rectified + 20 * channels) == official


@pytest.mark.parametrize(("channels", "official"), [(36, 389_688), (52, 779_992), (64, 1_160_416)])
def test_carn_costs_what_the_official_code_counts(channels: int, official: int) -> None:
    c = counted("carn", channels=channels, groups=4)
    # Theirs counts the 18 activations inside the nine blocks nine times, those after the nine additions not at all.
    assert operations(c, c.rectified + (8 * 18 - 9) * channels) == official


@pytest.mark.parametrize(("channels", "official"), [(30, 454_605), (60, 1_762_315)])
def test_swinir_costs_what_the_official_code_counts(channels: int, official: int) -> None:
    c = counted("swinir", channels=channels)
    assert c.attention == 24 * 128 * channels
    # Theirs counts the 7 biases a channel of each of 24 layers once a run, on 32 x 32 pixels; its figures are rounded.
    assert abs(operations(c, 24 * 7 * channels / 32**2) - official) < 1


def test_the_counter_knows_strides_groups_and_transposed_convolutions() -> None:
    class Mixed(torch.nn.Module):
        multiple_of, scale = 2, 1

        def __init__(self) -> None:
            super().__init__()
            self.down = torch.nn.Conv2d(3, 8, 3, stride=2, padding=1)
            self.grouped = torch.nn.Conv2d(8, 8, 3, padding=1, groups=4, bias=False)
            self.up = torch.nn.ConvTranspose2d(8, 3, 4, stride=2, padding=1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.up(torch.relu(self.grouped(self.down(x)))) + x

    c = count(to_onnx(Mixed()), 16, 16)
    assert c.macs == (27 * 8 + 9 * 2 * 8 + 16 * 3 * 8) / 4
    assert c.biases == 8 / 4 + 3
    assert c.rectified == 8 / 4
    assert c.adds == 3
    assert c.parameters == sum(p.numel() for p in Mixed().parameters())


def test_the_quality_tier_keeps_to_its_size() -> None:
    assert 100_000 <= counted("rep").macs <= 150_000


@pytest.mark.parametrize("patch", [4, 6, 16])
def test_a_fourier_unit_is_a_complex_matrix_on_spectra(patch: int) -> None:
    unit = FourierUnit(3, patch)
    x = torch.randn(2, 3, patch, patch)
    weight = torch.complex(unit.real.weight, unit.imaginary.weight)[:, :, 0, 0]
    spectrum = torch.einsum("oc,nchw->nohw", weight, torch.fft.rfft2(x))
    assert (unit(x) - torch.fft.irfft2(spectrum, s=(patch, patch))).abs().max() < 1e-6
    row = torch.cat([x, x.flip(3)], dim=3)
    assert torch.equal(unit(row)[..., :patch], unit(x))


def test_quadrants_come_back_where_they_were() -> None:
    transform = SpectralTransform(8, 4)
    x = torch.arange(1.0 * 2 * 8 * 12).view(1, 2, 8, 12)
    quadrants = transform._quadrants(x)
    assert quadrants.shape == (1, 8, 4, 6)
    assert torch.equal(quadrants[0, :2, :2, :2], x[0, :, :2, :2])  # upper left of the first patch, then lower left
    assert torch.equal(quadrants[0, 2:4, :2, :2], x[0, :, 2:4, :2])
    assert torch.equal(quadrants[0, 4:6, :2, 2:4], x[0, :, :2, 6:8])  # upper right of the patch beside it
    repeated = transform._repeated(quadrants)
    assert repeated.shape == (1, 8, 8, 12)
    for down, right in ((0, 0), (2, 0), (0, 2), (2, 2)):
        assert torch.equal(repeated[0, :2, down : down + 2, right : right + 2], x[0, :, :2, :2])


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_groups_of_a_collapsible_convolution_are_apart(groups: int) -> None:
    conv = CollapsibleConv(8, 8, 3, expansion=16, residual=True, groups=groups)
    torch.nn.init.normal_(conv.bias)
    x = torch.rand(1, 8, 6, 6)
    assert (conv(x) - conv.collapsed()(x)).abs().max() < 1e-6
    size = 8 // groups
    hits = torch.stack([(conv(x + 1.0 * (torch.arange(8) == c).view(1, 8, 1, 1)) - conv(x)).abs().amax((0, 2, 3)) > 1e-6
                        for c in range(8)])  # fmt: skip
    assert torch.equal(hits, torch.block_diag(*[torch.ones(size, size)] * groups).bool())


def test_groups_of_arsr_save_weights() -> None:
    # Of 11 layers of 16 x 16 kernels 3/4 are left out.
    assert counted("arsr").parameters - counted("arsr", groups=4).parameters == 11 * 9 * 16 * 12


def test_light_networks_keep_to_their_size() -> None:
    for scale in (2, 4):
        assert counted("arsr", scale=scale).parameters <= 45_000
    c = counted("artefact")
    assert c.parameters <= 60_000
    assert c.macs <= 60_000


@pytest.mark.parametrize("residual", [False, True])
def test_collapsed_convolutions_compute_the_same(residual: bool) -> None:
    conv = CollapsibleConv(6, 6, 5, expansion=20, residual=residual)
    torch.nn.init.normal_(conv.bias)
    x = torch.rand(2, 6, 9, 7)
    plain = torch.nn.functional.conv2d(x, conv.wide, padding=2)
    expected = torch.nn.functional.conv2d(plain, conv.narrow[:, :, None, None], conv.bias) + (x if residual else 0)
    assert (conv(x) - expected).abs().max() < 1e-5
    assert (conv.collapsed()(x) - expected).abs().max() < 1e-5


def test_a_collapsed_network_stays_on_its_device() -> None:
    network = build("rep", scale=2, layers=2)
    with torch.device("meta"):  # where torch makes what is given no device
        collapsed = collapse(network)
    assert {parameter.device.type for parameter in collapsed.parameters()} == {"cpu"}


def test_a_residual_needs_equal_channels() -> None:
    with pytest.raises(ValueError, match="got 3 inputs and 6 outputs"):
        CollapsibleConv(3, 6, 3, residual=True)


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("kind", ["bicubic", "bilinear"])
def test_upsampling_is_pillows(scale: int, kind: str) -> None:
    picture = np.random.default_rng(0).integers(40, 200, (12, 10, 3), dtype=np.uint8)
    method = Image.Resampling.BICUBIC if kind == "bicubic" else Image.Resampling.BILINEAR
    expected = np.asarray(Image.fromarray(picture).resize((10 * scale, 12 * scale), method)).astype(float)
    x = torch.from_numpy(picture).permute(2, 0, 1)[None].float()
    got = Upsample(scale, kind)(x)[0].permute(1, 2, 0).numpy().clip(0, 255)
    inner = slice(2 * scale, -2 * scale)
    assert np.abs(got - expected)[inner, inner].max() <= 1.25  # Pillow rounds between its two passes


def test_arsr_for_luma_leaves_chroma_alone() -> None:
    network = small("arsr").__class__(scale=2, layers=1, expansion=16, color="y")
    torch.nn.init.normal_(network.tail.narrow, std=0.1)
    x = torch.rand(1, 3, 8, 8)
    change = (network(x) - Upsample(2, "bilinear")(x))[0]
    assert change.abs().max() > 1e-3
    assert (change[0] - change[1]).abs().max() < 1e-6
    assert (change[0] - change[2]).abs().max() < 1e-6


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("arsr", {"color": "rgb16"}, "color is 'y' or 'rgb'"),
        ("carn", {"channels": 10, "groups": 4}, "multiple of groups"),
        ("swinir", {"channels": 32, "heads": 6}, "multiple of heads"),
        ("mimounet", {"channels": 7}, "even, got 7"),
        ("dncnn", {"layers": 2}, "3 or more"),
        ("ffdnet", {"layers": 1}, "3 or more"),
        ("arsr", {"groups": 3}, "groups must divide 16, 16 and the expansion, 256; got 3"),
        ("srunet", {"channels": 7}, "even, got 7"),
        ("f2srgan", {"channels": 24}, "multiple of 16"),
        ("f2srgan", {"patch": 7}, "even, 4 or more"),
    ],
)
def test_impossible_options_are_refused(name: str, options: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        build(name, **options)


@pytest.mark.parametrize("name", ["arsr", "artefact", "dncnn", "edsr", "fsrcnn", "ircnn", "rep"])
def test_the_gradient_graph_is_what_autograd_finds(name: str) -> None:
    network = collapse(small(name)).eval()
    session = open_model(gradient_model(to_onnx(network)), 1)
    m, rng = network.multiple_of, np.random.default_rng(0)
    for height, width in ((1, 2), (5, 3), (11, 14)):
        x = rng.random((2, 3, height * m, width * m), dtype=np.float32)
        goal = rng.random((2, 3, network.scale * height * m, network.scale * width * m), dtype=np.float32)
        leaf = torch.from_numpy(x.copy()).requires_grad_()
        y = network(leaf)
        y.backward(y.detach().clamp(0, 1) - torch.from_numpy(goal))
        expected = leaf.grad.numpy()
        assert np.abs(run_model(session, x, goal) - expected).max() < 1e-4 * np.abs(expected).max()


def test_an_operator_without_a_derivative_is_named() -> None:
    with pytest.raises(ValueError, match="no derivative is known for"):
        gradient_model(to_onnx(small("swinir")))


@pytest.mark.parametrize("name", ["artefact", "edsr", "rep"])
def test_gradients_of_rectified_convolutions_stay_in_one_layout(name: str) -> None:
    """Features are scaled so that Tanh is their sign: HardSigmoid's tensors would be put in order and back."""
    kinds = [node.op_type for node in onnx.load_from_string(gradient_model(to_onnx(small(name)))).graph.node]
    assert "HardSigmoid" not in kinds
    assert kinds.count("Tanh") == kinds.count("Relu") > 0


def rectifier(between: str, last: str) -> bytes:
    """y = Conv(c) + LAST, where c = relu(Conv(x) BETWEEN itself or x); convolutions are of 1x1 and share weights."""
    weight = np.random.default_rng(1).normal(0, 0.3, (3, 3, 1, 1)).astype(np.float32)
    made = [
        onnx.helper.make_node("Conv", ["x", "weight", "bias"], ["a"]),
        onnx.helper.make_node(between, ["a", "a" if between == "Add" else "x"], ["b"]),
        onnx.helper.make_node("Relu", ["b"], ["c"]),
        onnx.helper.make_node("Conv", ["c", "weight", "bias"], ["d"]),
        onnx.helper.make_node("Add", ["d", last], ["y"]),
    ]
    faces = [onnx.helper.make_tensor_value_info(name, 1, ["n", 3, "h", "w"]) for name in "xy"]
    constants = [onnx.numpy_helper.from_array(weight, "weight")]
    constants.append(onnx.numpy_helper.from_array(np.float32([0.3, -0.2, 0.1]), "bias"))
    graph = onnx.helper.make_graph(made, "toy", faces[:1], faces[1:], constants)
    opset = onnx.helper.make_opsetid("", 17)
    return onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString()


@pytest.mark.parametrize(
    ("between", "last", "operator"), [("Add", "x", "Tanh"), ("Sub", "x", "HardSigmoid"), ("Add", "c", "HardSigmoid")]
)
def test_features_are_scaled_only_where_nothing_else_sees_them(between: str, last: str, operator: str) -> None:
    """What a difference of pictures makes the network differ by, times the errors, is what the gradient says of it."""
    model, rng = rectifier(between, last), np.random.default_rng(0)
    gradient = gradient_model(model)
    kinds = {node.op_type for node in onnx.load_from_string(gradient).graph.node}
    assert kinds & {"Tanh", "HardSigmoid"} == {operator}
    x, goal, direction = (rng.random((1, 3, 4, 5), dtype=np.float32) for _ in range(3))
    session, step = open_model(model, 1), np.float32(1e-3)
    errors = run_model(session, x).clip(0, 1) - goal
    moved = run_model(session, x + step * direction) - run_model(session, x - step * direction)
    found = run_model(open_model(gradient, 1), x, goal)
    assert np.vdot(found, direction) == pytest.approx(np.vdot(errors, moved) / 2e-3, rel=1e-3)
