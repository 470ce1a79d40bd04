"""Measuring many pictures at once: on this machine's cores, or on a cluster by Dask."""

from __future__ import annotations

from pathlib import Path

from joblib import Parallel, delayed, parallel_config
from tqdm import tqdm

from accelir.profiling.measure import Measurement, MeasurementPlan, keep, load, measure, stored
from accelir.storage.cluster import cluster


def measure_all(
    pictures: list[Path], plans: list[MeasurementPlan], work: Path, *, jobs: int = 1, dask: str | None = None
) -> list[list[Measurement]]:
    """Each picture's measurements, one a plan; what `work` holds of an earlier build is not measured again.

    jobs: processes. dask: the address of a Dask scheduler whose workers do it instead; they must find the pictures and
    networks under the same paths. Results are written here alone, as they come. Raises ClusterError without one there.
    """
    places = [[(picture, plan, stored(picture, plan, work)) for plan in plans] for picture in pictures]
    todo = [place for row in places for place in row if load(place[2]) is None]
    place = parallel_config(backend="loky", n_jobs=jobs) if dask is None else cluster(dask)
    with place, tqdm(total=len(pictures) * len(plans), unit="picture", desc="measuring") as bar:
        bar.update(bar.total - len(todo))
        results = Parallel(return_as="generator_unordered", batch_size=1)(delayed(_measure_one)(*t) for t in todo)
        for path, measurement in results:
            keep(path, measurement)
            bar.update()
    return [[Measurement.from_bytes(path.read_bytes()) for _, _, path in row] for row in places]


def _measure_one(picture: Path, plan: MeasurementPlan, path: Path) -> tuple[Path, Measurement]:
    return path, measure(picture, plan)
