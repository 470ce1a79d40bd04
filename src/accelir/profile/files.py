"""A profile as a folder: profile.json, and with groups arrays.npz and qpnet.onnx (docs/profiles.md has the fields)."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from accelir.cells.curves import Curves
from accelir.cells.groups import GroupModel
from accelir.cells.masking import Masking
from accelir.cells.qpnet import QpNet
from accelir.errors import ProfileError
from accelir.profile.checks import metric_name, network_name, number
from accelir.profile.jpeg import JpegSettings
from accelir.profile.model import Profile
from accelir.profile.webp import WebpSettings
from accelir.storage.arrays import read_arrays, write_arrays
from accelir.storage.files import sha256, write_atomically
from accelir.storage.json_files import read_json
from accelir.storage.text import printable

PROFILE, ARRAYS, QPNET = "profile.json", "arrays.npz", "qpnet.onnx"
SCHEMA = 3


def read_profile(folder: Path) -> Profile:
    """The profile in a folder. Raises ProfileError that says what is wrong with it."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # numbers too large for their type: checks refuse them
            return _parse(read_json(folder / PROFILE), folder)
    except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        reason = printable(f"it has no {error}" if isinstance(error, KeyError) else error)
        raise ProfileError(f"the profile {folder.name!r} is damaged: {reason}") from error


def write_profile(folder: Path, profile: Profile) -> None:
    """Write a profile's folder, profile.json last, so that a folder cut short in between is refused. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "schema": SCHEMA,
        "name": profile.name,
        "task": profile.task,
        "network": profile.network,
        "metric": profile.metric,
        "masking": None if profile.masking is None else asdict(profile.masking),
        "groups": None if profile.groups is None else _write_groups(folder, profile.groups),
        "jpeg": profile.jpeg.to_document(),
        "webp": profile.webp.to_document(),
        "provenance": profile.provenance,
    }
    write_atomically(folder / PROFILE, (json.dumps(document, indent=1) + "\n").encode())


def _parse(document: dict[str, Any], folder: Path) -> Profile:
    if document["schema"] != SCHEMA:
        raise ValueError(
            f"its schema is {document['schema']!r}; this version of accelir reads {SCHEMA}; build it again with "
            "accelir-profile"
        )
    profile = Profile(
        name=document["name"],
        task=document["task"],
        network=network_name(document["network"]),
        metric=metric_name(document["metric"]),
        masking=None if document["masking"] is None else _read_masking(document["masking"]),
        jpeg=JpegSettings.from_document(document["jpeg"]),
        webp=WebpSettings.from_document(document["webp"]),
        groups=None if document["groups"] is None else _read_groups(document["groups"], folder),
        provenance=document["provenance"],
    )
    weights, groups = len(profile.webp.group_weights), 0 if profile.groups is None else profile.groups.count
    if weights not in (0, groups):
        raise ValueError(f"webp's group_weights are {weights}, the profile's groups {groups}")
    return profile


def _read_masking(entry: dict[str, Any]) -> Masking:
    return Masking(**{name: number(f"masking's {name}", entry[name], 0, 4) for name in ("brightness", "activity")})


def _read_groups(entry: dict[str, Any], folder: Path) -> GroupModel:
    data = {}
    for part, name in (("arrays", ARRAYS), ("qpnet", QPNET)):
        data[part] = (folder / name).read_bytes()
        if sha256(data[part]) != entry[f"{part}_sha256"]:
            raise ValueError(f"its {name} is not the one it was built with (the sha256 is another)")
    curves = Curves.from_arrays(read_arrays(data["arrays"]))
    return GroupModel(curves, QpNet(data["qpnet"], curves.groups))


def _write_groups(folder: Path, groups: GroupModel) -> dict[str, str]:
    arrays, qpnet = write_arrays(groups.curves.to_arrays()), groups.network.model
    write_atomically(folder / ARRAYS, arrays)
    write_atomically(folder / QPNET, qpnet)
    return {"arrays_sha256": sha256(arrays), "qpnet_sha256": sha256(qpnet)}
