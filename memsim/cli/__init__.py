"""The command line: arguments in, one clear line out when something is wrong. Commands load what they need."""

from __future__ import annotations

from memsim.stopping import stop_on_signals


def main() -> None:
    """Run the command line; a signal that stops it ends it with one line, also while it is being loaded."""
    stop_on_signals()

    from memsim.cli.main import main as run

    run()


__all__ = ["main"]
