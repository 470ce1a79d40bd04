"""Metrics of other packages: found where they are installed, told of where they aren't."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest
from click.testing import CliRunner
from helpers import photo
from PIL import Image

from accelir.cli import main
from accelir.metrics.optional import optional_metrics

CUP = photo("cup")


@pytest.fixture
def installed(monkeypatch):
    """Packages as those that are wanted, in few lines; cvvdp can't be loaded."""

    class Planes:
        """The few functions of torch that are used, on NumPy's arrays."""

        from_numpy = staticmethod(np.asarray)
        no_grad = staticmethod(lambda: __import__("contextlib").nullcontext())

    class Vmaf:
        def __init__(self, enable_motion, NEG):
            assert not enable_motion
            self.least = -1.0 if NEG else 0.0

        def __call__(self, reference, picture):
            assert reference.shape == picture.shape == (1, 1, 192, 192)
            assert reference.dtype == np.float32
            return 100 - np.abs(reference - picture).mean() + self.least * (picture.std() > reference.std())

    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(**vars(Planes)))
    monkeypatch.setitem(sys.modules, "vmaf_torch", types.SimpleNamespace(VMAF=Vmaf))
    monkeypatch.setitem(sys.modules, "pycvvdp", None)


def test_what_is_installed_is_found_and_the_rest_told(installed):
    found, missing = optional_metrics()
    assert list(found) == ["vmaf", "vmaf-neg"]
    assert list(missing) == ["cvvdp"]
    assert "pip install accelir[metrics]" in missing["cvvdp"]


def test_the_reference_is_the_reference(installed):
    vmaf_neg = optional_metrics().found["vmaf-neg"]
    dull = CUP // 2 + 64
    assert vmaf_neg.score(CUP, dull) == pytest.approx(vmaf_neg.score(dull, CUP) - 1)
    assert vmaf_neg.score(CUP, CUP) == 100
    assert vmaf_neg.distance(vmaf_neg.score(CUP[..., 1], CUP[..., 1])) == 0


def test_they_say_nothing_of_cells_and_take_one_shape(installed):
    vmaf = optional_metrics().found["vmaf"]
    with pytest.raises(NotImplementedError, match="vmaf scores whole pictures; take ssimulacra2 or ms-ssim"):
        vmaf.against(CUP).error_by_cell(CUP)
    with pytest.raises(ValueError, match="can't be compared"):
        vmaf.score(CUP, CUP[:50])


def test_compare_measures_by_them_when_asked(installed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(CUP).save("cup.png")
    call = ["compare", "cup.png", "--bpp", "1", "--profile", "fidelity", "--all-metrics"]
    done = CliRunner().invoke(main, call)
    assert done.exit_code == 0, done.output
    assert done.stderr.startswith("accelir: without cvvdp: ")
    page = (tmp_path / "cup.compare.html").read_text("utf-8")
    assert '<th scope="col">vmaf-neg</th>' in page
    assert "cvvdp" not in page
