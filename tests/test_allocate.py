"""The allocator: what it promises of budgets, ties and odd curves, and how far each method is from the optimum."""

import heapq
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp, minimize_scalar

from accelir.cells.allocation import METHODS, allocate
from accelir.errors import BudgetError

CLIMBERS = ("reward", "lagrangian")
GRAIN = 2.0**-20


# ---- pictures to allocate


def water_filling(n_groups):
    """Rate-distortion theory for cells, QP 15..95: -> bytes and negative MSE, smooth groups to busy ones."""
    qp = np.arange(15, 100, 5)
    step = 16 * np.where(qp < 50, 50 / qp, 2 - qp / 50)
    noise = step**2 / 12
    reach, power = np.linspace(4, 25, n_groups), np.geomspace(2e3, 2e5, n_groups)
    spectrum = (np.exp(-np.arange(64) / reach[:, None]) * power[:, None])[:, None]
    noise = noise[:, None]
    return np.log2(np.maximum(spectrum / noise, 1)).sum(-1), -np.minimum(spectrum, noise).mean(-1)


def concave(n_groups, rng):
    gains = -np.sort(-rng.exponential(size=(n_groups, 17)))
    return rng.uniform(1, 20, (n_groups, 17)).cumsum(1), gains.cumsum(1)


def rough(n_groups, rng):
    return rng.uniform(1, 20, (n_groups, 17)).cumsum(1), rng.exponential(size=(n_groups, 17)).cumsum(1)


def dyadic(n_groups, rng, n_options=6):
    """Rising curves of few distinct integers, so that rewards tie and sums are exact."""
    return rng.integers(1, 4, (n_groups, n_options)).cumsum(1), rng.integers(1, 4, (n_groups, n_options)).cumsum(1)


def picture(n_groups, n_cells, rng):
    return rng.integers(0, n_groups, n_cells).reshape(-1, 2 if n_cells % 2 == 0 else 1)


def budgets(size, groups, shares=(0.03, 0.1, 0.3, 0.6)):
    low, high = size[groups, 0].sum(), size[groups, -1].sum()
    return [low + share * (high - low) for share in shares]


# ---- what to compare with


def as_the_paper_says(size, quality, groups, budget, lookahead=0.15):
    """The reward allocator, one heap entry a cell; for curves that rise strictly."""
    labels = groups.ravel()
    top, options = size.shape[1] - 1, np.zeros(labels.size, int)
    left = budget - size[labels, 0].sum()

    def entry(cell):
        s, q, k = size[labels[cell]], quality[labels[cell]], options[cell]
        utility = [(q[j] - q[k]) / (s[j] - s[k]) for j in (k + 1, top)]
        return -(utility[0] + lookahead * utility[1]), cell

    heap = [entry(cell) for cell in range(labels.size)] if top else []
    heapq.heapify(heap)
    while heap:
        cell = heapq.heappop(heap)[1]
        cost = size[labels[cell], options[cell] + 1] - size[labels[cell], options[cell]]
        if cost <= left:
            left -= cost
            options[cell] += 1
            if options[cell] < top:
                heapq.heappush(heap, entry(cell))
    return options.reshape(groups.shape)


def optimum(size, quality, groups, budget):
    """The exact best quality: how many cells of each group take each option, as an integer program."""
    counts = np.bincount(groups.ravel(), minlength=len(size))
    every_block = LinearConstraint(np.kron(np.eye(len(size)), np.ones(size.shape[1])), counts, counts)
    within_budget = LinearConstraint(size.reshape(1, -1), -np.inf, budget)
    found = milp(
        -quality.ravel(),
        integrality=np.ones(size.size),
        bounds=Bounds(0, np.inf),
        constraints=[every_block, within_budget],
        options={"mip_rel_gap": 0},
    )
    assert found.success
    return -found.fun


def lagrangian_bound(size, quality, groups, budget):
    """The dual: no allocation within the budget is better."""
    counts = np.bincount(groups.ravel(), minlength=len(size))
    dual = minimize_scalar(
        lambda price: price * budget + counts @ (quality - price * size).max(1),
        bounds=(0, 1e3),
        method="bounded",
        options={"xatol": 1e-9, "maxiter": 500},
    )
    return dual.fun


