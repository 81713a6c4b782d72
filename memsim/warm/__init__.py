"""Compiles kernels ahead, by small runs of what needs them, so that no list of kernels can go stale."""

from memsim.warm.steps import Warmed, chosen_steps, warm

__all__ = ["Warmed", "chosen_steps", "warm"]
