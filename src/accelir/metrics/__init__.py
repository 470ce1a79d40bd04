"""How near one picture comes to another: every metric once, one a file, behind the interface `Metric`."""

from accelir.metrics.flat import PSNR_FLAT, FlatPsnr
from accelir.metrics.metric import Judge, Metric, sum_by_cell
from accelir.metrics.psnr import PSNR_RGB, PSNR_Y, Psnr, psnr
from accelir.metrics.ssim import MS_SSIM, SSIM, MultiScaleSsim, Ssim
from accelir.metrics.ssimulacra2 import SSIMULACRA2, Ssimulacra2

METRICS: dict[str, Metric] = {
    metric.name: metric for metric in (PSNR_RGB, PSNR_Y, PSNR_FLAT, SSIM, MS_SSIM, SSIMULACRA2)
}
"""Every metric by its name."""

__all__ = [
    "METRICS",
    "MS_SSIM",
    "PSNR_FLAT",
    "PSNR_RGB",
    "PSNR_Y",
    "SSIM",
    "SSIMULACRA2",
    "FlatPsnr",
    "Judge",
    "Metric",
    "MultiScaleSsim",
    "Psnr",
    "Ssim",
    "Ssimulacra2",
    "psnr",
    "sum_by_cell",
]