def gaps(curves, n_cells, n_groups, method, best, n_pictures=6):
    """Shares of the attainable gain (best - all lowest) that the method leaves, over pictures and budgets."""
    shares = []
    for seed in range(n_pictures):
        rng = np.random.default_rng(seed)
        size, quality = water_filling(n_groups) if curves is water_filling else curves(n_groups, rng)
        size = np.ceil(size / GRAIN) * GRAIN  # as the allocator counts them, so that both solve one problem
        groups = picture(n_groups, n_cells, rng)
        for budget in budgets(size, groups):
            got = allocate(size, quality, groups, budget, method=method)
            most, least = best(size, quality, groups, budget), quality[groups, 0].sum()
            assert got.predicted_quality <= most + 1e-6 * (most - least) + 1e-9
            shares.append((most - got.predicted_quality) / (most - least))
    return np.array(shares)


# ---- value


@pytest.mark.parametrize(
    ("curves", "method", "mean", "most"),
    [
        (water_filling, "reward", 0.002, 0.015),
        (water_filling, "lagrangian", 0.002, 0.015),
        (concave, "reward", 0.022, 0.09),
        (concave, "lagrangian", 0.005, 0.04),
        (rough, "reward", 0.17, 0.46),
        (rough, "lagrangian", 0.006, 0.055),
    ],
)
def test_gap_to_the_exact_optimum_of_small_pictures(curves, method, mean, most):
    found = gaps(curves, 24, 10, method, optimum)
    assert found.mean() <= mean
    assert found.max() <= most


@pytest.mark.parametrize(
    ("curves", "method", "most"),
    [
        (water_filling, "reward", 0.0001),
        (water_filling, "lagrangian", 0.0001),
        (concave, "reward", 0.07),
        (concave, "lagrangian", 0.0002),
        (rough, "reward", 0.40),
        (rough, "lagrangian", 0.0002),
    ],
)
def test_gap_to_the_lagrangian_bound_of_large_pictures(curves, method, most):
    assert gaps(curves, 8000, 10, method, lagrangian_bound).max() <= most


def test_reward_and_lagrangian_beat_the_baselines():
    size, quality = water_filling(10)
    rng = np.random.default_rng(3)
    groups = picture(10, 400, rng)
    for budget in budgets(size, groups):
        value = {
            method: allocate(size, quality, groups, budget, method=method, variance=4.0**groups).predicted_quality
            for method in METHODS
        }
        assert value["lagrangian"] >= value["reward"] > max(value["uniform"], value["variance"])


def test_reward_is_the_papers_cell_by_cell_climb():
    for seed in range(60):
        rng = np.random.default_rng(seed)
        size, quality = dyadic(4, rng)
        groups = picture(4, int(rng.integers(1, 30)), rng)
        low, high = size[groups, 0].sum(), size[groups, -1].sum()
        for budget in rng.integers(low, high + 1, 4):
            want = as_the_paper_says(size, quality, groups, budget)
            np.testing.assert_array_equal(allocate(size, quality, groups, int(budget)).options, want)


def test_a_curve_for_every_cell_is_climbed_the_same_way():
    rng = np.random.default_rng(0)
    size, quality = dyadic(50, rng)
    groups = np.arange(50).reshape(5, 10)
    budget = int(size[:, 2].sum())
    want = as_the_paper_says(size, quality, groups, budget)
    np.testing.assert_array_equal(allocate(size, quality, groups, budget).options, want)


def test_lookahead_favours_the_cell_with_more_to_come():
    size = [[0, 1, 2], [0, 1, 2]]
    quality = [[0, 10, 11], [0, 9, 30]]
    assert allocate(size, quality, [[0, 1]], 1, lookahead=0).options.tolist() == [[1, 0]]
    assert allocate(size, quality, [[0, 1]], 1, lookahead=0.15).options.tolist() == [[0, 1]]


def test_lagrangian_spends_the_last_bytes_off_the_hull():
    size, quality = [[0, 4, 10]], [[0, 1, 10]]  # the middle option lies below the hull
    assert allocate(size, quality, [[0, 0]], 14, method="lagrangian").options.tolist() == [[2, 1]]


