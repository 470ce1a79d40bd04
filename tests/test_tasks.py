"""The table of tasks: what a new kind needs, and who looks things up there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from accelir.restoration.card import Card
from accelir.restoration.tasks import KINDS, Kind, Task, forms, judged

INVERT = Kind(
    name="invert",
    form=("invert-AMOUNT",),
    read=lambda text: float(text) / 100 if text.isdigit() else None,
    write=lambda amount: f"{round(amount * 100)}",
    degrade=lambda truth, amount, rng: np.rint(truth + amount * (255.0 - 2 * truth)).astype(np.uint8),
    done="inverted",
    rates=(1.0,),
)


@pytest.fixture
def invert(monkeypatch: pytest.MonkeyPatch) -> Kind:
    """A kind that does not ship, in the table."""
    monkeypatch.setitem(KINDS, INVERT.name, INVERT)
    return INVERT


def card(**changes: object) -> Card:
    toy = Card("toy", "1", "dejpeg", 0.0, 1, "0" * 64, 2, 1, macs=75.0, parameters=75, memory=48.0, architecture="toy")
    return replace(toy, **changes)


def test_a_new_kind_is_read_written_and_degraded(invert: Kind) -> None:
    task = Task.parse("invert-100")
    assert task == Task("invert", 1.0)
    assert str(task) == "invert-100"
    assert (task.scale, task.rates, task.side) == (1, (1.0,), 512)
    truth = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    assert (task.degrade(truth, np.random.default_rng(0)) == 255 - truth).all()


def test_a_new_kind_is_told_of(invert: Kind) -> None:
    with pytest.raises(ValueError, match=r"unknown task 'invert-x'; write sr-x2.*dejpeg or invert-AMOUNT"):
        Task.parse("invert-x")
    assert judged()[-1] is invert
    assert forms(judged()) == "sr-x2 to sr-x8, denoise-SIGMA, deblur-SIGMA or invert-AMOUNT"


def test_cards_take_a_kind_only_while_it_is_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = {**card(task="invert", strength=1.0).__dict__}
    with pytest.raises(ValueError, match=r"task is 'invert'; wanted is one of sr, denoise, deblur, dejpeg$"):
        Card.from_dict(entries)
    monkeypatch.setitem(KINDS, "invert", INVERT)
    assert Card.from_dict(entries).task == "invert"


def test_where_the_strength_is_the_scale_cards_must_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "invert", replace(INVERT, scale=None))
    with pytest.raises(ValueError, match="scale is 1 and strength 2; invert wants them equal"):
        Card.from_dict({**card(task="invert", strength=2.0).__dict__})


def test_kinds_read_what_they_write() -> None:
    for text in ("sr-x3", "denoise-7.5", "deblur-2", "dejpeg"):
        task = Task.parse(text)
        assert KINDS[task.kind].read(KINDS[task.kind].write(task.strength)) == task.strength


def test_a_form_alone_has_no_or() -> None:
    assert forms([KINDS["dejpeg"]]) == "dejpeg"
