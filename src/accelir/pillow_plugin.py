"""Saving through Pillow: `import accelir.pillow_plugin`, then `image.save("photo.jpg", "ACCELIR_JPEG", bpp=1.2)`.

Importing registers the formats ACCELIR_JPEG and ACCELIR_WEBP: for saving only, without extensions; the files open as
ordinary JPEG and WebP. `register` makes Pillow's own JPEG and WEBP take `bpp`, `max_bytes`, `target` and `profile` too;
all other formats then refuse the first three, which Pillow would pass over.

Options: bpp, max_bytes or target; profile, effort, qp_map and scale as accelir.encode takes them; exif, xmp, and
icc_profile (without it the image's own is kept; None and b"" leave it out). For JPEG also subsampling, progressive, dpi
and comment as Pillow takes them, jfif, iptc, reference and networks, and `background`, a colour for what is
transparent, without which transparency is refused. For WebP exact and alpha_quality.

Raises what accelir.encode raises, TypeError for unknown options, and io.UnsupportedOperation for transparency in JPEG:
an OSError, as Pillow's own formats raise, and a ValueError. Pillow empties a file before it asks a format for the new
one. So importing also stands in front of Image.Image.save: for our formats the bytes are made first and written when
they are there, so that a save that fails leaves the file as it was, the image's own source too. What a file object
holds that is given in place of a name is the caller's to keep. Pillow keeps the options of a running save on the image:
threads that save one image with different options need copies of it.
"""

from __future__ import annotations

import difflib
import functools
import io
import os
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, Any, NoReturn

from PIL import Image, JpegImagePlugin

from accelir.api import Encoder
from accelir.formats.format import Format
from accelir.formats.jpeg.metadata import looks_like_name
from accelir.formats.registry import FORMATS
from accelir.formats.transparency import alpha_of, flatten, is_left_over
from accelir.storage.files import write_atomically

Handler = Callable[[Image.Image, IO[bytes], str | bytes], None]

OURS = {format.pillow: format for format in FORMATS.values()}
"""Pillow's formats that can be overridden, and ours that do it."""

_PREFIX = "ACCELIR_"

_COMMON = ("bpp", "max_bytes", "target", "profile", "effort", "qp_map", "icc_profile", "exif", "xmp", "scale")

_MARKS = ("bpp", "max_bytes", "target", "profile")
"""What tells that a save in an overridden format is for us."""

_SIZES = ("bpp", "max_bytes", "target")

_SUBSAMPLINGS = {-1: "auto", 0: "4:4:4", 1: "4:2:2", 2: "4:2:0", "4:1:1": "4:2:0"}
"""Pillow's numbers; "4:1:1" has always meant 4:2:0 to it."""

_lock = threading.Lock()


@dataclass(frozen=True, eq=False)
class _Override:
    """What stands in Pillow's tables in the place of a handler of its own."""

    ours: Handler
    pillow: Handler

    def __call__(self, image: Image.Image, fp: IO[bytes], filename: str | bytes) -> None:
        wanted = any(image.encoderinfo.get(option) is not None for option in _MARKS)
        (self.ours if wanted else self.pillow)(image, fp, filename)


def register(override: Collection[str] = tuple(OURS)) -> None:
    """Let Pillow's own formats take our options. Saves without bpp, max_bytes, target and profile stay Pillow's.

    override: "JPEG", "WEBP" or both. For the whole process; repeating it does no harm. All plugins of Pillow are loaded
    first: one that came later would take its place back. Raises ValueError for other formats.
    """
    names = _checked(override)
    Image.init()
    with _lock:
        for name in names:
            _put_before(Image.SAVE, name, partial(_save, OURS[name]))
            _put_before(Image.SAVE_ALL, name, _refuse_many)


def unregister(override: Collection[str] = tuple(OURS)) -> None:
    """Undo `register`, but for handlers that others have put in place of ours since. Raises ValueError as it does."""
    names = _checked(override)
    with _lock:
        for table in (Image.SAVE, Image.SAVE_ALL):
            for name in names:
                handler = table.get(name)
                if isinstance(handler, _Override):
                    table[name] = handler.pillow


@contextmanager
def registered(override: Collection[str] = tuple(OURS)) -> Iterator[None]:
    """Register for a `with` block. What was registered before stays so; other threads see it as well."""
    before = {name for name in OURS if isinstance(Image.SAVE.get(name), _Override)}
    register(override)
    try:
        yield
    finally:
        unregister(set(override) - before)


def _checked(override: Collection[str]) -> Collection[str]:
    if isinstance(override, str) or not set(override) <= set(OURS):
        raise ValueError(f"override must be a collection of {' and '.join(map(repr, OURS))}, not {override!r}")
    return override


def _put_before(table: dict[str, Handler], name: str, ours: Handler) -> None:
    """Nothing happens where Pillow has no handler: it can't save several JPEGs, or was built without WebP."""
    if name in table and not isinstance(table[name], _Override):
        table[name] = _Override(ours, table[name])


