"""What several networks share: collapsible convolutions, fixed upsampling kernels, the last layer's start at zero.

Collapsible (linearly over-parameterised) convolutions are those of Bhardwaj et al., "Collapsible Linear Blocks for
Super-Efficient Super Resolution" (SESR, MLSys 2022), which ARSR uses as well.
"""

from __future__ import annotations

import copy
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Net = TypeVar("Net", bound=nn.Module)


class Restorer(nn.Module):
    """A restoration network. Shapes: float32 N x 3 x H x W in 0..1 (RGB) -> float32 N x 3 x sH x sW."""

    scale: int
    """Output pixels per input pixel along a side, s."""
    multiple_of: int
    """Divisor that both sides of the input must have, in pixels."""


class CollapsibleConv(nn.Module):
    """A k x k convolution trained as the product of a wide k x k and a narrow 1 x 1 one, with no activation between.

    The product is formed before the convolution, in float32: a few hundred thousand multiplications per step in place
    of a convolution with `expansion` output channels at every pixel. `residual` adds the identity to the kernel.
    `groups` as in torch's convolutions: each is a product of its own, of its share of `expansion`.

    Shapes: float N x inputs x H x W -> float N x outputs x H x W, zero padding.
    Raises ValueError for a residual between different numbers of channels, and for groups that don't divide.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, expansion: int = 256, residual: bool = False, groups: int = 1
    ) -> None:
        super().__init__()
        if residual and inputs != outputs:
            raise ValueError(f"a residual needs as many outputs as inputs, got {inputs} inputs and {outputs} outputs")
        if groups < 1 or inputs % groups or outputs % groups or expansion % groups:
            raise ValueError(f"groups must divide {inputs}, {outputs} and the expansion, {expansion}; got {groups}")
        self.residual = residual
        self.groups = groups
        self.wide = nn.Parameter(torch.empty(expansion, inputs // groups, kernel, kernel))
        self.narrow = nn.Parameter(torch.empty(outputs, expansion // groups))
        self.bias = nn.Parameter(torch.zeros(outputs))
        # Variances chosen so that the product starts with He's variance for a ReLU; a tenth of it beside an identity.
        gain = 0.1 if residual else 1.0
        nn.init.normal_(self.wide, std=(2.0 * gain / (inputs // groups * kernel * kernel)) ** 0.5)
        nn.init.normal_(self.narrow, std=(expansion // groups) ** -0.5)

    def weight(self) -> Tensor:
        """The collapsed kernel, float32 outputs x inputs / groups x k x k."""
        with torch.autocast(self.wide.device.type, enabled=False):
            narrow, wide = (part.unflatten(0, (self.groups, -1)) for part in (self.narrow, self.wide.flatten(1)))
            weight = (narrow @ wide).view(-1, *self.wide.shape[1:])
            if self.residual:
                weight = weight.clone()
                middle = self.wide.shape[-1] // 2
                channels = torch.arange(weight.shape[0], device=weight.device)
                weight[channels, channels % weight.shape[1], middle, middle] += 1.0
        return weight

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight(), self.bias, padding=self.wide.shape[-1] // 2, groups=self.groups)

    def collapsed(self) -> nn.Conv2d:
        """This map as one plain convolution."""
        outputs, inputs, kernel, _ = self.weight().shape
        device = self.bias.device
        conv = nn.Conv2d(inputs * self.groups, outputs, kernel, padding=kernel // 2, groups=self.groups, device=device)
        conv.load_state_dict({"weight": self.weight(), "bias": self.bias})
        return conv

    @torch.no_grad()
    def take(self, weight: Tensor, bias: Tensor) -> None:
        """Become the map of a plain convolution: its kernel is the first outputs of the wide one, which alone count."""
        outputs, _, kernel, _ = weight.shape
        self.wide[:outputs] = weight
        if self.residual:
            channels = torch.arange(outputs)
            self.wide[channels, channels, kernel // 2, kernel // 2] -= 1.0
        self.narrow.zero_()
        self.narrow.fill_diagonal_(1.0)
        self.bias.copy_(bias)


def collapse(network: Net) -> Net:
    """A copy of `network` in which every collapsible convolution is a plain one: what is counted, exported and run."""
    network = copy.deepcopy(network)
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, CollapsibleConv):
                setattr(module, name, child.collapsed())
    return network


def expand(network: nn.Module, weights: dict[str, Tensor]) -> None:
    """Give a network the weights of its collapsed copy, by the names that they have there; `collapse` gives them back.

    Raises ValueError for weights of another network, and for a kernel wider than the layer is trained.
    """
    plain = dict(weights)
    for name, module in network.named_modules():
        if not isinstance(module, CollapsibleConv):
            continue
        weight, bias = plain.pop(f"{name}.weight", None), plain.pop(f"{name}.bias", None)
        fits = weight is not None and bias is not None and weight.shape[1:] == module.wide.shape[1:]
        if weight is None or bias is None or not fits or len(weight) != len(module.narrow) > len(module.wide):
            raise ValueError(f"the weights are not this network's: layer {name} differs")
        module.take(weight, bias)
    _, wrong = network.load_state_dict(plain, strict=False)
    if wrong:
        raise ValueError(f"the weights are not this network's: it has no {', '.join(wrong)}")


def deepen(network: nn.Module, weights: dict[str, Tensor]) -> None:
    """Give a network the weights of a shallower one: layers with a residual that it lacks begin as identities.

    Between activations that an identity leaves as they are (ReLU), the two then are the same function (Net2Net, Chen
    et al., ICLR 2016). Raises RuntimeError for weights of another network.
    """
    new = {
        name: module
        for name, module in network.named_modules()
        if isinstance(module, CollapsibleConv) and module.residual and f"{name}.wide" not in weights
    }
    for module in new.values():
        zero_last(module)
    kept = {f"{name}.{part}": tensor for name, module in new.items() for part, tensor in module.state_dict().items()}
    network.load_state_dict({**kept, **weights})


def zero_last(conv: nn.Module) -> nn.Module:
    """Set a layer to zero, so that a residual network starts as its skip connection. Returns the layer."""
    with torch.no_grad():
        if isinstance(conv, CollapsibleConv):
            conv.narrow.zero_()
            conv.bias.zero_()
        else:
            for parameter in conv.parameters():
                parameter.zero_()
    return conv


def _cubic(t: Tensor) -> Tensor:
    """Keys' cubic with a = -0.5, which is Pillow's BICUBIC."""
    t = t.abs()
    near = (1.5 * t - 2.5) * t * t + 1.0
    far = ((-0.5 * t + 2.5) * t - 4.0) * t + 2.0
    return torch.where(t < 1, near, torch.where(t < 2, far, torch.zeros_like(t)))


def _linear(t: Tensor) -> Tensor:
    return (1.0 - t.abs()).clamp_min(0.0)


class Upsample(nn.Module):
    """Bicubic or bilinear enlargement by a whole factor, as one fixed 5 x 5 convolution and a pixel shuffle.

    A plain convolution runs several times faster in ONNX runtime than its cubic Resize, and is exact under tiling.
    Samples lie at pixel centres; edges are repeated. "bicubic" equals Pillow's BICUBIC except at the two outermost
    rows, where Pillow drops the taps that fall outside.

    Shapes: float N x 3 x H x W -> float N x 3 x sH x sW.
    """

    kernel: Tensor

    def __init__(self, scale: int, kind: str = "bicubic") -> None:
        super().__init__()
        if kind not in ("bicubic", "bilinear"):
            raise ValueError(f"unknown kind of upsampling {kind!r}; choose 'bicubic' or 'bilinear'")
        self.scale = scale
        phase = (torch.arange(scale, dtype=torch.float64) + 0.5) / scale - 0.5
        taps = torch.arange(-2, 3, dtype=torch.float64)
        line = (_cubic if kind == "bicubic" else _linear)(taps[None, :] - phase[:, None])
        kernel = torch.einsum("ai,bj->abij", line, line).reshape(scale * scale, 1, 5, 5)
        self.register_buffer("kernel", kernel.float().repeat(3, 1, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            phases = F.conv2d(F.pad(x, (2, 2, 2, 2), mode="replicate"), self.kernel, groups=3)
            return F.pixel_shuffle(phases, self.scale)


def repeat(x: Tensor, scale: int) -> Tensor:
    """Every pixel `scale` x `scale` times."""
    return F.interpolate(x, scale_factor=float(scale), mode="nearest")


def conv3(inputs: int, outputs: int, groups: int = 1, dilation: int = 1) -> nn.Conv2d:
    """A 3 x 3 convolution that keeps the size, zero padding."""
    return he(nn.Conv2d(inputs, outputs, 3, padding=dilation, groups=groups, dilation=dilation))


def conv1(inputs: int, outputs: int) -> nn.Conv2d:
    """A 1 x 1 convolution."""
    return he(nn.Conv2d(inputs, outputs, 1))


def he(conv: nn.Conv2d) -> nn.Conv2d:
    """He's initialisation; with PyTorch's own, the signal of a plain stack has died after a dozen layers."""
    nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
    if conv.bias is not None:
        nn.init.zeros_(conv.bias)
    return conv


def shuffle_up(channels: int, scale: int, groups: int = 1, act: bool = False) -> nn.Sequential:
    """Enlargement by 2, 3 or 4 = 2 x 2 with 3 x 3 convolutions and pixel shuffles, `channels` in and out."""
    layers: list[nn.Module] = []
    for factor in {2: (2,), 3: (3,), 4: (2, 2)}[scale]:
        layers.append(conv3(channels, channels * factor * factor, groups))
        layers += [nn.ReLU()] if act else []
        layers.append(nn.PixelShuffle(factor))
    return nn.Sequential(*layers)
