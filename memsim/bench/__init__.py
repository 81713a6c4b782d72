"""How fast memsim is on this machine: kernels and experiments beside ceilings that are measured in the same run."""

from memsim.bench.dataset import bench
from memsim.bench.options import KINDS, Options

__all__ = ["KINDS", "Options", "bench"]
