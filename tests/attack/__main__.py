"""Long runs of the attacks, and the repetition of single cases.

python -m tests.attack device=10000 experiment=3000 --kept failures
python -m tests.attack --all 1000
python -m tests.attack --repeat device 123
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from memsim.errors import name_list, nearest, printable, shown

from .campaign import SOUND, Server, attack, running
from .inputs import KINDS, Inputs


def main(words: Sequence[str] | None = None) -> int:
    """Run the attacks that the command line asks for; 1 if any of them failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description="Load damaged inputs of every kind.")
    parser.add_argument("counts", nargs="*", metavar="KIND=N", help=f"kinds: {', '.join(KINDS)}")
    parser.add_argument("--all", metavar="N", help="so many of every kind")
    parser.add_argument("--first", default="0", metavar="SEED", help="the first seed [default: 0]")
    parser.add_argument("--repeat", nargs=2, metavar=("KIND", "SEED"), help="one case; its input stays in FOLDER")
    parser.add_argument(
        "--kept",
        type=Path,
        default=Path("attacks"),
        metavar="FOLDER",
        help="where inputs that failed stay [default: attacks]",
    )
    options = parser.parse_args(words)
    try:
        first = _number("--first", options.first, 0)
        counts = dict.fromkeys(KINDS, _number("--all", options.all, 1)) if options.all is not None else {}
        counts |= dict(map(_count, options.counts))
        case = None
        if options.repeat is not None:
            case = _kind("--repeat", options.repeat[0]), _number("--repeat", options.repeat[1], SOUND)
    except ValueError as error:
        parser.error(str(error))
    if (case is None) == (not counts):
        parser.error("allowed is one of: KIND=N (several if you like) or --all N; --repeat KIND SEED")
    with tempfile.TemporaryDirectory() as name, running() as server:
        folder = Path(name)
        if case is not None:
            return _repeat(*case, folder, options.kept, server)
        inputs = Inputs(folder)
        failed = 0
        for kind, count in counts.items():
            summary = attack(kind, range(first, first + count), inputs, server, folder, options.kept)
            print(f"{kind}: {summary}", flush=True)
            for seed, problems in summary.failures.items():
                for problem in problems:
                    print(f"  {kind} {seed}: {problem}")
            failed += len(summary.failures)
    return failed > 0


def _repeat(kind: str, seed: int, folder: Path, kept: Path, server: Server) -> int:
    """Load one input again, and print where it lies and what the load did; 1 if it failed."""
    place = kept / f"{kind}-{seed}"
    if place.exists():
        shutil.rmtree(place)
    place.mkdir(parents=True)
    inputs = Inputs(folder)
    path = inputs.write(kind, seed, place)
    attack(kind, [SOUND], inputs, server, folder, kept)
    answer = server.load(kind, path)
    outcome = "failed" if answer["problems"] else "loaded" if answer["loaded"] else "refused"
    print(f"{path}: {outcome}; {answer['cpu']:.2f} s of processor time, {answer['memory'] / 2**20:.0f} MiB of memory")
    for what, texts in (("problem", answer["problems"]), ("message", answer["messages"])):
        for text in texts:
            print(f"  {what}: {printable(text)}")
    return bool(answer["problems"])


def _count(text: str) -> tuple[str, int]:
    """Kind and number of inputs of a word such as "device=10"."""
    kind, equals, number = text.partition("=")
    if not equals:
        hint = nearest(kind, KINDS) if kind not in KINDS else ""
        raise ValueError(f"{shown(text)} is not of the form KIND=N, such as device=10{hint}")
    return _kind(text, kind), _number(text, number, 1)


def _kind(where: str, kind: str) -> str:
    if kind not in KINDS:
        hint = nearest(kind, KINDS) or f"; allowed: {name_list(list(KINDS))}"
        raise ValueError(f"{where}: unknown kind {shown(kind)}{hint}")
    return kind


def _number(where: str, text: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise ValueError(f"{where}: {shown(text)} is not a whole number of at least {least}")
    return number


if __name__ == "__main__":
    sys.exit(main())
