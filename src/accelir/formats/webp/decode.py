"""From a WebP to its pixels, by Pillow's libwebp."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accelir.formats.pillow import alpha_with_pillow, check_pixels, decode_with_pillow, require_memory
from accelir.formats.webp.parse import parse

LIBWEBP_BYTES = 16
"""Memory of libwebp and Pillow for a pixel: two canvases, the frame, the picture."""


def decode_webp(data: bytes) -> NDArray[np.uint8]:
    """Pixels, uint8 HxWx3; transparency is dropped. Raises ValueError for damage and for too many pixels."""
    structure = parse(data)
    check_pixels(structure.width, structure.height, len(data))
    try:
        return decode_with_pillow(data, "WEBP")
    except ValueError:
        # What libwebp says when it lacks memory can't be told from damage.
        require_memory(LIBWEBP_BYTES * structure.width * structure.height)
        raise


def decode_alpha(data: bytes) -> NDArray[np.uint8] | None:
    """Transparency, uint8 HxW, 255 opaque; None for a file without. Raises as `decode_webp` does."""
    structure = parse(data)
    check_pixels(structure.width, structure.height)
    return alpha_with_pillow(data, "WEBP")
