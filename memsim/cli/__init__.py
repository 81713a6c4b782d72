"""The command line: arguments in, one clear line out when something is wrong. Commands load what they need."""

from __future__ import annotations


def main() -> None:
    """Run the command line; an interrupt while it is being loaded ends like one in a run, with one line and 130."""
    try:
        from memsim.cli.main import main as run

        run()
    except KeyboardInterrupt:
        import os
        import sys

        if sys.stderr is not None:
            sys.stderr.write("Stopped; no unfinished file was left.\n")
            sys.stderr.flush()
        # A handler of the interpreter's end would be interrupted again by the next signal.
        os._exit(130)


__all__ = ["main"]
