"""How near one picture comes to another: every metric once, one a file, behind the interface `Metric`."""

from accelir.metrics.metric import Metric, sum_by_cell
from accelir.metrics.psnr import PSNR_RGB, PSNR_Y, Psnr, psnr

METRICS: dict[str, Metric] = {metric.name: metric for metric in (PSNR_RGB, PSNR_Y)}
"""Every metric by its name."""

__all__ = ["METRICS", "PSNR_RGB", "PSNR_Y", "Metric", "Psnr", "psnr", "sum_by_cell"]
