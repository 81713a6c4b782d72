"""Long runs of the attacks, and the repetition of single cases.

python -m tests.attack device=10000 experiment=3000 --kept failures
python -m tests.attack --all 1000
python -m tests.attack --repeat device 123
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from .campaign import SOUND, attack, running
from .inputs import KINDS, Inputs


def main() -> int:
    """Run the attacks that the command line asks for; 1 if any of them failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description="Load damaged inputs of every kind.")
    parser.add_argument("counts", nargs="*", metavar="KIND=N", help=f"kinds: {', '.join(KINDS)}")
    parser.add_argument("--all", type=int, metavar="N", help="so many of every kind")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first seed")
    parser.add_argument("--repeat", nargs=2, metavar=("KIND", "SEED"), help="one case; its input is kept")
    parser.add_argument("--kept", type=Path, default=Path("attacks"), metavar="FOLDER", help="for inputs that failed")
    options = parser.parse_args()
    counts = dict.fromkeys(KINDS, options.all) if options.all else {}
    counts |= {kind: int(count) for kind, _, count in (text.partition("=") for text in options.counts)}
    failed = 0
    with tempfile.TemporaryDirectory() as name, running() as server:
        inputs = Inputs(Path(name))
        if options.repeat:
            kind, seed = options.repeat
            place = options.kept / f"{kind}-{seed}"
            place.mkdir(parents=True, exist_ok=True)
            path = inputs.write(kind, int(seed), place)
            attack(kind, [SOUND], inputs, server, Path(name), options.kept)
            answer = server.load(kind, path)
            print(f"{path}: {answer}")
            return bool(answer["problems"])
        for kind, count in counts.items():
            seeds = range(options.first, options.first + count)
            summary = attack(kind, seeds, inputs, server, Path(name), options.kept)
            print(f"{kind}: {summary}", flush=True)
            print(
                *(f"  {kind} {seed}: {p}\n" for seed, problems in summary.failures.items() for p in problems),
                sep="",
                end="",
            )
            failed += len(summary.failures)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
