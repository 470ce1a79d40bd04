"""Stage 7, writing: a profile's folder, profile.json last, so that a folder cut short in between is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from accelir.profile.model import ARRAYS, PROFILE, QPNET, Profile
from accelir.storage.arrays import write_arrays
from accelir.storage.files import sha256, write_atomically

SCHEMA = 2


def write_profile(folder: Path, profile: Profile) -> None:
    """Write profile.json, and arrays.npz and qpnet.onnx of a profile with groups."""
    document = describe(profile)
    folder.mkdir(parents=True, exist_ok=True)
    if profile.clusters is not None:
        arrays, qpnet = write_arrays(profile.clusters.curves.to_arrays()), profile.clusters.network.model
        document["jpeg"]["clusters"] = {"arrays_sha256": sha256(arrays), "qpnet_sha256": sha256(qpnet)}
        write_atomically(folder / ARRAYS, arrays)
        write_atomically(folder / QPNET, qpnet)
    write_atomically(folder / PROFILE, (json.dumps(document, indent=1) + "\n").encode())


def describe(profile: Profile) -> dict[str, Any]:
    """What profile.json holds of all blocks alike."""
    shapes = {
        name: {
            "luma": [round(float(v), 4) for v in shape.steps[0]],
            "chroma": [round(float(v), 4) for v in shape.steps[1]],
            "weights": [[round(float(v), 4) for v in row] for row in shape.weights],
        }
        for name, shape in profile.shapes.items()
    }
    ladder = [
        {
            "drop": int(drop),
            "rdo": round(float(mode["rdo"]), 5),
            "deadzone": round(float(mode["deadzone"]), 3),
            "multiple": int(mode["multiple"]),
            "cut": int(mode["cut"]),
        }
        for drop, mode in zip(profile.ladder_drops, profile.ladder, strict=True)
    ]
    return {
        "schema": SCHEMA,
        "name": profile.name,
        "task": profile.task,
        "network": profile.network,
        "jpeg": {
            "full_chroma_margin": profile.full_chroma_margin,
            "chroma_smoothing": profile.chroma_smoothing,
            "shapes": shapes,
            "ladder": ladder,
            "allocator": profile.allocator,
            "clusters": None,
            **({} if profile.loop is None else {"closed_loop": dataclasses.asdict(profile.loop)}),
        },
        "webp": dataclasses.asdict(profile.webp),
        "provenance": profile.provenance,
    }
