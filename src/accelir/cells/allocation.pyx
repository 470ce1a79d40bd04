# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Which option (a QP, or a mode) each cell gets, so that the predicted total size stays within a budget.

The reward method is that of AccelIR (Ye, Yeo, Park, Han, CVPR 2023); the others are there to measure it against.
"""

import math
from dataclasses import dataclass
from numbers import Real

import numpy as np

from libc.math cimport floor
from libc.stdint cimport int32_t

from accelir.errors import BudgetError

__all__ = ["METHODS", "Allocation", "allocate"]

METHODS = ("reward", "lagrangian", "uniform", "variance")

# Sizes are rounded up to multiples of 2^-20 byte. Every sum below 2^33 bytes is then exact in a double, so the total
# does not depend on the order of adding, and a budget that equals it is met.
_GRAINS_PER_BYTE = 2.0**20
_MOST_BYTES = 2.0**33


@dataclass(frozen=True, eq=False)
class Allocation:
    """What allocate() decided.

    options: int32 (rows, cols), the index of each cell's option along the second axis of `size` and `quality`.
    predicted_bytes: the sum of the cells' sizes, each rounded up to 2^-20 byte; never above the budget.
    predicted_quality: the sum of the cells' qualities, in the unit of `quality`.
    """

    options: np.ndarray
    predicted_bytes: float
    predicted_quality: float


def allocate(size, quality, groups, budget, *, method="reward", lookahead=0.15, variance=None, strength=1.0):
    """Choose an option for every cell so that the predicted sizes add up to at most the budget.

    size: (n_groups, n_options) real, finite, bytes >= 0 that a cell of each group takes at each option.
    quality: the same shape, real, finite, more is better (negative squared error, PSNR); its sum over cells counts.
    groups: (rows, cols) of integers, 0 <= value < n_groups, each cell's group.
    budget: bytes for all cells, >= 0; infinity means no limit.
    method: one of METHODS,
        "reward": all cells start at their smallest option; the cell with the best reward takes its next step:
            reward = utility of that step + lookahead x utility of going to the top, utility = quality gain / size gain;
        "lagrangian": the same climb along each group's convex hull, by slope: the optimum but for the last bytes,
            which are then spent on single steps;
        "uniform": one option for all, the highest that fits;
        "variance": VAQ: option = base - strength x log2(variance), rounded and clipped, the highest base that fits.
    lookahead: weight 0..1e6 of the way to the top ("reward" only); the paper's 0.15.
    variance: (rows, cols) real, each cell's variance in squared 8-bit levels, >= 0, below 1 counted as 1 ("variance"
        only).
    strength: options per doubling of the variance, -1e6..1e6 ("variance" only).

    Equal rewards go to the lower cell index in row-major order. A step that does not fit freezes its cell, and the
    others go on. "reward" and "lagrangian" see only the options that pay: those that no other option of the group
    beats or equals in quality at the same size or less. So curves may come in any order and need not be monotone, free
    gains are always taken, and a short curve is padded by repeating its last point. "uniform" and "variance" take the
    options as they stand, in increasing order.

    Returns an Allocation. The GIL is released during the search. Raises BudgetError, with the smallest size that the
    method can reach, when the budget is below it; TypeError and ValueError for arguments that are not as above.
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(map(repr, METHODS))}; got {method!r}")
    size, quality = _curves(size, quality)
    groups = _groups(groups, len(size))
    labels = groups.ravel()
    if size.max() * labels.size >= _MOST_BYTES:
        raise ValueError(f"size must keep {labels.size} cells below 8 GiB; its largest entry is {size.max():g} bytes")
    budget = min(_number("budget", budget, 0, math.inf), _MOST_BYTES)
    budget = math.floor(budget * _GRAINS_PER_BYTE) / _GRAINS_PER_BYTE

    if method == "uniform":
        options = _uniform(size, labels, budget)
    elif method == "variance":
        strength = _number("strength", strength, -1e6, 1e6)
        options = _by_variance(size, labels, budget, _variance(variance, groups.shape), strength)
    else:
        lookahead = _number("lookahead", lookahead, 0, 1e6)
        options = _climb(size, quality, labels, budget, method == "lagrangian", lookahead)

    counts = np.bincount(labels * size.shape[1] + options, minlength=size.size).reshape(size.shape)
    return Allocation(options.reshape(groups.shape), float((counts * size).sum()), float((counts * quality).sum()))


