"""Rows of lists of shipped files, and keys of experiments, from an index where it is up to date.

The index saves the parsing of every shipped file, and the import of the schema. ``python -m memsim.cli.listing`` writes
it, and a test compares it with the files. Where a file differs from the one that was indexed, all rows of its kind are
made anew.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from memsim.storage.library import Kind, library

_INDEX = Path(__file__).with_name("index.json")
KINDS: tuple[Kind, ...] = ("devices", "experiments", "studies")

Rows = list[list[str]]


def rows_of(kind: Kind) -> Rows:
    """Cells of the rows of a kind of shipped files (file, column), sorted by name."""
    stored = _stored(kind)
    if not isinstance(stored, dict) or stored.get("sha256") != _digest(kind):
        return computed(kind)
    return stored["rows"]


def computed(kind: Kind) -> Rows:
    """The same rows, from the files."""
    return {"devices": _devices, "experiments": _experiments, "studies": _studies}[kind]()


def stored_keys() -> list[str]:
    """Dotted keys of experiments of all tasks, those of learners without the learner; empty without an index."""
    return _stored("keys") or []


def computed_keys() -> list[str]:
    """The same keys, from the schema."""
    from memsim.tasks.json_schema import experiment_schema

    schema = experiment_schema()
    return sorted(set(filter(None, map(_setting, _leaves(schema, schema["definitions"], "", frozenset())))))


def _setting(key: str) -> str:
    """A key without what says where a device's number comes from; empty for a key that says it."""
    from memsim.experiments.devices import value_key
    from memsim.profiles.provenance import PROVENANCE

    section, _, last = key.rpartition(".")
    if not value_key(key):
        return key
    return section if last == "value" else "" if last in PROVENANCE else key


def write_index() -> None:
    """Write the index anew."""
    content: dict[str, Any] = {kind: {"sha256": _digest(kind), "rows": computed(kind)} for kind in KINDS}
    content["keys"] = computed_keys()
    _INDEX.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _stored(section: str) -> Any:
    """A section of the index; None where the index is missing or damaged."""
    try:
        return json.loads(_INDEX.read_text(encoding="utf-8"))[section]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digest(kind: Kind) -> str:
    digest = hashlib.sha256()
    for name, path in library(kind).items():
        # Line ends of a checkout on another system are no change.
        text = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{name} {len(text)}\n".encode() + text)
    return digest.hexdigest()


def _leaves(node: dict[str, Any], definitions: dict[str, Any], prefix: str, seen: frozenset[str]) -> set[str]:
    """Keys of a schema that hold no further keys; `seen` are the definitions that contain this one."""
    leaves: set[str] = set()
    reference = node.get("$ref", "").rpartition("/")[2]
    if reference and reference not in seen:
        leaves |= _leaves(definitions[reference], definitions, prefix, seen | {reference})
    for word in ("allOf", "anyOf", "oneOf"):
        for part in node.get(word, []):
            leaves |= _leaves(part, definitions, prefix, seen)
    if "then" in node:
        leaves |= _leaves(node["then"], definitions, prefix, seen)
    if isinstance(node.get("items"), dict):
        leaves |= _leaves(node["items"], definitions, "", seen)
    for name, part in node.get("properties", {}).items():
        inner = _leaves(part, definitions, f"{prefix}{name}.", seen)
        plain = any(option.get("type") == "string" for option in part.get("anyOf", []))
        if plain or not any(key.startswith(f"{prefix}{name}.") for key in inner):
            leaves.add(f"{prefix}{name}")
        leaves |= inner
    return leaves


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
    from memsim.experiments.loading import load_experiment

    specs = ((name, load_experiment(name).spec) for name in library("experiments"))
    return [[name, spec.title, str(len(spec.labels))] for name, spec in specs]


def _studies() -> Rows:
    from memsim.studies.study import load_study
    from memsim.units import moment

    specs = ((name, load_study(name).spec) for name in library("studies"))
    return [
        [name, spec.title, spec.source, str(len(spec.claims)), moment(spec.duration) if spec.duration else "unknown"]
        for name, spec in specs
    ]


if __name__ == "__main__":
    write_index()
