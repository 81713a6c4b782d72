"""What an experiment compares: crossbars with a local rule and networks with a gradient, behind one result."""

from memsim.tasks.memorise.learners.block import Block, Memory
from memsim.tasks.memorise.learners.crossbar import CrossbarLearner
from memsim.tasks.memorise.learners.network import NetworkLearners

__all__ = ["Block", "CrossbarLearner", "Memory", "NetworkLearners"]