# ---- the arguments

def _numbers(name, values, kinds, wanted):
    array = np.asarray(values)
    if array.dtype.kind not in kinds:
        raise TypeError(f"{name} must be {wanted}; got {type(values).__name__} of dtype {array.dtype}")
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"{name} must be {wanted}, neither axis empty; got shape {array.shape}")
    return array


def _reals(name, values, axes):
    return np.array(_numbers(name, values, "iuf", f"a real array ({axes})"), np.float64, order="C")


def _curves(size, quality):
    size, quality = _reals("size", size, "n_groups, n_options"), _reals("quality", quality, "n_groups, n_options")
    if size.shape != quality.shape:
        raise ValueError(
            f"size and quality must have one shape (n_groups, n_options); got {size.shape} and {quality.shape}"
        )
    if not (np.isfinite(size).all() and size.min() >= 0):
        raise ValueError("size must be finite and at least 0 everywhere; repeat the last point to pad a short curve")
    if not np.isfinite(quality).all():
        raise ValueError("quality must be finite everywhere; repeat the last point to pad a short curve")
    return np.ceil(size * _GRAINS_PER_BYTE) / _GRAINS_PER_BYTE, quality


def _groups(groups, n_groups):
    groups = _numbers("groups", groups, "iu", "an integer array (rows, cols)")
    if groups.min() < 0 or groups.max() >= n_groups:
        low, high = groups.min(), groups.max()
        raise ValueError(f"groups must lie in 0..{n_groups - 1}, the rows of size; got {low}..{high}")
    return groups.astype(np.intp)


def _variance(variance, shape):
    if variance is None:
        raise TypeError('method "variance" needs variance, a real array of the shape of groups')
    variance = _reals("variance", variance, "rows, cols")
    if variance.shape != shape:
        raise ValueError(f"variance must have the shape of groups, {shape}; got {variance.shape}")
    if not (np.isfinite(variance).all() and variance.min() >= 0):
        raise ValueError("variance must be finite and at least 0 everywhere")
    return variance.ravel()


def _number(name, value, least, most):
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a real number; got {type(value).__name__}")
    if not least <= value <= most:  # catches NaN too
        raise ValueError(f"{name} must be a number from {least:g} to {most:g}; got {value}")
    return float(value)


def _require(budget, smallest):
    if budget < smallest:
        smallest = math.ceil(smallest)
        message = f"a budget of {budget:.12g} bytes is too small: these cells take at least {smallest}"
        raise BudgetError(message, smallest=smallest)


# ---- reward and lagrangian: climbing ladders

def _climb(size, quality, labels, double budget, bint along_hull, double lookahead):
    cdef _Ladders ladders = _Ladders(size, quality, labels)
    _require(budget, ladders.lowest)
    options = np.empty(labels.size, np.int32)
    cdef int32_t[::1] option = options
    cdef double slack = budget - ladders.lowest
    with nogil:
        if along_hull:
            ladders.aim_along_hull()
            slack = ladders.climb(slack)
            lookahead = 0.0  # the last bytes go by plain utility
        ladders.aim_at_next(lookahead)
        ladders.climb(slack)
        ladders.read_options(option)
    return options


def _fronts(size, quality):
    """Each group's options that pay, by size: -> (n_groups, n_options) indices, and how many of each row count."""
    index = np.lexsort((-quality, size))  # the best of an equal size first, and the lowest index of equals
    best = np.maximum.accumulate(np.take_along_axis(quality, index, axis=1), axis=1)
    pays = np.ones(size.shape, bool)
    pays[:, 1:] = best[:, 1:] > best[:, :-1]
    front_first = np.argsort(~pays, axis=1, kind="stable")
    return np.take_along_axis(index, front_first, axis=1), pays.sum(axis=1)


