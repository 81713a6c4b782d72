"""A profile line by line: every value that holds, in the author's units and in SI, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from pydantic import BaseModel

from memsim.document import Place
from memsim.document.fields import Count, Quantity, marker_of
from memsim.document.problems import Path, dotted
from memsim.profiles.profile import DeviceProfile
from memsim.profiles.provenance import PROVENANCE
from memsim.profiles.schema import NO_RETENTION

DEFAULT = "default"
_ABOUT = ("extends", "name", "title", "technology", "notes", "sources", *PROVENANCE)
_LONGEST = 6
"""Values of a list that are shown."""


class Line(NamedTuple):
    """One value of a profile, as text.

    Attributes
    ----------
    field : str
        Dotted path.
    value : str
        As an author would write it, a sigma with what it is relative to.
    si : str
        The number in SI units, percent as a fraction; empty for what is no number.
    status : str
        Status of a number, or `DEFAULT` for what the profile does not say.
    source : str
        Key of its source.
    inherited : str
        Name of the profile that a value was taken from by `extends`.
    """

    field: str
    value: str
    si: str
    status: str
    source: str
    inherited: str


def lines(profile: DeviceProfile) -> list[Line]:
    """Every value that holds for a device: given, inherited, or a default."""
    rows = {row.field: row for row in profile.rows()}
    data = profile.document.data
    found = []
    for path, value, marker, given in _leaves(profile.spec, ()):
        name = dotted(data, path)
        row = rows.get(name)
        if row is not None:
            shown, status, source = row.value, row.status, row.source
        else:
            shown, status, source = _shown(value, marker), "" if given else DEFAULT, ""
        found.append(Line(name, shown, _si(value, marker), status, source, _inherited(profile, path) if given else ""))
    if profile.spec.update is not None and profile.spec.update.encoding is None:
        after = max(number for number, line in enumerate(found) if line.field.startswith("update."))
        found.insert(after + 1, Line("update.encoding", profile.spec.encoding, "", DEFAULT, "", ""))
    if profile.spec.retention is None:
        found.append(Line("retention", NO_RETENTION, "", DEFAULT, "", ""))
    return found


def _leaves(section: BaseModel, at: Path) -> Iterator[tuple[Path, Any, Quantity | Count | None, bool]]:
    """Path, value, mark and whether the profile says it, of every value below a section."""
    fields = type(section).model_fields
    sized = any(key in fields for key in ("sigma", "amplitude"))
    for key in sorted(fields, key=lambda key: key != "model"):
        value = getattr(section, key)
        # What a sigma is relative to is told beside it.
        if value is None or key in (PROVENANCE if at else _ABOUT) or (sized and key == "relative_to"):
            continue
        yield from _below(value, (*at, key), marker_of(fields[key]), key in section.model_fields_set)


def _below(
    value: Any, at: Path, marker: Quantity | Count | None, given: bool
) -> Iterator[tuple[Path, Any, Quantity | Count | None, bool]]:
    if isinstance(value, BaseModel):
        for path, inner, mark, said in _leaves(value, at):
            yield path, inner, mark, said and given
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _below(item, (*at, key), marker, given)
    elif isinstance(value, tuple) and any(isinstance(item, BaseModel) for item in value):
        for number, item in enumerate(value):
            yield from _below(item, (*at, number), marker, given)
    else:
        yield at, value, marker, given


def _shown(value: Any, marker: Quantity | Count | None) -> str:
    if isinstance(value, list | tuple):
        first = ", ".join(_shown(item, marker) for item in value[:_LONGEST])
        return first + (f", ... ({len(value)} values)" if len(value) > _LONGEST else "")
    if marker is not None:
        return marker.show(value, 6)
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _si(value: Any, marker: Quantity | Count | None) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    unit = marker.unit if isinstance(marker, Quantity) and marker.unit not in ("1", "%") else ""
    return f"{value:.6g} {unit}".rstrip()


def _inherited(profile: DeviceProfile, path: Path) -> str:
    origin = profile.document.origin(path)
    return FilePath(origin.document).stem if isinstance(origin, Place) else ""