def test_lagrangian_ignores_the_lookahead():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        size, quality = rough(3, rng)
        groups = picture(3, 9, rng)
        for budget in budgets(size, groups):
            near = allocate(size, quality, groups, budget, method="lagrangian", lookahead=0)
            far = allocate(size, quality, groups, budget, method="lagrangian", lookahead=9)
            np.testing.assert_array_equal(near.options, far.options)


# ---- budgets


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_any_curves_stay_within_the_budget_and_leave_no_step_that_fits(data):
    n_groups, n_options = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 6))
    entries = st.lists(st.integers(0, 8), min_size=n_groups * n_options, max_size=n_groups * n_options)
    size = np.array(data.draw(entries)).reshape(n_groups, n_options)
    quality = np.array(data.draw(entries)).reshape(n_groups, n_options)
    labels = data.draw(st.lists(st.integers(0, n_groups - 1), min_size=1, max_size=12))
    groups = np.array(labels)[None]
    least = int(size.min(1)[groups].sum())
    budget = least + data.draw(st.integers(0, 40))
    for method in CLIMBERS:
        got = allocate(size, quality, groups, budget, method=method)
        assert got.predicted_bytes == size[groups, got.options].sum() <= budget
        assert got.predicted_quality == quality[groups, got.options].sum()
        for label, option in zip(labels, got.options[0], strict=True):
            better = quality[label] > quality[label, option]
            assert (size[label, better] - size[label, option] > budget - got.predicted_bytes).all()
        if least > 0:
            with pytest.raises(BudgetError) as caught:
                allocate(size, quality, groups, least - GRAIN, method=method)
            assert caught.value.smallest == least


@pytest.mark.parametrize("method", METHODS)
def test_each_step_is_taken_exactly_when_the_budget_reaches_it(method):
    size, quality = np.array([[3.25, 4.5, 8.0, 9.75]]), np.array([[1.0, 2.0, 4.0, 4.5]])
    for option in range(4):
        total = float(size[0, option])
        assert allocate(size, quality, [[0]], total, method=method, variance=[[9.0]]).options == option
        if option:
            below = allocate(size, quality, [[0]], total - GRAIN, method=method, variance=[[9.0]])
            assert below.options == option - 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fraction", [0.1, 1 / 3, 0.7])
def test_a_budget_equal_to_a_predicted_total_is_met_again(method, fraction):
    size, quality = water_filling(7)
    groups = picture(7, 300, np.random.default_rng(5))
    [budget] = budgets(size, groups, (fraction,))
    first = allocate(size, quality, groups, budget, method=method, variance=2.0**groups)
    again = allocate(size, quality, groups, first.predicted_bytes, method=method, variance=2.0**groups)
    assert again.predicted_bytes == first.predicted_bytes
    np.testing.assert_array_equal(again.options, first.options)


@pytest.mark.parametrize("method", METHODS)
def test_too_small_a_budget_names_the_smallest_and_that_one_works(method):
    size, quality = [[10.3, 20.0], [7.1, 9.0]], [[0.0, 1.0], [0.0, 1.0]]
    arguments = {"method": method, "variance": [[1.0, 2.0]]}
    with pytest.raises(BudgetError, match="a budget of 17 bytes is too small: these cells take at least 18") as caught:
        allocate(size, quality, [[0, 1]], 17, **arguments)
    assert caught.value.smallest == 18
    assert allocate(size, quality, [[0, 1]], caught.value.smallest, **arguments).options.tolist() == [[0, 0]]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("budget", [1e4, float("inf"), np.float32(1e4), np.int64(10_000)])
def test_more_than_enough_gives_every_cell_the_top(method, budget):
    size, quality = water_filling(3)
    got = allocate(size, quality, [[0, 1], [2, 2]], budget, method=method, variance=np.ones((2, 2)))
    assert (got.options == 16).all()


def test_zero_bytes_are_a_budget_when_the_lowest_options_are_free():
    assert allocate([[0, 5]], [[0, 1]], [[0, 0]], 0).options.tolist() == [[0, 0]]


def test_a_step_that_does_not_fit_freezes_its_cell_and_the_others_go_on():
    size, quality = [[0, 10, 11], [0, 3, 6]], [[0, 100, 200], [0, 1, 2]]
    assert allocate(size, quality, [[0, 1, 0, 1]], 9, lookahead=0).options.tolist() == [[0, 2, 0, 1]]