cdef class _Ladders:
    """The groups' fronts as ladders that their cells climb, one rung an option that pays.

    Rungs are numbered through all ladders. Cells of a group are interchangeable and ties go to the lower index, so
    the cells on a rung stay a run of `order`, and its first cell is always the next to leave. One heap entry a rung
    therefore does what one a cell would.
    """

    cdef double lowest               # bytes with every cell on its bottom rung
    cdef Py_ssize_t width            # rungs from one ladder's bottom to the next one's
    cdef Py_ssize_t[::1] height      # (ladder) rungs that count
    cdef Py_ssize_t[::1] option      # (rung) index of its option
    cdef double[::1] size, quality   # (rung)
    cdef Py_ssize_t[::1] order       # cells by group, then by index
    cdef Py_ssize_t[::1] first, end  # (rung) the run of `order` that stands on it
    cdef Py_ssize_t[::1] goal        # (rung) where its next step leads; itself: nowhere
    cdef double[::1] worth           # (rung) what orders the steps
    cdef Py_ssize_t[::1] heap        # rungs with a step to offer, the best on top
    cdef Py_ssize_t n_heap

    def __init__(self, size, quality, labels):
        index, height = _fronts(size, quality)
        counts = np.bincount(labels, minlength=len(size))
        ends = np.cumsum(counts)
        first, end = np.zeros(size.shape, np.intp), np.zeros(size.shape, np.intp)
        first[:, 0], end[:, 0] = ends - counts, ends
        rungs = np.take_along_axis(size, index, axis=1)
        self.lowest = (rungs[:, 0] * counts).sum()
        self.width, self.height = size.shape[1], height
        self.option, self.size = index.ravel(), rungs.ravel()
        self.quality = np.take_along_axis(quality, index, axis=1).ravel()
        self.order = np.argsort(labels, kind="stable")
        self.first, self.end = first.ravel(), end.ravel()
        self.goal, self.worth = np.empty(size.size, np.intp), np.empty(size.size)
        self.heap = np.empty(min(labels.size, size.size), np.intp)

    cdef double utility(self, Py_ssize_t rung, Py_ssize_t goal) noexcept nogil:
        return (self.quality[goal] - self.quality[rung]) / (self.size[goal] - self.size[rung])

    cdef void aim_at_next(self, double lookahead) noexcept nogil:
        """Steps lead one rung up and are worth the paper's reward."""
        cdef Py_ssize_t ladder, rung, top
        for ladder in range(self.height.shape[0]):
            top = ladder * self.width + self.height[ladder] - 1
            self.goal[top] = top
            for rung in range(ladder * self.width, top):
                self.goal[rung] = rung + 1
                self.worth[rung] = self.utility(rung, rung + 1) + lookahead * self.utility(rung, top)

    cdef void aim_along_hull(self) noexcept nogil:
        """From the bottom, steps lead to the rung of steepest slope, the nearest of equals; the rest are not met."""
        cdef Py_ssize_t ladder, rung, goal, top
        cdef double slope
        for ladder in range(self.height.shape[0]):
            rung, top = ladder * self.width, ladder * self.width + self.height[ladder] - 1
            self.goal[top] = top
            while rung < top:
                self.goal[rung], self.worth[rung] = rung + 1, self.utility(rung, rung + 1)
                for goal in range(rung + 2, top + 1):
                    slope = self.utility(rung, goal)
                    if slope > self.worth[rung]:
                        self.goal[rung], self.worth[rung] = goal, slope
                rung = self.goal[rung]

    cdef double climb(self, double slack) noexcept nogil:
        """Take the best step left, again and again, until none fits; -> the bytes left over."""
        cdef Py_ssize_t rung
        cdef double cost
        self.offer_all()
        while self.n_heap:
            rung = self.heap[0]
            cost = self.size[self.goal[rung]] - self.size[rung]
            if cost <= slack:
                slack -= cost
                self.lift(rung, self.goal[rung])
            else:
                self.pop()  # the slack only shrinks: what does not fit now never will
        return slack

    cdef void lift(self, Py_ssize_t rung, Py_ssize_t goal) noexcept nogil:
        """Move the first cell of the rung on top of the heap to its goal."""
        cdef Py_ssize_t place = self.first[rung]
        cdef bint was_empty = self.first[goal] == self.end[goal]
        self.first[rung] += 1
        if self.first[rung] < self.end[rung]:
            self.sift_down(0)
        else:
            self.pop()
        self.end[goal] = place + 1
        if was_empty:  # else the rung is on offer already, or frozen, and then its newcomer is too
            self.first[goal] = place
            self.offer(goal)

    cdef void offer_all(self) noexcept nogil:
        cdef Py_ssize_t rung
        self.n_heap = 0
        for rung in range(self.size.shape[0]):
            if self.first[rung] < self.end[rung]:
                self.offer(rung)

    cdef bint before(self, Py_ssize_t a, Py_ssize_t b) noexcept nogil:
        if self.worth[a] != self.worth[b]:
            return self.worth[a] > self.worth[b]
        return self.order[self.first[a]] < self.order[self.first[b]]

    cdef void offer(self, Py_ssize_t rung) noexcept nogil:
        cdef Py_ssize_t child = self.n_heap, parent
        if self.goal[rung] == rung:
            return
        self.n_heap += 1
        while child > 0:
            parent = (child - 1) // 2
            if not self.before(rung, self.heap[parent]):
                break
            self.heap[child] = self.heap[parent]
            child = parent
        self.heap[child] = rung

    cdef void pop(self) noexcept nogil:
        self.n_heap -= 1
        self.heap[0] = self.heap[self.n_heap]
        self.sift_down(0)

    cdef void sift_down(self, Py_ssize_t parent) noexcept nogil:
        cdef Py_ssize_t rung = self.heap[parent], child = 2 * parent + 1
        while child < self.n_heap:
            if child + 1 < self.n_heap and self.before(self.heap[child + 1], self.heap[child]):
                child += 1
            if not self.before(self.heap[child], rung):
                break
            self.heap[parent] = self.heap[child]
            parent, child = child, 2 * child + 1
        self.heap[parent] = rung

    cdef void read_options(self, int32_t[::1] options) noexcept nogil:
        cdef Py_ssize_t rung, place
        for rung in range(self.size.shape[0]):
            for place in range(self.first[rung], self.end[rung]):
                options[self.order[place]] = <int32_t>self.option[rung]


