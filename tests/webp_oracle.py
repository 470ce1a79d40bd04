"""libwebp's own decoder through ctypes: a WebP file's Y, U and V planes, before any conversion to RGB.

The library is the one that Pillow's wheel bundles, else the system's.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Planes = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]

_ABI = 0x0209  # WEBP_DECODER_ABI_VERSION of decode.h; only its major part is checked
_YUV = 11  # MODE_YUV


class _Features(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int) for name in ("width", "height", "has_alpha", "has_animation", "format")),
        ("pad", ctypes.c_uint32 * 5),
    )


class _Yuva(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("y", "u", "v", "a")),
        *((name, ctypes.c_int) for name in ("y_stride", "u_stride", "v_stride", "a_stride")),
        *((name, ctypes.c_size_t) for name in ("y_size", "u_size", "v_size", "a_size")),
    )


class _Buffer(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int) for name in ("colorspace", "width", "height", "is_external_memory")),
        ("yuva", _Yuva),
        ("pad", ctypes.c_uint32 * 4),
        ("private_memory", ctypes.c_void_p),
    )


class _Options(ctypes.Structure):
    _fields_ = (("bypass_filtering", ctypes.c_int), ("rest", ctypes.c_int * 11), ("pad", ctypes.c_uint32 * 5))


class _Config(ctypes.Structure):
    _fields_ = (("input", _Features), ("output", _Buffer), ("options", _Options))


def _bundled() -> list[str]:
    files = metadata.files("pillow") or []
    names = [Path(str(f.locate())) for f in files if f.name.startswith(("libwebp-", "libwebp.")) and ".libs" in str(f)]
    return [str(path) for path in names]


@functools.cache
def library() -> ctypes.CDLL:
    """libwebp. Raises OSError naming what was tried."""
    tried = [*_bundled(), *filter(None, [ctypes.util.find_library("webp")]), "libwebp.so.7"]
    for name in tried:
        try:
            found = ctypes.CDLL(name)
        except OSError:
            continue
        found.WebPInitDecoderConfigInternal.argtypes = [ctypes.c_void_p, ctypes.c_int]
        found.WebPDecode.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p]
        found.WebPFreeDecBuffer.argtypes = [ctypes.c_void_p]
        found.WebPFreeDecBuffer.restype = None
        found.WebPINewRGB.restype = ctypes.c_void_p
        found.WebPINewRGB.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        found.WebPIAppend.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
        found.WebPIDelete.argtypes = [ctypes.c_void_p]
        found.WebPIDelete.restype = None
        return found
    raise OSError(f"no libwebp: tried {tried}; install libwebp, or Pillow from a wheel")


def _plane(address: int, stride: int, height: int, width: int) -> NDArray[np.uint8]:
    size = stride * (height - 1) + width
    samples = np.frombuffer(ctypes.string_at(address, size), np.uint8)
    return np.lib.stride_tricks.as_strided(samples, (height, width), (stride, 1)).copy()


def decode_yuv(data: bytes, loop_filter: bool = True) -> Planes:
    """Y (HxW), U and V (half of it, rounded up), uint8. Raises ValueError with libwebp's status for broken data."""
    config = _Config()
    if not library().WebPInitDecoderConfigInternal(ctypes.byref(config), _ABI):
        raise OSError("this libwebp has another decoder interface than decode.h 0x02xx")
    config.output.colorspace = _YUV
    config.options.bypass_filtering = not loop_filter
    status = library().WebPDecode(data, len(data), ctypes.byref(config))
    if status:
        raise ValueError(f"libwebp refuses the file: VP8StatusCode {status}")
    try:
        out = config.output
        half = (out.height + 1) // 2, (out.width + 1) // 2
        return (
            _plane(out.yuva.y, out.yuva.y_stride, out.height, out.width),
            _plane(out.yuva.u, out.yuva.u_stride, *half),
            _plane(out.yuva.v, out.yuva.v_stride, *half),
        )
    finally:
        library().WebPFreeDecBuffer(ctypes.byref(config.output))


def incremental_status(data: bytes, piece: int = 1 << 30) -> int:
    """VP8StatusCode of libwebp's incremental decoder, which browsers use: 0 for a whole picture, 5 for one that waits.

    piece: bytes given at a time.
    """
    decoder = library().WebPINewRGB(0, None, 0, 0)
    try:
        status = 5
        for start in range(0, len(data), piece):
            part = data[start : start + piece]
            status = library().WebPIAppend(decoder, part, len(part))
        return status
    finally:
        library().WebPIDelete(decoder)


def rgb_of(y: NDArray[np.uint8], u: NDArray[np.uint8], v: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """HxWx3 as libwebp makes it of planes that reach at least to H and W: "fancy" upsampling, then BT.601.

    It agrees with libwebp to 1 of 255, whose 14-bit factors round otherwise.
    """
    height, width = y.shape
    blue, red = (_doubled(c, height, width) - 128.0 for c in (u, v))
    luma = 255 / 219 * (y - 16.0)
    planes = luma + 1.596027 * red, luma - 0.391762 * blue - 0.812968 * red, luma + 2.017232 * blue
    return np.stack(planes, axis=-1).round().clip(0, 255).astype(np.uint8)


def _doubled(plane: NDArray[np.uint8], height: int, width: int) -> NDArray[np.int32]:
    """Weights 9, 3, 3, 1 of 16, edges replicated."""
    wide = np.pad(plane[: (height + 1) // 2, : (width + 1) // 2].astype(np.int32), 1, mode="edge")
    rows = np.stack((3 * wide[1:-1] + wide[:-2], 3 * wide[1:-1] + wide[2:]), axis=1).reshape(-1, wide.shape[1])
    both = np.stack((3 * rows[:, 1:-1] + rows[:, :-2], 3 * rows[:, 1:-1] + rows[:, 2:]), axis=2)
    return (both.reshape(len(rows), -1)[:height, :width] + 8) >> 4
