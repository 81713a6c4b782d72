"""Networks trained by gradients, the baselines of local learning; on NumPy or CuPy through the array API."""

from memsim.baselines.losses import GRADIENTS, LOSSES, Loss

__all__ = ["GRADIENTS", "LOSSES", "Loss"]
