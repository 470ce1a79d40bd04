"""SRUNet (Vaccaro et al., "Fast Video Visual Quality and Resolution Improvement using SR-UNet", ACM MM 2021).

Palloni's master's thesis (Florence, 2022) trains it beside U-Net and quantises both.
"""

from __future__ import annotations

from accelir.architectures.unet import UShape


class SRUNet(UShape):
    """A U-Net of `channels` at all levels but the finest, which has half of them; two or three layers a level.

    With 64 channels and x4 it has 667,120 weights, as many as the code published with the thesis, which prints no
    number itself; the paper was not at hand. `channels` is even.
    """

    def __init__(self, scale: int = 4, channels: int = 64) -> None:
        if channels % 2:
            raise ValueError(f"channels must be even, got {channels}")
        super().__init__(scale, (channels // 2, channels, channels, channels), (2, 3, 3, 3), (3, 3, 3))