# ---- uniform

def _uniform(size, labels, budget):
    totals = np.bincount(labels, minlength=len(size)).astype(np.float64) @ size
    _require(budget, totals.min())
    return np.full(labels.size, np.flatnonzero(totals <= budget).max(), np.int32)


# ---- variance

def _by_variance(size, labels, budget, variance, strength):
    options = np.zeros(labels.size, np.int32)
    _require(budget, size[labels, 0].sum())
    _raise_base(size, labels, budget, strength * np.log2(np.maximum(variance, 1.0)), options)
    return options


cdef double _set_base(
    const double[:, ::1] size, const Py_ssize_t[::1] label, const double[::1] offset, double base, int32_t[::1] option
) noexcept nogil:
    """Give every cell the option nearest to base - offset; -> the total in bytes."""
    cdef Py_ssize_t cell
    cdef double total = 0.0
    for cell in range(label.shape[0]):
        option[cell] = <int32_t>min(max(floor(base - offset[cell] + 0.5), 0.0), size.shape[1] - 1.0)
        total += size[label[cell], option[cell]]
    return total


def _raise_base(
    const double[:, ::1] size, const Py_ssize_t[::1] label, double budget, const double[::1] offset, int32_t[::1] option
):
    """Bisect for the highest base that fits, then raise, by index, those of the cells next to go up that still fit."""
    cdef double low = np.min(offset) - 1.0, high = np.max(offset) + size.shape[1], middle, total, step
    cdef int32_t[::1] above = np.empty(label.shape[0], np.int32)
    cdef Py_ssize_t cell
    with nogil:
        while high - low > 1e-9:
            middle = (low + high) / 2.0
            if not low < middle < high:
                break
            if _set_base(size, label, offset, middle, option) <= budget:
                low = middle
            else:
                high = middle
        _set_base(size, label, offset, high, above)
        total = _set_base(size, label, offset, low, option)
        for cell in range(label.shape[0]):
            step = size[label[cell], above[cell]] - size[label[cell], option[cell]]
            if total + step <= budget:
                option[cell] = above[cell]
                total += step
