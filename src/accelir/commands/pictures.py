"""Pictures on their way to an encoder: opened within a limit of pixels, turned upright, flattened, made smaller."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from accelir.commands.metadata import FileMetadata, further_parts, metadata_of
from accelir.formats.format import Format
from accelir.formats.pillow import pillow_at_work
from accelir.formats.transparency import alpha_of, flatten, without_alpha
from accelir.storage import locations

MAX_PIXELS = 178_956_970
"""Pixels that are decoded without --max-pixels: those that Pillow lets through as it comes."""

_PLUGINS = {"pillow_heif": "register_heif_opener", "pillow_jxl": None, "pillow_jpls": None, "pillow_avif": None}
"""Modules with further formats for Pillow, and what registers them where importing doesn't."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture of each orientation upright."""


@dataclass(frozen=True, eq=False)
class Opened:
    """A file's picture, and what else is in the file."""

    data: bytes
    """The file."""
    image: Image.Image
    """Its first picture, loaded, without a transparency that hides nothing."""
    metadata: FileMetadata
    further: tuple[str, ...]
    """Names of what a file of one picture cannot hold."""


def open_file(source: str) -> Opened:
    """Raises OSError and ValueError, MemoryError too."""
    return open_data(locations.read(source))


def open_data(data: bytes) -> Opened:
    """Of a file's bytes. Raises ValueError, MemoryError too."""
    try:
        with pillow_at_work("no sound picture"):
            # It isn't closed: a file of several pictures may be asked for its other ones as long as it is open.
            image = _opened(data)
            image.load()
            return Opened(data, _without_idle_alpha(image), metadata_of(image), tuple(further_parts(image)))
    except ValueError as error:
        if isinstance(error.__cause__, Image.DecompressionBombError) and _Limit.pixels is not None:
            raise ValueError(f"it has more than {_Limit.pixels:,} pixels; --max-pixels takes larger ones") from None
        raise


def _opened(data: bytes) -> Image.Image:
    """By Pillow alone, which loads the commonest formats first, or by its plugins."""
    try:
        return Image.open(io.BytesIO(data))
    except UnidentifiedImageError:
        load_plugins()
        return Image.open(io.BytesIO(data))


def open_picture(source: str) -> Image.Image:
    """The picture of a file alone. Raises as `open_file` does."""
    return open_file(source).image


@functools.cache
def load_plugins() -> None:
    """Let Pillow open HEIC and others, where somebody installed a plugin for it."""
    Image.init()
    for module, register in _PLUGINS.items():
        with contextlib.suppress(ImportError):
            plugin = importlib.import_module(module)
            if register is not None:
                getattr(plugin, register)()


def _without_idle_alpha(image: Image.Image) -> Image.Image:
    """Many programs save a transparency that hides nothing; without it the picture is the same, and JPEG has none."""
    return image if alpha_of(image) is not None else without_alpha(image)


@dataclass(frozen=True)
class Shaping:
    """What is done to pictures before they are encoded."""

    background: str | None = None
    """Colour behind what is transparent; None: no such thing is done."""
    max_side: int | None = None
    """Pixels that the longer side has at most."""
    auto_orient: bool = False
    """Whether pictures are turned upright even where their EXIF, which is kept, says how they stand."""

    def changes(self, image: Image.Image, turn: bool) -> bool:
        """Whether anything is to be done to this one; turn: whether it must be turned upright."""
        too_large = self.max_side is not None and max(image.size) > self.max_side
        return turn or too_large or (self.background is not None and alpha_of(image) is not None)

    def apply(self, image: Image.Image, orientation: int, format: Format) -> Image.Image:
        """The picture for a format; orientation: 1 to 8 as Exif counts, 1 for one that stays as it stands.

        Raises ValueError for transparency that the format hasn't, without a background.
        """
        if alpha_of(image) is not None:
            if self.background is not None:
                image = flatten(image, self.background)
            elif not format.has_transparency:
                raise ValueError(
                    f"it has transparency and {format.label} has none; give the colour behind it, as --background "
                    "white, or another --format"
                )
        if orientation in _TURNS:
            image = image.transpose(_TURNS[orientation])
        if self.max_side is not None and max(image.size) > self.max_side:
            image = _smaller(image, self.max_side)
        return image


def _smaller(image: Image.Image, side: int) -> Image.Image:
    scale = side / max(image.size)
    size = tuple(max(round(scale * pixels), 1) for pixels in image.size)
    with pillow_at_work("it can't be made smaller"):
        if alpha_of(image) is not None:
            image = image.convert("RGBA")  # which Pillow resizes without colours of what is hidden
        elif image.mode in ("1", "P"):
            image = image.convert("L" if image.mode == "1" else "RGB")
        return image.resize((size[0], size[1]), Image.Resampling.LANCZOS)


# The limit


class _Limit:
    """How many have set a limit, and what Pillow's was before."""

    lock = threading.Lock()
    set = 0
    before: int | None = None
    pixels: int | None = None


@contextlib.contextmanager
def limited(pixels: int | None) -> Iterator[None]:
    """Pictures of at most so many pixels are decoded within; None: of any size. All that are within at once share one.

    Pillow's limit is one of the process. It warns above its limit and refuses above twice that; here is one bound.
    """
    with _Limit.lock:
        if not _Limit.set:
            warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
            _Limit.before, _Limit.pixels = Image.MAX_IMAGE_PIXELS, pixels
            # Pillow and our own decoders refuse what has more than twice this.
            Image.MAX_IMAGE_PIXELS = None if pixels is None else pixels / 2  # type: ignore[assignment]
        _Limit.set += 1
    try:
        yield
    finally:
        with _Limit.lock:
            _Limit.set -= 1
            if not _Limit.set:
                Image.MAX_IMAGE_PIXELS = _Limit.before
