"""What colours an image's numbers mean: its mode, its ICC profile, and gray or RGB as the file has them."""

from __future__ import annotations

import io
import warnings

import numpy as np
from PIL import Image

from accelir.formats.transparency import alpha_of, without_alpha

_GRAY, _RGB, _CMYK, _LAB = b"GRAY", b"RGB ", b"CMYK", b"Lab "
"""Signatures of colour spaces (ICC.1:2022, 7.2.6)."""

_SPACES = {"L": _GRAY, "RGB": _RGB, "CMYK": _CMYK, "LAB": _LAB}
"""Colour spaces of the modes that are told apart; all others become one of these two first, without a profile."""

_PLAIN = {"1": "L", "L": "L", "P": "RGB", "RGB": "RGB", "RGBX": "RGB", "YCbCr": "RGB", "HSV": "RGB", "CMYK": "RGB"}
"""What each mode becomes where no profile says more."""

_SAME = 3
"""Values of 255 by which colours may differ that count as the same: LittleCMS rounds, profiles of sRGB do too."""

MODES = (
    "1",
    "L",
    "I;16",
    "I",
    "F",
    "P",
    "RGB",
    "RGBX",
    "YCbCr",
    "HSV",
    "LAB",
    "CMYK",
    "LA",
    "La",
    "PA",
    "RGBA",
    "RGBa",
)
"""Modes of Pillow that are taken."""


def to_gray_or_rgb(image: Image.Image, icc_profile: bytes, has_gray: bool) -> tuple[Image.Image, bytes]:
    """An image without transparency as L or RGB, and the ICC profile that it has then, b"" for none.

    icc_profile: the image's, b"" for none. It stays where its colour space is the file's. Where it is the image's, the
    colours are converted to sRGB through it. Any other is left out, with a UserWarning. has_gray: whether the file of
    a gray picture is gray. Raises ValueError for a mode that isn't taken.
    """
    if image.mode == "LAB":
        return _from_lab(image, icc_profile), b""
    if image.mode not in _PLAIN:
        raise ValueError(f"an image of mode {image.mode} isn't taken; taken are {', '.join(MODES)}")
    if image.mode != "CMYK":
        image = image if image.mode in _SPACES else image.convert(_PLAIN[image.mode])
    space = _space_of(icc_profile)
    own = _SPACES[image.mode]
    target = _GRAY if own == _GRAY and has_gray else _RGB
    if space is None or (space == target and own != _CMYK):
        return _plainly(image), icc_profile
    converted = _through(image, icc_profile) if space == own or (own, space) == (_GRAY, _RGB) else None
    if converted is None:
        _warn(space, image.mode, target)
        return _plainly(image), b""
    return (converted.convert("L") if target == _GRAY else converted), b""


def is_of(icc_profile: bytes, image: Image.Image, format_has_gray: bool) -> bool:
    """Whether a file of an image's colours as they are may have this profile: none, or one of gray for gray.

    True too for bytes that name no colour space, of which nobody can tell.
    """
    own = _GRAY if image.mode in ("1", "L", "LA", "La") and format_has_gray else _RGB
    return _space_of(icc_profile) in (None, own)


def to_srgb(image: Image.Image, icc_profile: bytes) -> Image.Image:
    """An image for a file without its ICC profile: its colours in sRGB, the transparency as it was.

    It comes back as it is where its profile shows the same colours as sRGB. Where its colours can't be converted too,
    with a UserWarning, since they will look otherwise. The image's mode is L or RGB after a conversion, or LA or RGBA.
    """
    if _space_of(icc_profile) is None or is_srgb(icc_profile):
        return image
    alpha = alpha_of(image)
    colors = without_alpha(image)
    if colors.mode not in _SPACES:
        colors = colors.convert(_PLAIN[colors.mode]) if colors.mode in _PLAIN else colors
    same = _space_of(icc_profile) == _SPACES.get(colors.mode)
    converted = _through(colors, icc_profile) if same or colors.mode == "L" else None
    if converted is None:
        warnings.warn(
            "the ICC profile is left out, and the colours can't be converted to sRGB through it: they will look "
            "otherwise",
            UserWarning,
            stacklevel=2,
        )
        return image
    if colors.mode == "L":
        converted = converted.convert("L")
    if alpha is not None:
        converted.putalpha(Image.fromarray(alpha))
    return converted


def is_srgb(icc_profile: bytes) -> bool:
    """Whether a profile's colours are sRGB's, to 3 of 255 over a grid of 9 x 9 x 9 colours; gray ones by its grays."""
    space = _space_of(icc_profile)
    if space not in (_GRAY, _RGB):
        return False
    levels = np.linspace(0, 255, 9).round().astype(np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(27, 27, 3)
    probe = Image.fromarray(grid) if space == _RGB else Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    converted = _through(probe, icc_profile)
    if converted is None:
        return False
    difference = np.asarray(converted, np.int16) - np.asarray(probe.convert("RGB"), np.int16)
    return bool(np.abs(difference).max() <= _SAME)


def _plainly(image: Image.Image) -> Image.Image:
    return image if image.mode == _PLAIN[image.mode] else image.convert(_PLAIN[image.mode])


def _space_of(icc_profile: bytes) -> bytes | None:
    """Colour space that a profile's header names; None for no profile, and for what has no such header."""
    return icc_profile[16:20] if icc_profile[36:40] == b"acsp" else None


def _through(image: Image.Image, icc_profile: bytes) -> Image.Image | None:
    """An image's colours in sRGB, by its profile; None where that can't be done."""
    shown = image.convert("RGB") if image.mode == "L" and _space_of(icc_profile) == _RGB else image
    return _in_srgb(shown, icc_profile)


def _from_lab(image: Image.Image, icc_profile: bytes) -> Image.Image:
    """CIELAB of D50 in sRGB; a profile adds nothing to that."""
    if _space_of(icc_profile) not in (None, _LAB):
        _warn(icc_profile[16:20], image.mode, _RGB)
    converted = _in_srgb(image, None)
    if converted is None:
        raise ValueError("an image of mode LAB needs a Pillow that has LittleCMS; convert it to RGB")
    return converted


def _in_srgb(image: Image.Image, icc_profile: bytes | None) -> Image.Image | None:
    """Colours through a profile, None standing for CIELAB's own.

    None where the profile is broken, or of a kind that LittleCMS can't use, and where Pillow is built without it.
    """
    from PIL import ImageCms

    try:
        own = ImageCms.createProfile("LAB") if icc_profile is None else io.BytesIO(icc_profile)
        srgb = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(own), srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ImportError, TypeError, ValueError):
        return None


def _warn(space: bytes, mode: str, target: bytes) -> None:
    name, wanted = (s.decode("ascii", "replace").strip() for s in (space, target))
    warnings.warn(
        f"an ICC profile for {name!r} was left out: the image is of mode {mode}, the file {wanted}, and the colours "
        "can't be converted through it",
        UserWarning,
        stacklevel=2,
    )
