"""A comparison as one HTML page that needs nothing else: compare.html, with compare.css, compare.js and data put in."""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Iterator
from html import escape
from importlib import resources
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from accelir.comparison.compare import Comparison, File
from accelir.formats.registry import FORMATS, find_format
from accelir.restoration.tasks import KINDS

_BASELINE = "Pillow JPEG"
"""The encoder that restored PSNRs are told against."""


def render(comparison: Comparison, name: str) -> str:
    """The page. name: what the picture is called."""
    return Template(_part("compare.html")).substitute(
        style=_part("compare.css"),
        script=_part("compare.js"),
        name=escape(name),
        facts="\n".join(f"<li>{escape(fact)}</li>" for fact in _facts(comparison)),
        after="" if _measured(comparison) else " hidden",
        rows="\n".join(_row(encoder, file, comparison) for encoder, file in comparison.files.items()),
        metrics=_metrics(comparison),
        data=json.dumps(_data(comparison)).replace("<", "\\u003c"),
    )


def _part(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")


def _measured(comparison: Comparison) -> bool:
    """Whether restored files were measured."""
    return comparison.network is not None and comparison.original is not None


def _facts(comparison: Comparison) -> Iterator[str]:
    height, width = comparison.picture.shape[:2]
    size = f"{width} × {height} pixels"
    if comparison.task:
        yield f"encoded: the picture after {comparison.task} ({KINDS[comparison.task.partition('-')[0]].done}), {size}"
    else:
        yield f"encoded: the picture as it is, {size}"
    bits = 8 * comparison.max_bytes / (width * height)
    yield f"at most {comparison.max_bytes:,} bytes ({bits:.3g} bits per pixel) for each encoder"
    yield f"profile {comparison.profile}"
    yield f"restored by {comparison.network}, the same for all" if comparison.network else "not restored"


def _row(encoder: str, file: File | str, comparison: Comparison) -> str:
    best = " class=best" if encoder == _best(comparison) else ""
    head = f"<tr{best}><th scope=row>{escape(encoder)}"
    if isinstance(file, str):
        return f"{head}</th><td class=none colspan=4>no file: {escape(file)}</td></tr>"
    after = ""
    if file.restored_psnr is not None:
        after = f"<td>{file.restored_psnr:.2f}{_gain(encoder, file.restored_psnr, comparison)}</td>"
    restoring = f"<small>+ {file.restored_seconds:.2f} s</small>" if file.restored is not None else ""
    return (
        f"{head}<small>{escape(file.setting)}</small></th><td>{len(file.data):,}</td>"
        f"<td>{_decibels(file.psnr)}</td>{after}<td>{file.seconds:.2f} s{restoring}</td></tr>"
    )


def _metrics(comparison: Comparison) -> str:
    """The table of all metrics: the decoded file's score, and the restored one's below it."""
    files = {encoder: file for encoder, file in comparison.files.items() if isinstance(file, File)}
    names = list(dict.fromkeys(name for file in files.values() for name in file.scores))
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    rows = [f"<thead><tr><th scope=col>Encoder</th>{head}</tr></thead>", "<tbody>"]
    for encoder, file in files.items():
        cells = "".join(f"<td>{_score(file.scores[name])}{_restored(file, name)}</td>" for name in names)
        rows.append(f"<tr><th scope=row>{escape(encoder)}</th>{cells}</tr>")
    return "\n".join([*rows, "</tbody>"])


def _restored(file: File, name: str) -> str:
    return "" if file.restored_scores is None else f"<small>{_score(file.restored_scores[name])}</small>"


def _score(value: float) -> str:
    """Four digits; a dash for a picture of which the metric says nothing."""
    if math.isnan(value):
        return "–"
    return "exact" if math.isinf(value) else f"{value:.4g}".replace("-", "−")


def _best(comparison: Comparison) -> str | None:
    """The encoder whose restored file comes nearest to the original."""
    found = {
        encoder: file.restored_psnr
        for encoder, file in comparison.files.items()
        if isinstance(file, File) and file.restored_psnr is not None
    }
    return max(found, key=found.__getitem__, default=None)


def _gain(encoder: str, restored: float, comparison: Comparison) -> str:
    baseline = comparison.files[_BASELINE]
    if encoder == _BASELINE or isinstance(baseline, str) or baseline.restored_psnr is None:
        return ""
    return f"<small>{restored - baseline.restored_psnr:+.2f}</small>".replace("-", "−")


def _decibels(value: float) -> str:
    return "exact" if math.isinf(value) else f"{value:.2f}"


def _data(comparison: Comparison) -> dict[str, Any]:
    """What the viewer shows: pictures on a common frame, and maps of their blocks."""
    scale = comparison.scale
    height, width = comparison.picture.shape[:2]
    pictures = []
    if comparison.original is not None and comparison.task:
        pictures.append({"name": "original", "source": _lossless(comparison.original)})
    pictures.append({"name": "encoded picture", "source": _lossless(comparison.picture)})
    maps = []
    for encoder, file in comparison.files.items():
        if isinstance(file, str):
            continue
        if file.restored is not None:
            pictures.append({"name": f"{encoder}, restored", "source": _lossless(file.restored)})
        seen = _address(file.data) if file.shown is None else _lossless(file.shown)
        pictures.append({"name": encoder, "source": seen})
        maps += [_map(f"{what}, {encoder}", values) for what, values in file.maps.items()]
    return {"width": width * scale, "height": height * scale, "cell": 32 * scale, "pictures": pictures, "maps": maps}


def _map(name: str, values: NDArray[Any]) -> dict[str, Any]:
    return {"name": name, "rows": np.round(values).astype(int).tolist()}


def _lossless(pixels: NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    if max(image.size) > FORMATS["webp"].longest_side:
        image.save(buffer, "PNG")
    else:
        image.save(buffer, "WEBP", lossless=True, quality=20, method=2)
    return _address(buffer.getvalue())


def _address(data: bytes) -> str:
    found = find_format(data)
    kind = "png" if found is None else found.name
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
