"""The compiled metrics (csrc/metrics, bound in csrc/python/metrics.cc), which release the GIL.

Wrong shapes raise ValueError, wrong types TypeError.
"""

import numpy as np
from numpy.typing import NDArray

class Ssimulacra2:
    """SSIMULACRA 2 of pictures against one reference, which is analysed once; it keeps 48 bytes a pixel.

    Pictures are linear light, float32 HxWx3, 0 to 1.
    """

    def __init__(self, linear: NDArray[np.float32]) -> None: ...
    def score(self, linear: NDArray[np.float32]) -> float:
        """At most 100, which equal pictures have; below 0 for those far apart."""

    def errors(self, linear: NDArray[np.float32], side: int = 32) -> NDArray[np.float64]:
        """What each cell adds to the metric's weighted sum, (ceil(H/side), ceil(W/side)).

        side: of a cell in pixels, a power of 2 or a multiple of 32, 1 to 32768.
        """
