"""The integers of the learned codec's files, without the network that makes them."""

import numpy as np
import pytest

pytest.importorskip("constriction")
pytestmark = pytest.mark.usefixtures("benches_can_be_imported")


def written(parts):
    from benches.learned.coder import Writer

    writer = Writer()
    for part in parts:
        writer.put(*part)
    return writer.bytes()


def some_integers(seed, shape, scale):
    """Integers, and the distributions that they were drawn from."""
    random = np.random.default_rng(seed)
    means, scales = random.normal(0, 2, shape), np.full(shape, scale)
    return np.round(random.laplace(means, scales)).astype(np.int32), means, scales


@pytest.mark.parametrize("scale", [0.05, 1.0, 20.0])
def test_integers_come_back_from_bytes(scale):
    from benches.learned.coder import Reader

    parts = [some_integers(1, (1, 3, 2, 2), 2.0), some_integers(2, (1, 8, 16, 16), scale)]
    reader = Reader(written(parts))
    for integers, *model in parts:
        np.testing.assert_array_equal(reader.take(*model), integers)


def test_zeros_that_were_expected_cost_next_to_nothing():
    zeros = np.zeros(10_000, np.int32)
    assert len(written([(zeros, np.zeros(10_000), np.full(10_000, 0.05))])) < 20


def test_files_are_as_small_as_their_distributions_say():
    integers, means, scales = some_integers(3, (20_000,), 1.5)
    below, above = (
        0.5 * np.exp(-np.abs(x)) for x in ((integers - 0.5 - means) / scales, (integers + 0.5 - means) / scales)
    )
    low, high = ((np.where(integers + half < means, tail, 1 - tail)) for half, tail in ((-0.5, below), (0.5, above)))
    bits = -np.log2(high - low).sum()
    assert len(written([(integers, means, scales)])) * 8 < 1.002 * bits + 64