def _save(format: Format, image: Image.Image, fp: IO[bytes], filename: str | bytes) -> None:
    """A handler for Image.SAVE."""
    options: dict[str, Any] = dict(image.encoderinfo)
    _check_names(options, format)
    picture = _on_background(image, format, options.pop("background", None))
    settings: dict[str, Any] = {name: options.pop(name) for name in ("profile", "effort", "jfif") if name in options}
    options["icc_profile"] = options.get("icc_profile", image.info.get("icc_profile")) or b""
    if "subsampling" in format.options:
        settings["subsampling"] = _subsampling(options.pop("subsampling", -1), image)
    if "progressive" in format.options:
        settings["progressive"] = _progressive(options)
    if "comment" in format.options:
        options["comment"] = options.get("comment", _own_comment(image))
    if "exact" in format.options:
        options["exact"] = bool(options.get("exact", False))  # Pillow takes any value for yes or no
    fp.write(Encoder(format=format.name, **settings).encode(picture, **options).data)


def _refuse_many(image: Image.Image, fp: IO[bytes], filename: str | bytes) -> NoReturn:
    """A handler for Image.SAVE_ALL."""
    raise io.UnsupportedOperation("accelir writes one picture a file; save without save_all and append_images")


def _options_of(format: Format) -> tuple[str, ...]:
    older = ("progression",) if "progressive" in format.options else ()
    return (*_COMMON, *format.options, *older, *(() if format.has_transparency else ("background",)))


def _check_names(options: Collection[str], format: Format) -> None:
    taken = _options_of(format)
    for name in options:
        if name not in taken:
            near = difflib.get_close_matches(name, taken, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise TypeError(f"unknown option {name!r} for accelir's {format.name}; {hint}taken are {', '.join(taken)}")


def _subsampling(value: Any, image: Image.Image) -> str:
    if value == "keep":
        if image.format != "JPEG":
            raise ValueError("subsampling='keep' needs an image that was opened from a JPEG")
        value = JpegImagePlugin.get_sampling(image)
    known: str = _SUBSAMPLINGS.get(value, value)
    return known


def _progressive(options: dict[str, Any]) -> bool | str:
    """Pillow takes anything as true or false, and an older name as well."""
    given = [options.pop(name) for name in ("progressive", "progression") if name in options]
    return any(given) if given and "auto" not in given else "auto"


def _own_comment(image: Image.Image) -> bytes | str | None:
    """The image's comment, which Pillow keeps; but a network's name says how an earlier file was made, not this one."""
    comment = image.info.get("comment")
    return None if isinstance(comment, bytes) and looks_like_name(comment) else comment


def _on_background(image: Image.Image, format: Format, background: Any) -> Image.Image:
    """The image without transparency where the format has none."""
    if format.has_transparency or alpha_of(image) is None:
        return image
    if background is not None:
        return flatten(image, background)
    if is_left_over(image):
        return image
    raise io.UnsupportedOperation(
        f"cannot write mode {image.mode} with transparency as {format.label}, which has none; "
        "give the colour behind the picture, for instance background='white'"
    )


def _stand_before(pillow: Callable[..., None]) -> Callable[..., None]:
    """What stands in the place of Image.Image.save: see the module's docstring."""

    @functools.wraps(pillow)
    def save(self: Image.Image, fp: Any, format: str | None = None, **params: Any) -> None:
        name = _format_meant(fp, format)
        ours = name is not None and _is_for_us(name, params)
        if not ours:
            _refuse_sizes(name, params)
        if not ours or not isinstance(fp, str | bytes | os.PathLike):
            pillow(self, fp, format, **params)
            return
        buffer = io.BytesIO()
        pillow(self, buffer, name, **params)
        write_atomically(os.fsdecode(fp), buffer.getvalue())

    save.accelir = True  # type: ignore[attr-defined]
    return save


def _format_meant(fp: Any, format: str | None) -> str | None:
    """Pillow's name of the format that a save means; None where that can't be told."""
    if format is not None:
        return format.upper()
    name = fp if isinstance(fp, str | bytes | os.PathLike) else getattr(fp, "name", "")
    if not isinstance(name, str | bytes | os.PathLike):
        return None
    return Image.registered_extensions().get(os.path.splitext(os.fsdecode(name))[1].lower())


def _is_for_us(name: str, params: dict[str, Any]) -> bool:
    if name.startswith(_PREFIX):
        return True
    return isinstance(Image.SAVE.get(name), _Override) and any(params.get(option) is not None for option in _MARKS)


def _refuse_sizes(name: str | None, params: dict[str, Any]) -> None:
    """A format of Pillow's would pass over a size without a word."""
    given = [option for option in _SIZES if params.get(option) is not None]
    registered = sorted(other for other in OURS if isinstance(Image.SAVE.get(other), _Override))
    if given and registered and name in Image.SAVE:
        raise TypeError(f"{given[0]} is an option of {' and '.join(registered)}, not of {name}")


if not hasattr(Image.Image.save, "accelir"):
    Image.Image.save = _stand_before(Image.Image.save)  # type: ignore[method-assign]
for _name, _format in OURS.items():
    Image.register_save(_PREFIX + _name, partial(_save, _format))
    Image.register_save_all(_PREFIX + _name, _refuse_many)
    Image.register_mime(_PREFIX + _name, f"image/{_format.name}")
