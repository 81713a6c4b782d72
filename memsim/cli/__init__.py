"""The command line: arguments in, one clear line out when something is wrong. Commands load what they need."""

from memsim.cli.main import main

__all__ = ["main"]
