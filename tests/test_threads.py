"""Threads: they share encoders, change nothing, and run side by side."""

import dataclasses
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers import noise, photo, read_levels, smooth

from accelir import BudgetError, Encoder, encode
from accelir.core import jpeg as core
from accelir.formats.jpeg.effort import get_effort
from accelir.formats.jpeg.job import make_job
from accelir.profile.installed import load_profile

JOBS = [
    (pixels, budget)
    for pixels in (photo("cup"), photo("table")[:100, :150], photo("cloth")[..., 1], noise(64, 64), smooth(33, 90))
    for budget in (1500, 4000, 9000)
]


@pytest.mark.parametrize("effort", [0, 5])
def test_eight_threads_give_the_bytes_of_one(effort):
    encoder = Encoder(effort=effort)

    def run(job):
        return encoder.encode(job[0], max_bytes=job[1]).data

    alone = [run(job) for job in JOBS]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            assert list(pool.map(run, JOBS)) == alone


def large(channels=3):
    """Large enough for several threads, with sides that blocks don't divide."""
    pixels = np.concatenate([photo(), smooth(*photo().shape[:2])])[:701, :597]
    return np.ascontiguousarray(pixels if channels == 3 else pixels[..., 1])


THREADED = [
    {"effort": 0},
    {"effort": 1, "subsampling": "4:4:4"},
    {"effort": 5, "subsampling": "4:2:0"},
    {"effort": 5, "subsampling": "4:2:2", "progressive": False},
    {"effort": 7, "subsampling": "auto"},
    {"format": "webp", "effort": 0},
    {"format": "webp", "effort": 5},
    {"format": "webp", "effort": 5, "profile": "denoise-25"},
]


@pytest.mark.parametrize("settings", THREADED, ids=str)
def test_files_do_not_depend_on_the_number_of_threads(settings):
    pixels = large()
    settings = {"profile": "fidelity"} | settings
    files = [encode(pixels, bpp=0.9, threads=threads, **settings) for threads in (1, 2, 3, 16)]
    assert len(set(files)) == 1


def test_gray_files_do_not_depend_on_the_number_of_threads():
    files = [encode(large(1), bpp=0.6, threads=threads, profile="fidelity") for threads in (1, 2, 5)]
    assert len(set(files)) == 1


@pytest.mark.parametrize("restart_interval", [0, 7])
def test_the_longest_runs_of_empty_blocks_do_not_depend_on_the_number_of_threads(restart_interval):
    """A run ends after 32,767 blocks; one that goes over several threads' rows ends there too."""
    pixels = np.full((1024, 3072), 90, np.uint8)
    pixels[500:520, 1000:1040] = noise(20, 40)[..., 0]
    coefficients = core.Coefficients.from_pixels(pixels)
    job = make_job(load_profile("fidelity").jpeg, get_effort(5), pixels.shape, progressive=True)

    def encoded(threads):
        settings = dataclasses.replace(job, threads=threads).for_core("gray")
        given = {name: getattr(settings, name) for name in dir(settings) if not name.startswith("_")}
        return core.encode(
            coefficients, core.Settings(**(given | {"restart_interval": restart_interval})), step=9.0
        ).data

    files = [encoded(threads) for threads in (1, 2, 5)]
    assert len(set(files)) == 1


@pytest.mark.parametrize("threads", [0, 1025])
def test_numbers_of_threads_out_of_range_are_refused(threads):
    with pytest.raises(ValueError, match="from 1 to 1024"):
        Encoder(threads=threads)


def test_a_number_of_threads_is_an_int():
    with pytest.raises(TypeError, match="threads must be an int"):
        Encoder(threads=True)


def test_threads_share_coefficients():
    coefficients = core.Coefficients.from_pixels(photo("cup"), "4:2:0")
    job = make_job(load_profile("fidelity").jpeg, get_effort(5), (192, 192))
    budgets = range(2000, 8000, 400)
    alone = [job.run(coefficients, max_bytes=b).data for b in budgets]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda b: job.run(coefficients, max_bytes=b).data, budgets)) == alone


def test_threads_read_levels():
    files = [encode(pixels, max_bytes=budget) for pixels, budget in JOBS]
    alone = [read_levels(f) for f in files]
    with ThreadPoolExecutor(8) as pool:
        for found, expected in zip(pool.map(read_levels, files), alone, strict=True):
            for a, b in zip(found, expected, strict=True):
                np.testing.assert_array_equal(a, b)


def test_an_error_in_one_thread_stays_there():
    def run(budget):
        try:
            return len(encode(photo("cup"), max_bytes=budget))
        except BudgetError as error:
            return -error.smallest

    budgets = [10, 4000] * 8
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(run, budgets))
    assert found == [run(10), run(4000)] * 8
    assert found[0] < 0 < found[1] <= 4000


BIG = np.tile(photo("cup"), (4, 4, 1))
LARGE_JOB = make_job(load_profile("fidelity").jpeg, get_effort(5), BIG.shape)
COEFFICIENTS = core.Coefficients.from_pixels(BIG, "4:4:4")
ENCODING = LARGE_JOB.run(COEFFICIENTS, step=4.0, keep_levels=True)
FILE = ENCODING.data
WEIGHTS = np.ones((3, 64), np.float32)


@pytest.fixture
def counter():
    """A thread's count, which goes on only while the calling thread lets go of the interpreter's lock by itself."""
    count = [0]
    stop = threading.Event()

    def run():
        while not stop.is_set():
            count[0] += 1
            time.sleep(0)  # lets go of the lock

    usual = sys.getswitchinterval()
    thread = threading.Thread(target=run)
    sys.setswitchinterval(1000)  # no thread is ever asked to let go
    try:
        thread.start()
        yield count
    finally:
        stop.set()
        sys.setswitchinterval(usual)
        thread.join()


def goes_on_during(call, count):
    """Whether the count moves during the call; the other thread may need several tries to be given a processor."""
    for _ in range(100):
        before = count[0]
        call()
        if count[0] != before:
            return True
    return False


def test_the_counter_stands_still_while_the_lock_is_held(counter):
    assert not goes_on_during(lambda: sum(range(30_000)), counter)


@pytest.mark.parametrize(
    "call",
    [
        lambda: core.Coefficients.from_pixels(BIG, "4:2:0"),
        lambda: LARGE_JOB.run(COEFFICIENTS, max_bytes=100_000),
        lambda: LARGE_JOB.run(COEFFICIENTS, step=8.0),
        lambda: core.read(FILE),
        lambda: core.write(ENCODING.levels, ENCODING.tables),
        lambda: ENCODING.levels.cell_bits(),
        lambda: ENCODING.levels.cell_errors(COEFFICIENTS, ENCODING.tables, WEIGHTS),
    ],
    ids=["analyse", "encode to size", "encode at step", "read", "write", "bits of cells", "errors of cells"],
)
def test_other_threads_run_on_meanwhile(call, counter):
    assert goes_on_during(call, counter)
