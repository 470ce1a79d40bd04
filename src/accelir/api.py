"""The public face of senders: encode, Encoder, Encoded."""

from __future__ import annotations

import numbers
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from accelir.cells.grid import grid_of
from accelir.cells.groups import PictureGroups
from accelir.cells.qp import QP_MAX, QP_MIN
from accelir.formats.budget import budget_of
from accelir.formats.effort import check_effort, check_threads
from accelir.formats.format import Format
from accelir.formats.later import later
from accelir.formats.picture import Picture, read_picture
from accelir.formats.registry import get_format, labels_with
from accelir.formats.request import EncoderSettings, Made, Metadata, Request
from accelir.formats.shrink import read_scale
from accelir.profile.installed import load_profile
from accelir.storage.files import write_atomically

if TYPE_CHECKING:
    from accelir.formats.steering.reference import Reference
    from accelir.formats.target import Target

DEFAULT_PROFILE = "sr-x4"

read_reference = later("accelir.formats.steering.reference", "read_reference")
steer = later("accelir.formats.steering.steer", "steer")
reach, target_of = (later("accelir.formats.target", name) for name in ("reach", "target_of"))
scaled = later("accelir.formats.scaling", "scaled")


@dataclass(frozen=True, eq=False)
class Encoded:
    """A finished file, and how it came about."""

    data: bytes = field(repr=False)
    """The whole file."""
    bpp: float
    """Its bits per pixel of the picture, every byte counted."""
    qp_map: NDArray[np.int32]
    """QP, 15 to 95, of each cell of 32x32 pixels, (ceil(H/32), ceil(W/32)). Without a map given: all alike."""
    predicted_bytes: int
    """What the allocator expected of the file before the size search; of a uniform file the budget."""
    table: NDArray[np.uint8]
    """JPEG: quantisation steps, (1 or 2, 8, 8): one table for all components, or luma and chroma. WebP: the segments'
    quantiser indices, 0 to 127, (1 to 4,)."""
    stats: dict[str, Any] = field(repr=False)
    """profile, format, effort, allocator, max_bytes (None for a target without a size), seconds, passes (quantisations
    of the whole picture by the size search); of a target "target" (metric, value), "reached" (the score), "trials"
    (files made); for JPEG subsampling, progressive, step (the base step); for WebP filter_levels (by segment),
    strength (of the Lagrangian over the profile's). With a reference: rounds, error_before and error_after (mean
    squared errors of the restored picture, in squared 8-bit levels), steered (whether the file is a steered one). With
    a scale: scale (sides of the picture given over those of the one that is coded, to which qp_map, clusters and table
    belong), network (the receivers', or None), profile (the one that coded it), steered."""
    _groups: PictureGroups = field(repr=False)

    @property
    def clusters(self) -> NDArray[np.int32]:
        """QP-NET's utility group of each cell, of qp_map's shape; 0 everywhere for a profile without groups.

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
    effort: 0 (fast: dead zone) to 9 (slowest); docs/efforts.md says what each buys.
    subsampling: "4:4:4", "4:2:2", "4:2:0", or "auto": whichever of 4:4:4 and 4:2:0 is better for RGB at the budget.
    progressive: True, False, or "auto": whichever is smaller.
    jfif: whether a JPEG has a JFIF segment. False saves 18 bytes, and some programs take no such file
        (docs/file_format.md).
    threads: at most so many work on one picture, 1 to 1024; files don't depend on them. Several pictures are better
        given to several threads of yours (docs/limits.md).
    allocator: how the cells share the bytes, "auto" being what the profile found best: "uniform"; "closed-loop" (the
        encoder tries modes and restores the results itself); "reward" or "lagrangian" (modes by QP-NET's groups, on the
        groups' curves); "qp-reward" (the same with QPs, as AccelIR has it); "variance" (QPs by the cells' variance).
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
        jfif: bool = True,
        allocator: str = "auto",
        threads: int = 1,
    ) -> None:
        self._format = get_format(format)
        if not isinstance(progressive, bool) and progressive != "auto":
            raise ValueError(f"progressive must be True, False or 'auto', not {progressive!r}")
        if not isinstance(jfif, bool):
            raise TypeError(f"jfif must be True or False, not {jfif!r}")
        if not isinstance(profile, str | os.PathLike):
            raise TypeError(f"profile must be a name or a folder's path, not {type(profile).__name__}")
        chosen = profile if isinstance(profile, str) else Path(profile)
        self.settings = EncoderSettings(
            load_profile(chosen),
            check_effort(effort),
            subsampling,
            progressive,
            jfif=jfif,
            allocator=allocator,
            threads=check_threads(threads),
        )
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
        target: tuple[str, float] | str | None = None,
        qp_map: ArrayLike | None = None,
        icc_profile: bytes | None = None,
        exif: bytes | Image.Exif | None = None,
        xmp: bytes | str | None = None,
        iptc: bytes | None = None,
        dpi: tuple[float, float] | None = None,
        comment: bytes | str | None = None,
        exact: bool = False,
        alpha_quality: int = 100,
        reference: NDArray[np.uint8] | Image.Image | str | None = None,
        networks: Sequence[str | os.PathLike[str]] | None = None,
        scale: int | str = 1,
    ) -> Encoded:
        """Encode a picture to a size or to a quality.

        image: a uint8 array, HxWx3 RGB or HxW gray, or one of uint16, of which 65,535 is white; or a Pillow image of
            any mode. CMYK is converted through its ICC profile, if it has one; I;16, I and F as docs/limits.md says.
            Transparency is kept in WebP; JPEG takes images alone of which nothing is transparent.
        bpp: bits per pixel of the whole file, above 0; or max_bytes: its bytes. Exactly one, and with a target one at
            most. The file is never larger.
        target: (metric, value) as ("ssimulacra2", 80.0) or ("psnr", 38.0), of accelir.metrics.METRICS; or "high",
            "good" or "low", SSIMULACRA 2 of 90, 70 or 50. The file is the smallest found, to about 1 %, of which the
            decoded picture, before any network, scores at least so much against the image. Where bpp or max_bytes is
            too little for that, it is the best within them; stats["reached"] has the score. With subsampling "auto"
            the metric chooses between 4:2:0 and 4:4:4. Takes 5 to 10 times as long as a size.
        qp_map: ints 15 to 95, (ceil(H/32), ceil(W/32)): the cells' quality relative to each other. The base step that
            meets the size belongs to the highest QP in the map; lower QPs are realised by the profile's modes.
        icc_profile: the picture's; None keeps a Pillow image's own, b"" leaves it out. One for colours that the file
            hasn't is used to convert them to sRGB, or left out with a UserWarning.
        exif, xmp: written when given; in JPEG EXIF of up to 65,527 bytes. Nothing else of a Pillow image is kept.
        iptc: an IPTC-IIM block of up to 65,505 bytes; dpi: pixels per inch across and down, 1 to 65535, rounded;
            comment: text for a comment segment. All three for JPEG.
        exact: whether colours are kept where alpha is 0, which cost nothing otherwise; alpha_quality: 0 to 100, of the
            transparency, exact at 100. Both for WebP.
        reference: the original that the picture was made from, as `image` is, of the picture's sides times the scale of
            the receivers' network, and in colour if the picture is: what the restored picture should come close to.
            From effort 3 on; the file is never worse for that network than without (docs/reference.md). "auto", where
            there is none: what the network makes of `image` itself, before it is coded. Not with a target or
            transparency.
        networks: with a reference, what receivers run, if that isn't the profile's network: names or paths as
            accelir.restore takes them, with gradient graphs beside. For several the mean of their errors counts. Guards
            that their cards name have a part in what is asked.
        scale: 2 or 4 codes the picture at a half or a quarter of its sides, "auto" at those or at its own, whichever is
            best by the profile's metric after the receivers' network; accelir.decode gives the picture's own size
            (docs/scale.md). bpp and max_bytes stay those of the picture given. 1 leaves its size alone, and is the
            default. Not with a target, a reference, a qp_map or transparency, and not for profiles whose networks
            denoise or deblur. The file names the network and, of a smaller picture, the size: 11 to 30 bytes.
        Raises BudgetError when not even the smallest file fits, TargetError when no file reaches the target, TypeError
        and ValueError for wrong input, MemoryError.
        """
        start = time.perf_counter()
        metadata = Metadata(icc_profile, exif, xmp, dpi, comment, iptc)
        _check_options(self._format, metadata, exact, alpha_quality)
        picture = read_picture(image, self._format, icc_profile, exact)
        goal = None if target is None else target_of(target)
        sized = goal is None or bpp is not None or max_bytes is not None
        budget = budget_of(bpp, max_bytes, picture.pixels.shape) if sized else None
        request = Request(
            pixels=picture.pixels,
            settings=self.settings,
            alpha=picture.alpha,
            alpha_quality=alpha_quality,
            exact=exact,
            qp_map=None if qp_map is None else _checked_map(qp_map, picture.pixels.shape),
            metadata=replace(metadata, icc_profile=picture.icc_profile),
        )
        scales = _scales(scale, request, target=target, reference=reference)
        aim = self._aim(reference, networks, picture, target)
        return self._encoded(self._spend(request, budget, goal, aim, scales), request, budget, start)

    def _aim(self, reference: Any, networks: Any, picture: Picture, target: object) -> Reference | None:
        """Raises TypeError and ValueError."""
        if reference is None:
            if networks is not None:
                raise ValueError("networks is for a reference, and none was given")
            return None
        if target is not None:
            raise ValueError("a reference is for files of a size; give bpp or max_bytes, and no target")
        if picture.alpha is not None:
            raise ValueError("a reference is for pictures without transparency; put this one on a background first")
        return read_reference(reference, picture.pixels, self._format, self.settings.profile, networks)

    def _spend(
        self,
        request: Request,
        budget: int | None,
        target: Target | None,
        reference: Reference | None,
        scales: tuple[int, ...],
    ) -> Made:
        try:
            if scales != (1,):
                assert budget is not None
                return scaled(self._format, request, scales, budget)
            prepared = self._format.prepare(request)
            if target is not None:
                return reach(prepared, request, self._format, target, budget)
            assert budget is not None
            made = prepared.within(budget)
            return made if reference is None else steer(self._format, prepared, made, reference, budget)
        except MemoryError as error:
            height, width = request.pixels.shape[:2]
            raise MemoryError(f"not enough memory to encode a picture of {width} x {height} pixels") from error

    def _encoded(self, made: Made, request: Request, budget: int | None, start: float) -> Encoded:
        stats = {
            "profile": self.settings.profile.name,
            "format": self.format,
            "effort": self.settings.effort,
            "max_bytes": budget,
            "seconds": time.perf_counter() - start,
        }
        return Encoded(
            data=made.data,
            bpp=len(made.data) * 8 / (request.pixels.shape[0] * request.pixels.shape[1]),
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
    target: tuple[str, float] | str | None = None,
    format: str = "jpeg",
    profile: str | os.PathLike[str] = DEFAULT_PROFILE,
    effort: int = 5,
    qp_map: ArrayLike | None = None,
    subsampling: str = "auto",
    progressive: bool | str = "auto",
    jfif: bool = True,
    allocator: str = "auto",
    threads: int = 1,
    icc_profile: bytes | None = None,
    exif: bytes | Image.Exif | None = None,
    xmp: bytes | str | None = None,
    iptc: bytes | None = None,
    dpi: tuple[float, float] | None = None,
    comment: bytes | str | None = None,
    exact: bool = False,
    alpha_quality: int = 100,
    reference: NDArray[np.uint8] | Image.Image | str | None = None,
    networks: Sequence[str | os.PathLike[str]] | None = None,
    scale: int | str = 1,
) -> bytes:
    """Encode a picture to a size or quality: `Encoder(...).encode(image, ...).data`, which explains every argument."""
    encoder = Encoder(
        profile=profile,
        format=format,
        effort=effort,
        subsampling=subsampling,
        progressive=progressive,
        jfif=jfif,
        allocator=allocator,
        threads=threads,
    )
    return encoder.encode(
        image,
        bpp=bpp,
        max_bytes=max_bytes,
        target=target,
        qp_map=qp_map,
        icc_profile=icc_profile,
        exif=exif,
        xmp=xmp,
        iptc=iptc,
        dpi=dpi,
        comment=comment,
        exact=exact,
        alpha_quality=alpha_quality,
        reference=reference,
        networks=networks,
        scale=scale,
    ).data


def _scales(scale: int | str, request: Request, **others: object) -> tuple[int, ...]:
    """The scales that are meant. Raises TypeError and ValueError."""
    scales = read_scale(scale)
    others |= {"qp_map": request.qp_map}
    given = [name for name, value in others.items() if value is not None]
    if scales != (1,) and given:
        raise ValueError(f"scale={scale!r} goes with bpp or max_bytes, not with {given[0]}")
    if scales != (1,) and request.alpha is not None:
        raise ValueError(
            f"scale={scale!r} is for pictures without transparency; put this one on a background first, or leave the "
            "scale at 1"
        )
    return scales


def _check_options(format: Format, metadata: Metadata, exact: bool, alpha_quality: int) -> None:
    """Raises ValueError for what the format doesn't take, TypeError and ValueError for what is wrong in itself."""
    if isinstance(alpha_quality, bool) or not isinstance(alpha_quality, numbers.Integral):
        raise TypeError(f"alpha_quality must be an integer from 0 to 100, not {alpha_quality!r}")
    if not 0 <= alpha_quality <= 100:
        raise ValueError(f"alpha_quality must be from 0 to 100, not {alpha_quality}")
    if not isinstance(exact, bool):
        raise TypeError(f"exact must be True or False, not {exact!r}")
    given = {name: getattr(metadata, name) is not None for name in ("dpi", "comment", "iptc")}
    given |= {"exact": exact, "alpha_quality": alpha_quality != 100}
    for name in (name for name, is_given in given.items() if is_given and name not in format.options):
        hint = "; put it into exif or xmp" if hasattr(metadata, name) else ""
        raise ValueError(f"{name} is for {labels_with(name)}: a {format.label} file has no {_MEANS[name]}{hint}")


_MEANS = {
    "dpi": "resolution of its own",
    "comment": "comment",
    "iptc": "IPTC block",
    "exact": "transparency",
    "alpha_quality": "transparency",
}
"""What a format must have for the keywords that not every format takes."""


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
