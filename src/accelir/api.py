"""The public face: encode, Encoder, Encoded, decode."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from accelir.cells.grid import grid_of
from accelir.cells.groups import PictureGroups
from accelir.cells.qp import QP_MAX, QP_MIN
from accelir.formats.budget import budget_of
from accelir.formats.decode import Source, decode_pixels, network_of, read_source
from accelir.formats.effort import check_effort
from accelir.formats.picture import as_pixels, split_alpha
from accelir.formats.registry import get_format
from accelir.formats.request import EncoderSettings, Metadata, Request
from accelir.profile.installed import load_profile
from accelir.restoration.installed import installed, networks
from accelir.restoration.restore import restore
from accelir.storage.files import write_atomically

DEFAULT_PROFILE = "sr-x4"


@dataclass(frozen=True, eq=False)
class Encoded:
    """A finished file, and how it came about."""

    data: bytes = field(repr=False)
    """The whole file."""
    bpp: float
    """Its bits per pixel of the picture, every byte counted."""
    qp_map: NDArray[np.int32]
    """QP, 15 to 95, of each 32x32 block, (ceil(H/32), ceil(W/32)). Without a map given: all alike."""
    predicted_bytes: int
    """What the allocator expected of the file before the size search; of a uniform file the budget."""
    table: NDArray[np.uint8]
    """JPEG: quantisation steps, (1 or 2, 8, 8): one table for all components, or luma and chroma. WebP: the segments'
    quantiser indices, 0 to 127, (1 to 4,)."""
    stats: dict[str, Any] = field(repr=False)
    """profile, format, effort, allocator, max_bytes, seconds, passes (quantisations of the whole picture by the size
    search); for JPEG subsampling, progressive, step (the base step); for WebP filter_levels (by segment), strength (of
    the Lagrangian over the profile's)."""
    _groups: PictureGroups = field(repr=False)

    @property
    def clusters(self) -> NDArray[np.int32]:
        """QP-NET's utility group of each block, of qp_map's shape; 0 everywhere for a profile without groups.

        Where the allocator didn't need it, QP-NET is asked when this is first read, of the picture as it is then: an
        array is held, not copied, until that time.
        """
        return self._groups.map

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the file; it appears whole or not at all. Raises OSError."""
        write_atomically(path, self.data)


class Encoder:
    """Settings for encoding any number of pictures; safe to share between threads.

    profile: the name of an installed profile (accelir.profiles()), or the folder of one of your own: a path object, or
        text with a / in it.
    format: "jpeg" or "webp" (lossy; for it subsampling is 4:2:0, and progressive has no meaning).
    effort: 0 (fast: dead zone) to 9 (slowest).
    subsampling: "4:4:4", "4:2:2", "4:2:0", or "auto": whichever of 4:4:4 and 4:2:0 is better for RGB at the budget.
    progressive: True, False, or "auto": whichever is smaller.
    allocator: how the blocks share the bytes, "auto" being what the profile found best: "uniform"; "closed-loop" (the
        encoder tries modes and restores the results itself); "reward" or "lagrangian" (modes by QP-NET's groups, on the
        groups' curves); "qp-reward" (the same with QPs, as AccelIR has it); "variance" (QPs by the blocks' variance).
        WebP: "uniform" or "weights" (what errors cost by QP-NET's groups).
    Raises TypeError and ValueError that say what came and what is taken.
    """

    def __init__(
        self,
        *,
        profile: str | os.PathLike[str] = DEFAULT_PROFILE,
        format: str = "jpeg",
        effort: int = 5,
        subsampling: str = "auto",
        progressive: bool | str = "auto",
        allocator: str = "auto",
    ) -> None:
        self._format = get_format(format)
        if not isinstance(progressive, bool) and progressive != "auto":
            raise ValueError(f"progressive must be True, False or 'auto', not {progressive!r}")
        if not isinstance(profile, str | os.PathLike):
            raise TypeError(f"profile must be a name or a folder's path, not {type(profile).__name__}")
        chosen = profile if isinstance(profile, str) else Path(profile)
        self.settings = EncoderSettings(load_profile(chosen), check_effort(effort), subsampling, progressive, allocator)
        self._format.check(self.settings)

    @property
    def format(self) -> str:
        """Name of the format that is written."""
        return self._format.name

    def encode(
        self,
        image: NDArray[np.uint8] | Image.Image,
        *,
        bpp: float | None = None,
        max_bytes: int | None = None,
        qp_map: ArrayLike | None = None,
        icc_profile: bytes | None = None,
        exif: bytes | Image.Exif | None = None,
        xmp: bytes | str | None = None,
        dpi: tuple[float, float] | None = None,
        comment: bytes | str | None = None,
    ) -> Encoded:
        """Encode a picture to a size.

        image: uint8 HxWx3 RGB or HxW gray array, or a Pillow image of mode L, RGB, 1 or P; for WebP also one with
            transparency, which is kept.
        bpp: bits per pixel of the whole file, above 0; or max_bytes: its bytes. Exactly one. The file is never larger.
        qp_map: ints 15 to 95, (ceil(H/32), ceil(W/32)): the blocks' quality relative to each other. The base step that
            meets the size belongs to the highest QP in the map; lower QPs are realised by the profile's modes.
        icc_profile: None keeps a Pillow image's own; b"" leaves it out. exif, xmp: written when given.
        dpi: pixels per inch across and down, 1 to 65535, rounded; comment: text for a comment segment. Both for JPEG.
        Raises BudgetError when not even the smallest file fits, TypeError and ValueError for wrong input.
        """
        start = time.perf_counter()
        if icc_profile is None and isinstance(image, Image.Image):
            icc_profile = image.info.get("icc_profile")
        alpha = None
        if self._format.has_transparency:
            image, alpha = split_alpha(image)
        pixels = as_pixels(image, self._format)
        budget = budget_of(bpp, max_bytes, pixels.shape)
        request = Request(
            pixels=pixels,
            settings=self.settings,
            alpha=alpha,
            qp_map=None if qp_map is None else _checked_map(qp_map, pixels.shape),
            metadata=Metadata(icc_profile, exif, xmp, dpi, comment),
        )
        made = self._format.prepare(request).within(budget)
        stats = {
            "profile": self.settings.profile.name,
            "format": self.format,
            "effort": self.settings.effort,
            "max_bytes": budget,
            "seconds": time.perf_counter() - start,
        }
        return Encoded(
            data=made.data,
            bpp=len(made.data) * 8 / (pixels.shape[0] * pixels.shape[1]),
            qp_map=made.qp_map,
            _groups=made.groups,
            predicted_bytes=made.predicted_bytes,
            table=made.table,
            stats=stats | made.stats,
        )


def encode(
    image: NDArray[np.uint8] | Image.Image,
    *,
    bpp: float | None = None,
    max_bytes: int | None = None,
    format: str = "jpeg",
    profile: str | os.PathLike[str] = DEFAULT_PROFILE,
    effort: int = 5,
    qp_map: ArrayLike | None = None,
    subsampling: str = "auto",
    progressive: bool | str = "auto",
    allocator: str = "auto",
    icc_profile: bytes | None = None,
    exif: bytes | Image.Exif | None = None,
    xmp: bytes | str | None = None,
    dpi: tuple[float, float] | None = None,
    comment: bytes | str | None = None,
) -> bytes:
    """Encode a picture to a size: `Encoder(...).encode(image, ...).data`, which explains every argument."""
    encoder = Encoder(
        profile=profile,
        format=format,
        effort=effort,
        subsampling=subsampling,
        progressive=progressive,
        allocator=allocator,
    )
    return encoder.encode(
        image,
        bpp=bpp,
        max_bytes=max_bytes,
        qp_map=qp_map,
        icc_profile=icc_profile,
        exif=exif,
        xmp=xmp,
        dpi=dpi,
        comment=comment,
    ).data


def decode(data_or_path: Source, *, network: str | os.PathLike[str] | None = "auto") -> NDArray[np.uint8]:
    """A JPEG or WebP file's pixels, restored: uint8 sHxsWx3 RGB or sHxsW gray, s being the network's scale.

    data_or_path: the file's bytes, or its path.
    network: a name or path as accelir.restore takes it; "auto": the installed one that the encoder named in the file;
        None: no network, the plain pixels.
    Raises ValueError for a damaged file (it says what is wrong), for "auto" when the file names no network or one that
    isn't installed, and for an unknown network; TypeError for input of another kind; OSError when a path can't be read.
    """
    data = read_source(data_or_path)
    pixels = decode_pixels(data)
    if network == "auto":
        network = _named_network(data)
    return pixels if network is None else restore(pixels, network)


def _named_network(data: bytes) -> Path:
    """The network that a file names. Only an installed one: a file may come from anywhere, and a path lead there."""
    name = network_of(data)
    if name is None:
        raise ValueError(
            f"the file does not name a restoration network; choose one: {', '.join(networks())}, or none for the "
            "plain pixels"
        )
    if (path := installed(name)) is None:
        raise ValueError(
            f"the file was made for the network {name!r}, which is not installed ({', '.join(networks())}); give its "
            "path, another name, or none for the plain pixels"
        )
    return path


def _checked_map(qp_map: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.int32]:
    array = np.asarray(qp_map)
    expected = grid_of(shape)
    if array.dtype.kind not in "iu":
        raise TypeError(f"qp_map must hold integers, not {array.dtype}")
    if array.shape != expected:
        raise ValueError(
            f"qp_map has one QP per cell of 32x32 pixels, so the shape {expected} for a picture of "
            f"{shape[1]} x {shape[0]} pixels, not {array.shape}"
        )
    if array.min() < QP_MIN or array.max() > QP_MAX:
        raise ValueError(f"qp_map must be from {QP_MIN} to {QP_MAX}, not {array.min()} to {array.max()}")
    return array.astype(np.int32)