def test_the_predicted_size_never_falls_short_of_the_sum_of_the_sizes():
    size, quality = np.full((1, 2), 1 / 3), np.zeros((1, 2))
    got = allocate(size, quality, np.zeros((100, 100), int), 4000)
    assert 0 <= got.predicted_bytes - 10_000 / 3 <= 10_000 * GRAIN


# ---- ties and order


@pytest.mark.parametrize("method", [*CLIMBERS, "variance"])
def test_equal_cells_rise_in_row_major_order(method):
    groups, variance = np.zeros((2, 3), int), np.full((2, 3), 50)
    got = allocate([[1, 3, 6]], [[0, 2, 3]], groups, 6 + 4 * 2, method=method, variance=variance)
    assert got.options.tolist() == [[1, 1, 1], [1, 0, 0]]


@pytest.mark.parametrize("method", CLIMBERS)
def test_ties_between_groups_go_to_the_lower_index_too(method):
    size, quality = dyadic(1, np.random.default_rng(1))
    split = np.random.default_rng(2).integers(0, 3, (6, 7))
    for budget in range(int(size[0, 0]) * 42, int(size[0, -1]) * 42, 17):
        one = allocate(size, quality, np.zeros((6, 7), int), budget, method=method)
        three = allocate(np.repeat(size, 3, 0), np.repeat(quality, 3, 0), split, budget, method=method)
        np.testing.assert_array_equal(three.options, one.options)


@pytest.mark.parametrize("method", CLIMBERS)
def test_permuting_the_cells_keeps_how_many_take_each_option(method):
    rng = np.random.default_rng(11)
    size, quality = concave(10, rng)
    groups = rng.integers(0, 10, (1, 500))

    def outcome(groups, budget):
        got = allocate(size, quality, groups, budget, method=method)
        counts = np.bincount((17 * groups + got.options).ravel(), minlength=170)
        return counts.tolist(), got.predicted_bytes, got.predicted_quality

    for budget in budgets(size, groups):
        assert outcome(groups, budget) == outcome(rng.permutation(groups, axis=1), budget)


@pytest.mark.parametrize("method", CLIMBERS)
def test_groups_that_no_cell_is_in_change_nothing(method):
    size, quality = concave(3, np.random.default_rng(0))
    groups = np.full((3, 3), 1)
    budget = budgets(size, groups)[2]
    alone = allocate(size[1:2], quality[1:2], groups - 1, budget, method=method)
    among = allocate(size, quality, groups, budget, method=method)
    np.testing.assert_array_equal(among.options, alone.options)


@pytest.mark.parametrize("method", METHODS)
def test_threads_get_the_same_answer(method):
    size, quality = concave(10, np.random.default_rng(0))
    groups = picture(10, 4000, np.random.default_rng(1))
    budget = budgets(size, groups)[2]

    def options(_=None):
        return allocate(size, quality, groups, budget, method=method, variance=1.5**groups).options

    alone = options()
    with ThreadPoolExecutor(4) as pool:
        for got in pool.map(options, range(16)):
            np.testing.assert_array_equal(got, alone)


# ---- odd curves


@pytest.mark.parametrize("method", CLIMBERS)
def test_free_gains_are_taken_and_useless_bytes_are_not(method):
    size, quality = [[4, 4, 6, 9, 9]], [[0, 1, 1, 0.5, 1]]
    got = allocate(size, quality, [[0, 0]], 1000, method=method)
    assert got.options.tolist() == [[1, 1]]
    assert got.predicted_bytes == 8


@pytest.mark.parametrize("method", CLIMBERS)
def test_a_dip_in_quality_or_size_is_stepped_over(method):
    size, quality = [[4, 6, 5, 9]], [[0, 3, 2, 7]]
    taken = [allocate(size, quality, [[0]], budget, method=method).options.item() for budget in (4, 5, 6, 8, 9)]
    assert taken == [0, 2, 1, 1, 3]


@pytest.mark.parametrize("method", CLIMBERS)
def test_the_order_of_the_options_does_not_matter(method):
    rng = np.random.default_rng(4)
    size, quality = rough(5, rng)
    groups, columns = picture(5, 60, rng), rng.permutation(17)
    for budget in budgets(size, groups):
        plain = allocate(size, quality, groups, budget, method=method)
        mixed = allocate(size[:, columns], quality[:, columns], groups, budget, method=method)
        np.testing.assert_array_equal(columns[mixed.options], plain.options)


