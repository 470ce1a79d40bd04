"""Structured pruning: whole channels leave a network, the least important of all layers first.

Which channels hang together follows from the dependency graph (Fang et al., "DepGraph", CVPR 2023, package
torch-pruning); how important they are from LAMP (Lee et al., ICLR 2021), which compares across layers.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from accelir.architectures.blocks import Restorer, collapse

ROUND_TO = 16
"""Channels that a layer keeps are a multiple of this: ONNX runtime's on AVX-512 are blocks of 16, and a part of a block
costs as much as all of it."""
TRIES = 7
"""Shares of channels that are tried; the last two differ by less than a hundredth."""


def reduced(network: Restorer, most: float, cost: Callable[[Restorer], float], round_to: int = ROUND_TO) -> Restorer:
    """The collapsed network without its least important channels: as many as are needed for `cost` to be `most`.

    Raises ValueError where no share of them is enough, or where the graph can't be pruned.
    """
    best, low, high = None, 0.0, 1.0
    for _ in range(TRIES):
        share = (low + high) / 2
        smaller = without(network, share, round_to)
        if cost(smaller) <= most:
            best, high = smaller, share
        else:
            low = share
    if best is None:
        raise ValueError(
            f"pruning to layers of {round_to} channels leaves a cost of {cost(smaller):.4g}, and {most:.4g} is asked; "
            "begin with a student of fewer layers, or round to fewer channels"
        )
    return best


def without(network: Restorer, share: float, round_to: int = ROUND_TO) -> Restorer:
    """The collapsed network without about a share of its channels, 0 to 1. Raises ValueError if that can't be."""
    smaller = collapse(network).cpu().train().requires_grad_(True)
    side = 2 * smaller.multiple_of
    x = torch.rand(1, 3, side, side)
    expected = smaller(x).shape
    try:
        _prune(smaller, x, share, round_to)
        fits = smaller(x).shape == expected
    except (IndexError, RuntimeError):  # what torch-pruning and torch say of a graph that was misunderstood
        fits = False
    if not fits:
        name = type(network).__name__
        raise ValueError(f"{name} has groups or slices of channels that pruning would break; take a smaller student")
    return smaller


def _prune(network: Restorer, x: Tensor, share: float, round_to: int) -> None:
    """Take the share of least important channels out, ranked over all layers; each keeps a multiple of `round_to`."""
    import torch_pruning

    graph = torch_pruning.DependencyGraph().build_dependency(network, x)
    fixed = _fixed(network, x)
    groups = list(graph.get_all_groups(ignored_layers=fixed, root_module_types=[nn.Conv2d]))
    importance = torch_pruning.importance.LAMPImportance()
    scores = [importance(group) for group in groups]
    threshold = torch.quantile(torch.cat(scores), share)
    for group, score in zip(groups, scores, strict=True):
        kept = max(round(int((score > threshold).sum()) / round_to), 1) * round_to
        leaving = score.argsort()[: max(len(score) - kept, 0)].tolist()
        if leaving:
            root = group[0].dep
            graph.get_pruning_group(root.target.module, root.handler, leaving).prune()


def _fixed(network: Restorer, x: Tensor) -> list[nn.Module]:
    """Convolutions whose outputs are pixels: those that a pixel shuffle takes, and the last to run."""
    made: list[tuple[nn.Module, Tensor]] = []
    shuffled: list[Tensor] = []
    hooks = []
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            hooks.append(module.register_forward_hook(lambda conv, _, out: made.append((conv, out))))
        elif isinstance(module, nn.PixelShuffle):
            hooks.append(module.register_forward_pre_hook(lambda _, inputs: shuffled.append(inputs[0])))
    network(x)
    for hook in hooks:
        hook.remove()
    return [conv for conv, out in made if out is made[-1][1] or any(out is taken for taken in shuffled)]
