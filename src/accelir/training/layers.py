"""Layers of a network, exchanged for others: what pruning and rounding need."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from accelir.architectures.blocks import Restorer, collapse


def arguments(conv: nn.Conv2d) -> dict[str, Any]:
    """The arguments that make a convolution like this one."""
    names = "in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "padding_mode"
    return {**{name: getattr(conv, name) for name in names}, "bias": conv.bias is not None}


def exchange(network: nn.Module, name: str, module: nn.Module) -> None:
    """Put a module in the place of the one of that name."""
    parent, _, leaf = name.rpartition(".")
    setattr(network.get_submodule(parent), leaf, module)


def shaped(network: Restorer, state: Mapping[str, Tensor]) -> Restorer:
    """A copy with a state's weights and with layers as wide as those: what pruning left, from its weights alone.

    A state of collapsed layers gives a collapsed network.
    """
    wide = any(name.endswith(".narrow") for name in state)
    network = copy.deepcopy(network) if wide else collapse(network)
    for name, module in list(network.named_modules()):
        weight = state.get(f"{name}.weight")
        if weight is None or weight.shape == getattr(module, "weight", weight).shape:
            continue
        if isinstance(module, nn.Conv2d):
            sizes = {"in_channels": weight.shape[1] * module.groups, "out_channels": weight.shape[0]}
            exchange(network, name, nn.Conv2d(**{**arguments(module), **sizes}))
        elif isinstance(module, nn.PReLU):
            exchange(network, name, nn.PReLU(len(weight)))
    network.load_state_dict(state)
    return network
