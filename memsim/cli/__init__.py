"""The command line: arguments in, one clear line out when something is wrong. Heavy modules load inside the commands."""

from memsim.cli.main import main

__all__ = ["main"]
