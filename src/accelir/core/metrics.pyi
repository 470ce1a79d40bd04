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

    def errors(self, linear: NDArray[np.float32], scale: int = 1) -> NDArray[np.float64]:
        """What each 32x32 cell of a coded picture adds to the metric's weighted sum, (ceil(H/32s), ceil(W/32s)).

        scale: s, pixels per coded pixel along a side, 1 to 1024.
        """
