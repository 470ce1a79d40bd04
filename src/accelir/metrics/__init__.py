"""How near one picture comes to another: every metric once, one a file, behind the interface `Metric`."""

from accelir.metrics.metric import Judge, Metric, sum_by_cell
from accelir.metrics.psnr import PSNR_RGB, PSNR_Y, Psnr, psnr
from accelir.metrics.ssimulacra2 import SSIMULACRA2, Ssimulacra2

METRICS: dict[str, Metric] = {metric.name: metric for metric in (PSNR_RGB, PSNR_Y, SSIMULACRA2)}
"""Every metric by its name."""

__all__ = [
    "METRICS",
    "PSNR_RGB",
    "PSNR_Y",
    "SSIMULACRA2",
    "Judge",
    "Metric",
    "Psnr",
    "Ssimulacra2",
    "psnr",
    "sum_by_cell",
]
