"""CUDA twins of the loops in `memsim.kernels`, one file a family, made of the same scalar functions."""
