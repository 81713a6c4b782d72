"""Where the values of an entry come from, and by which factor they may be off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from memsim.document.problems import Path, brief, dotted
from memsim.errors import nearest
from memsim.profiles.provenance import resolve

STATED = ("measured", "published", "fitted")
"""Status of values that somebody reports for a circuit; energies of any other status need an uncertainty."""


class Origin(NamedTuple):
    """Where the values of one entry come from.

    Attributes
    ----------
    source, where, note : str or None
        Key in the table's `sources`, place in it, and free text.
    status : str
        How the values were obtained; empty if the table does not say.
    uncertainty : object
        The factor as the table states it, None if it states none.
    """

    source: str | None
    where: str | None
    status: str
    note: str | None
    uncertainty: Any


def origin_of(data: dict[str, Any], path: Path) -> Origin:
    """What a table says of the entry at a path: in the entry itself, else at the top of the table."""
    stated, _ = resolve(data, path)
    entry: Any = data
    for step in path:
        entry = entry[step]
    uncertainty = entry.get("uncertainty", data.get("uncertainty"))
    return Origin(stated.get("source"), stated.get("where"), stated.get("status", ""), stated.get("note"), uncertainty)


def unproven(data: dict[str, Any], priced: Iterable[tuple[Path, bool]]) -> Iterator[tuple[Path, str]]:
    """Path and message of every entry that does not say where its values come from, or how far they may be off.

    Parameters
    ----------
    data : dict
        A table.
    priced : iterable of (path, bool)
        The path of each entry, and whether it has an energy or a power without an uncertainty of its own.
    """
    listed = data.get("sources")
    sources = list(listed) if isinstance(listed, dict) else []
    keys = f" (one of {', '.join(sources)})" if sources else ", listed under 'sources'"
    for path, energetic in priced:
        origin, where = origin_of(data, path), dotted(data, path)
        if origin.source is not None and origin.source not in sources:
            hint = nearest(origin.source, sources) if sources else "; list it under 'sources'"
            source_key = resolve(data, path)[1]["source"]
            at = dotted(data, source_key) or "the table"
            yield (*source_key, "source"), f"unknown source {brief(origin.source)} in {at}{hint}"
        elif not origin.status:
            yield path, f"{where} does not say where its values come from; add 'status: assumed', or another status"
        elif origin.status != "assumed" and origin.source is None:
            yield path, f"{where} is '{origin.status}' without a source; add 'source: KEY'{keys} or 'status: assumed'"
        elif energetic and origin.status not in STATED and origin.uncertainty is None:
            yield (
                path,
                f"{where} is '{origin.status}' without an uncertainty; add e.g. 'uncertainty: 2': the true value lies "
                "between half and twice the value",
            )
