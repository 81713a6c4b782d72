"""A device profile: the validated numbers, the document they were read from, and where each comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from memsim.document import Document
from memsim.document.fields import Quantity
from memsim.document.problems import Path, dotted
from memsim.errors import InputError, nearest
from memsim.profiles.provenance import Provenance, numbers, resolve, unproven, written_numbers
from memsim.profiles.schema import SPREADING, DeviceSpec

_DOTTED_KEYS = {"variability.d2d": SPREADING, "variability.per_pulse": SPREADING}


class Row(NamedTuple):
    """One number of a profile, as `memsim device show` prints it."""

    field: str
    value: str
    status: str
    source: str


@dataclass(frozen=True)
class DeviceProfile:
    """A device: what it does, in SI units, and where every number comes from.

    Attributes
    ----------
    document : Document
        The YAML document, as authored or changed.
    spec : DeviceSpec
        Its validated content: SI units, sigmas as fractions.
    """

    document: Document
    spec: DeviceSpec = field(compare=False)

    @classmethod
    def from_document(cls, document: Document, setter: Callable[[Path], str] | None = None) -> DeviceProfile:
        """Profile in a document.

        Parameters
        ----------
        document : Document
            The profile.
        setter : callable, optional
            Says what set the value at a path, empty for a value that the profile's author wrote. A number that was set
            becomes "assumed", unless its status was set too. By default, what `Document.replace` changed was set.

        Raises
        ------
        DocumentError
            Keys, values or units are not allowed, or a number does not say where it comes from.
        """
        data, setter = document.data, setter or _changed_in(document)
        written = [path for path in written_numbers(data, DeviceSpec) if not setter(path)]
        spec = document.validate(DeviceSpec, lambda: unproven(data, written))
        if spec.extends is not None:
            raise document.error([(("extends",), "extends takes effect when a file is read; it cannot be set later")])
        paths = [path for path, _, _ in numbers(spec)]
        for path in paths:
            document = _own_up(document, path, setter)
        if problems := unproven(document.data, paths):
            raise document.error(problems)
        return cls(document, spec)

    @property
    def name(self) -> str:
        """Identifier, such as "taox-hfox-wu2018"."""
        return self.spec.name

    @property
    def title(self) -> str:
        """One line for people."""
        return self.spec.title

    @property
    def technology(self) -> str:
        """Kind of device, such as "oxide RRAM"."""
        return self.spec.technology

    @cached_property
    def span(self) -> int:
        """Pulses that span the window, by which a wanted change is turned into pulses."""
        from memsim.profiles.nominal import pulse_span  # needs the models, hence Numba

        update = self.spec.update
        return (update.span if update is not None else None) or pulse_span(self.spec)

    @property
    def reset_span(self) -> int:
        """Reset pulses that span the window; as many as set pulses where the profile does not tell them apart."""
        return getattr(self.spec.update, "reset_pulses", None) or self.span

    def replace(
        self, changes: Mapping[str, Any] | None = None, *, origin: str = "replace", **values: Any
    ) -> DeviceProfile:
        """A profile with values set at dotted paths, validated again; a replaced number becomes "assumed".

        Parameters
        ----------
        changes : mapping, optional
            Dotted path -> value as in YAML: ``{"variability.c2c.sigma": "2 %"}``. None unsets an optional section. A
            number keeps a provenance that comes with the change (long form, or a `status` in the same section).
        origin : str
            How errors name these changes, for example "--set".
        **values
            The same for keys of the first level, e.g. ``title="A cell of mine"``.
        """
        document = self.document.replace({**(changes or {}), **values}, origin, _DOTTED_KEYS)
        return DeviceProfile.from_document(document)

    def to_yaml(self) -> str:
        """YAML text of the profile, from which `device_from_text` makes an equal one."""
        return self.document.to_yaml()

    def provenance(self, path: str) -> Provenance:
        """Where the number at a dotted path comes from.

        Raises
        ------
        InputError
            The profile has no such field.
        """
        found = self.document.find(path)
        if found is None:
            known = [row.field for row in self.rows()]
            raise InputError(f"device '{self.name}' has no field '{path}'{nearest(path, known)}")
        given, _ = resolve(self.document.data, found)
        return Provenance(given.get("source"), given.get("where"), given.get("status", ""), given.get("note"))

    def number(self, path: str) -> tuple[float, str] | None:
        """Value and unit, in SI, of the number at a dotted path; None where the profile has no number there."""
        for at, value, marker in numbers(self.spec):
            if dotted(self.document.data, at) == path:
                unit = marker.unit if isinstance(marker, Quantity) else "1"
                return float(value), "1" if unit == "%" else unit
        return None

    def rows(self) -> list[Row]:
        """Every number of the profile with its unit, status and source, in the order of the schema."""
        data = self.document.data
        rows = []
        for path, value, marker in numbers(self.spec):
            given, _ = resolve(data, path)
            shown = marker.show(value, 6)
            if path[-1] == "sigma" and (base := _base(data, path)) is not None:
                shown += f" of {base}"
            rows.append(Row(dotted(data, path), shown, given["status"], given.get("source", "")))
        return rows


def _base(data: Any, path: Path) -> str | None:
    """What a sigma is relative to; None for one in units of its own."""
    for key in path[:-1]:
        data = data[key]
    return data.get("relative_to")


def _changed_in(document: Document) -> Callable[[Path], str]:
    """Says what changed the value at a path of a document; empty for values that it had from the start."""

    def setter(path: Path) -> str:
        origin = document.origin(path)
        return f"set by {origin}" if isinstance(origin, str) else ""

    return setter


def _own_up(document: Document, path: Path, setter: Callable[[Path], str]) -> Document:
    """The document with a number that was set marked "assumed", unless its status was set too."""
    note = setter(path)
    if not note:
        return document
    given = resolve(document.data, path)[1].get("status")
    if given is not None and setter((*given, "status")):
        return document
    value = document.get(dotted(document.data, path))
    long_form = value if isinstance(value, dict) else {"value": value}
    return document.restate(path, {**long_form, "status": "assumed", "note": note})
