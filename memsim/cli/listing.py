"""Rows of `memsim list` and `memsim device list`, from an index of the shipped files where it is up to date.

The index saves the parsing of every file. ``python -m memsim.cli.listing`` writes it, and a test compares it with the
files. Where a file differs from the one that was indexed, all rows of its kind are made anew.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from memsim.library import Kind, library

_INDEX = Path(__file__).with_name("index.json")
KINDS: tuple[Kind, ...] = ("devices", "experiments")

Rows = list[list[str]]


def rows_of(kind: Kind) -> Rows:
    """Cells of the rows of a kind of shipped files (file, column), sorted by name."""
    try:
        stored = json.loads(_INDEX.read_text(encoding="utf-8"))[kind]
        digest, rows = stored["sha256"], stored["rows"]
    except (OSError, ValueError, KeyError, TypeError):
        return computed(kind)
    return rows if digest == _digest(kind) else computed(kind)


def computed(kind: Kind) -> Rows:
    """The same rows, from the files."""
    return _devices() if kind == "devices" else _experiments()


def write_index() -> None:
    """Write the index anew."""
    content = {kind: {"sha256": _digest(kind), "rows": computed(kind)} for kind in KINDS}
    _INDEX.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _digest(kind: Kind) -> str:
    digest = hashlib.sha256()
    for name, path in library(kind).items():
        # Line ends of a checkout on another system are no change.
        text = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{name} {len(text)}\n".encode() + text)
    return digest.hexdigest()


def _devices() -> Rows:
    from memsim.profiles import load_device
    from memsim.units import format_quantity

    rows = []
    for name in library("devices"):
        profile = load_device(name)
        window = profile.spec.conductance
        ratio = f"{window.max / window.min:.3g}" if window.min > 0 else "infinite"
        pulses = str(profile.span) if profile.spec.update else "none"
        rows.append([name, profile.title, format_quantity(window.max, "S"), ratio, pulses])
    return rows


def _experiments() -> Rows:
    from memsim.experiment import load_experiment

    specs = ((name, load_experiment(name).spec) for name in library("experiments"))
    return [[name, spec.title, str(len(spec.labels))] for name, spec in specs]


if __name__ == "__main__":
    write_index()