@pytest.mark.parametrize("method", CLIMBERS)
def test_a_short_curve_is_padded_by_repeating_its_last_point(method):
    size, quality = [[1, 2, 2, 2], [1, 2, 3, 4]], [[0, 5, 5, 5], [0, 5, 8, 9]]
    assert allocate(size, quality, [[0, 1]], 100, method=method).options.tolist() == [[1, 3]]


@pytest.mark.parametrize("method", METHODS)
def test_one_option_leaves_no_choice(method):
    got = allocate([[5.0], [6.0]], [[1.0], [2.0]], [[0, 1, 1]], 17, method=method, variance=[[1, 10, 100]])
    assert (got.options.tolist(), got.predicted_bytes, got.predicted_quality) == ([[0, 0, 0]], 17.0, 5.0)


# ---- the baselines


def test_uniform_takes_the_highest_option_that_fits_even_where_a_lower_one_does_not():
    size, quality = [[2, 9, 4, 10]], [[0, 1, 2, 3]]
    assert allocate(size, quality, [[0, 0]], 8, method="uniform").options.tolist() == [[2, 2]]


def test_variance_gives_smooth_cells_one_option_more_per_halving():
    size, quality, variance = np.arange(1, 12)[None], np.arange(11)[None], [[64, 128, 256, 512, 1024]]
    for strength, options in ((1, [7, 6, 5, 4, 3]), (-1, [3, 4, 5, 6, 7])):
        got = allocate(size, quality, [[0] * 5], 5 * 6, method="variance", variance=variance, strength=strength)
        assert got.options.tolist() == [options]


def test_variance_below_one_level_counts_as_one():
    size, quality = np.arange(1, 12)[None], np.arange(11)[None]
    got = allocate(size, quality, [[0] * 3], 3 * 4, method="variance", variance=[[0, 1e-9, 1]])
    assert got.options.tolist() == [[3, 3, 3]]


def test_variance_of_no_strength_is_uniform_with_the_rest_spent_by_index():
    size, quality = np.arange(1, 12)[None], np.arange(11)[None]
    got = allocate(size, quality, [[0] * 4], 4 * 3 + 2, method="variance", variance=[[1, 9, 99, 999]], strength=0)
    assert got.options.tolist() == [[3, 3, 2, 2]]


@pytest.mark.parametrize("strength", [-1e6, 0.3, 1e6])
def test_variance_of_any_strength_stays_within_the_budget(strength):
    size, quality = water_filling(10)
    rng = np.random.default_rng(8)
    groups = picture(10, 200, rng)
    for budget in budgets(size, groups):
        got = allocate(
            size,
            quality,
            groups,
            budget,
            method="variance",
            strength=strength,
            variance=rng.exponential(500, groups.shape),
        )
        assert budget - np.diff(size).max() <= got.predicted_bytes <= budget or (got.options == 16).all()


# ---- arguments and results


def test_the_result_is_int32_of_the_groups_shape_and_frozen():
    got = allocate([[1, 2]], [[0, 1]], np.zeros((3, 5), np.uint8), 20)
    assert got.options.dtype == np.int32
    assert got.options.shape == (3, 5)
    assert got.options.flags.c_contiguous
    assert type(got.predicted_bytes) is type(got.predicted_quality) is float
    with pytest.raises(FrozenInstanceError):
        got.predicted_bytes = 0.0


@pytest.mark.parametrize("method", METHODS)
def test_any_layout_and_dtype_is_taken_and_left_alone(method):
    rng = np.random.default_rng(6)
    size, quality = dyadic(4, rng)
    groups = picture(4, 30, rng)
    variance = rng.integers(0, 900, groups.shape)
    want = allocate(size, quality, groups, 200, method=method, variance=variance).options
    odd = np.asfortranarray(size, np.float32), np.repeat(quality, 2, 1)[:, ::2], np.asfortranarray(groups, np.uint16)
    before = [array.copy() for array in odd]
    for array in odd:
        array.flags.writeable = False
    variance = np.asfortranarray(variance)
    np.testing.assert_array_equal(allocate(*odd, 200, method=method, variance=variance).options, want)
    for array, copy in zip(odd, before, strict=True):
        np.testing.assert_array_equal(array, copy)


