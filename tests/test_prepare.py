"""Prepare, then spend: a picture is analysed once, asked what it would cost, given other aims, and made into files."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from helpers import photo

import accelir
from accelir.core import jpeg, vp8
from accelir.formats.registry import FORMATS
from accelir.formats.request import EncoderSettings, Request
from accelir.metrics import PSNR_RGB, psnr
from accelir.profile.installed import load_profile
from accelir.profile.jpeg import ClosedLoop
from accelir.restoration.network import open_network


def prepare(name, pixels, profile="fidelity", **settings):
    return FORMATS[name].prepare(Request(pixels, EncoderSettings(load_profile(profile), **settings)))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("budget", [3000, 9000])
def test_a_prepared_picture_makes_the_files_that_encode_makes_in_any_order(name, budget, crop):
    prepared = prepare(name, crop, effort=3)
    prepared.within(5000)
    made = prepared.within(budget)
    assert made.data == accelir.encode(crop, max_bytes=budget, format=name, profile="fidelity", effort=3)


@pytest.mark.parametrize("name", FORMATS)
def test_an_estimate_falls_with_lambda_and_is_near_the_file_of_its_size(name):
    """Measured here: errors within 1 % for JPEG, 4 % for WebP, of gray pictures, which have no chroma to halve."""
    pixels = np.ascontiguousarray(photo()[..., 1])
    prepared = prepare(name, pixels)
    found = [prepared.estimate(value) for value in (5.0, 20.0, 80.0)]
    assert np.all(np.diff([f.bytes for f in found]) < 0)
    assert np.all(np.diff([f.error for f in found]) > 0)
    for estimate in found[1:]:
        made = prepared.within(round(estimate.bytes))
        decoded = FORMATS[name].decode(made.data)
        error = PSNR_RGB.error_by_cell(decoded if decoded.ndim == 2 else decoded[..., 1], pixels).sum()
        assert estimate.error == pytest.approx(float(error), rel=0.1)


@pytest.mark.parametrize("name", FORMATS)
def test_blocks_of_more_weight_get_more_of_the_bytes(name, crop):
    plain = prepare(name, crop)
    weights = np.ones((24, 24), np.float32)
    weights[:, :12] = 16
    moved = plain.replaced(weights=weights)
    bits = [FORMATS[name].cell_bits(p.within(4000).data) for p in (plain, moved)]
    even, favoured = (b[:, :3].sum() / b.sum() for b in bits)
    assert favoured > even + 0.03
    assert plain.weights is None


def test_targets_stand_in_for_the_picture(crop):
    other = np.ascontiguousarray(crop[::-1])
    targets = {
        "jpeg": jpeg.Coefficients.from_pixels(other, "4:2:0"),
        "webp": vp8.Picture.from_pixels(other),
    }
    for name, target in targets.items():
        made = prepare(name, crop).replaced(targets=target).within(6000)
        assert psnr(FORMATS[name].decode(made.data), other) > 25 > psnr(FORMATS[name].decode(made.data), crop)


def test_a_goal_decides_where_the_closed_loop_spends(crop):
    """A flat goal on the right: there coarse modes come nearer to it."""
    network = open_network("denoise-25", 1)
    known = load_profile("denoise-25")
    loop = ClosedLoop((0.5, 1.0, 2.0, 8.0), 0.88, 5)
    profile = dataclasses.replace(known, jpeg=dataclasses.replace(known.jpeg, closed_loop=loop))
    settings = EncoderSettings(profile, allocator="closed-loop", subsampling="4:2:0")
    prepared = FORMATS["jpeg"].prepare(Request(crop, settings))
    goal = network(crop).astype(np.float32)
    same = prepared.replaced(goal=goal)
    assert same.within(4000).data == prepared.within(4000).data  # one view: the restored picture itself
    goal[:, 96:] = goal[:, 96:].mean(axis=(0, 1))
    assert prepared.replaced(goal=goal).within(4000).data != prepared.within(4000).data


@pytest.mark.parametrize("name", FORMATS)
def test_aims_of_another_size_are_refused(name, crop):
    prepared = prepare(name, crop)
    with pytest.raises(ValueError, match=r"one number a block of 8x8 pixels, so the shape \(24, 24\), not \(3, 3\)"):
        prepared.replaced(weights=np.ones((3, 3)))
    small = {"jpeg": jpeg.Coefficients.from_pixels(crop[:64]), "webp": vp8.Picture.from_pixels(crop[:64])}[name]
    with pytest.raises(ValueError, match="targets are of 192 x 64 pixels, the picture is of 192 x 192"):
        prepared.replaced(targets=small)


def test_replacing_leaves_the_first_one_as_it_was(crop):
    prepared = prepare("jpeg", crop)
    before = prepared.within(4000).data
    changed = prepared.replaced(weights=np.full((24, 24), 2.0))
    assert dataclasses.replace(changed, weights=None).within(4000).data == prepared.within(4000).data == before
