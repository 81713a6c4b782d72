"""What an experiment compares: crossbars with a local rule and networks with a gradient, behind one result."""

from memsim.learners.crossbar import CrossbarLearner
from memsim.learners.memory import Memory, Task
from memsim.learners.network import NetworkLearners

__all__ = ["CrossbarLearner", "Memory", "NetworkLearners", "Task"]