GOOD = {"size": [[1.0, 2.0], [1.0, 3.0]], "quality": [[0.0, 1.0], [0.0, 1.0]], "groups": [[0, 1]], "budget": 5}


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"size": [1.0, 2.0]}, ValueError, r"size must be a real array \(n_groups, n_options\).*got shape \(2,\)"),
        ({"size": [[1.0, 2.0]]}, ValueError, r"one shape .*got \(1, 2\) and \(2, 2\)"),
        ({"size": np.empty((0, 2))}, ValueError, r"neither axis empty; got shape \(0, 2\)"),
        ({"size": [["a", "b"]]}, TypeError, "size must be a real array .*got list of dtype <U1"),
        ({"size": [[1j, 2], [1, 3]]}, TypeError, "size must be a real array .*complex128"),
        ({"size": [[-1.0, 2.0], [1.0, 3.0]]}, ValueError, "size must be finite and at least 0"),
        ({"size": [[np.nan, 2.0], [1.0, 3.0]]}, ValueError, "size must be finite .*repeat the last point"),
        ({"size": [[1.0, np.inf], [1.0, 3.0]]}, ValueError, "size must be finite"),
        ({"size": [[1.0, 1e12], [1.0, 3.0]]}, ValueError, "below 8 GiB; its largest entry is 1e\\+12 bytes"),
        ({"quality": [[0.0, np.nan], [0.0, 1.0]]}, ValueError, "quality must be finite"),
        ({"quality": [[0.0, np.inf], [0.0, 1.0]]}, ValueError, "quality must be finite"),
        ({"groups": [0, 1]}, ValueError, r"groups must be an integer array \(rows, cols\).*got shape \(2,\)"),
        ({"groups": np.empty((0, 3), int)}, ValueError, "neither axis empty"),
        ({"groups": [[0.0, 1.0]]}, TypeError, "groups must be an integer array .*float64"),
        ({"groups": [[True, False]]}, TypeError, "groups must be an integer array .*bool"),
        ({"groups": [[0, 2]]}, ValueError, r"groups must lie in 0\.\.1, the rows of size; got 0\.\.2"),
        ({"groups": [[-1, 0]]}, ValueError, r"groups must lie in 0\.\.1, the rows of size; got -1\.\.0"),
        ({"budget": -1}, ValueError, "budget must be a number from 0 to inf; got -1"),
        ({"budget": float("nan")}, ValueError, "budget must be a number from 0 to inf; got nan"),
        ({"budget": "5"}, TypeError, "budget must be a real number; got str"),
        ({"budget": True}, TypeError, "budget must be a real number; got bool"),
        ({"budget": None}, TypeError, "budget must be a real number; got NoneType"),
        ({"budget": 1}, BudgetError, "a budget of 1 bytes is too small: these cells take at least 2"),
        ({"method": "rewards"}, ValueError, "one of 'reward', 'lagrangian', 'uniform', 'variance'; got 'rewards'"),
        ({"lookahead": -0.1}, ValueError, r"lookahead must be a number from 0 to 1e\+06; got -0.1"),
        ({"lookahead": "x"}, TypeError, "lookahead must be a real number; got str"),
        ({"method": "variance"}, TypeError, 'method "variance" needs variance'),
        ({"method": "variance", "variance": [[1.0]]}, ValueError, r"shape of groups, \(1, 2\); got \(1, 1\)"),
        ({"method": "variance", "variance": [[1.0, -1.0]]}, ValueError, "variance must be finite and at least 0"),
        ({"method": "variance", "variance": [[1.0, np.nan]]}, ValueError, "variance must be finite and at least 0"),
        ({"method": "variance", "variance": [["a", "b"]]}, TypeError, "variance must be a real array"),
        (
            {"method": "variance", "variance": [[1, 2]], "strength": np.nan},
            ValueError,
            "strength must be a number from",
        ),
        ({"qp": 5}, TypeError, "qp"),
    ],
)
def test_wrong_arguments_are_refused_with_what_came_and_what_is_taken(change, error, message):
    with pytest.raises(error, match=message):
        allocate(**{**GOOD, **change})
