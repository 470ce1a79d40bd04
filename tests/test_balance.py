"""scripts/balance.py: profiles that are shifted towards luma and flat areas."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from accelir.profile.installed import load_profile

SCRIPT = Path(__file__).parents[1] / "scripts" / "balance.py"


@pytest.fixture(scope="module")
def balance():
    spec = importlib.util.spec_from_file_location("balance", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["balance"] = module  # which dataclasses look their own module up in
    spec.loader.exec_module(module)
    yield module
    del sys.modules["balance"]


def shift(balance, **changed):
    kept = dict.fromkeys(
        ("luma_dc", "luma_first_ac", "luma_low_ac", "luma_high_ac", "chroma", "lambda_", "flat_weight"), 1.0
    )
    return balance.Shift(**{**kept, "trust": 0.5, **changed})


def test_factors_reach_the_steps_that_they_name(balance):
    before = load_profile("deblur-1.5")
    after = shift(balance, luma_dc=0.5, luma_high_ac=2.0, chroma=1.5, lambda_=1.25, flat_weight=2.0).applied(before)
    for name, tables in after.jpeg.tables.items():
        ratio = tables.relative_steps / before.jpeg.tables[name].relative_steps
        assert ratio[0] == pytest.approx([0.5] + [1.0] * 20 + [2.0] * 43)
        assert ratio[1] == pytest.approx([1.5] * 64)
    assert after.jpeg.ladder.modes["lambda"] == pytest.approx(1.25 * before.jpeg.ladder.modes["lambda"])
    assert after.jpeg.flat_weight == 2.0 * before.jpeg.flat_weight


@pytest.mark.parametrize("trust", [0.0, 0.5, 1.0])
def test_weights_follow_the_steps_as_far_as_they_are_trusted(balance, trust):
    before = load_profile("deblur-1.5")
    after = shift(balance, luma_dc=0.5, chroma=2.0, trust=trust).applied(before)
    ratio = after.jpeg.tables["4:2:0"].weights / before.jpeg.tables["4:2:0"].weights
    assert ratio[0, 0] == pytest.approx(4.0**trust)
    assert ratio[1:] == pytest.approx(np.full((2, 64), 4.0**-trust))


def test_every_shift_and_what_it_changed_is_kept(balance):
    before = load_profile("deblur-1.5")
    first = shift(balance, luma_dc=0.9)
    twice = balance.noted(first.applied(first.applied(before)), {"toy": {"psnr": 0.1}})
    *_, one, two = twice.provenance["balanced"]
    assert (one["luma_dc"], two["luma_dc"]) == (0.9, 0.9)
    assert "gains" not in one
    assert two["gains"] == {"toy": {"psnr": 0.1}}
