"""Named entries of one kind, such as learning rules: what there is by name, and an entry made from its settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from memsim.errors import InputError, nearest

Entry = TypeVar("Entry")


class Registry(Mapping[str, type[Entry]], Generic[Entry]):
    """The dataclasses of one kind by name, in order.

    Parameters
    ----------
    kind : str
        What an entry is, as errors say it and as documents call the key that names one, such as "rule".
    entries : iterable of type
        Dataclasses with the class attribute ``name``; their fields are the settings of an entry.
    """

    def __init__(self, kind: str, entries: Iterable[Any]) -> None:
        self.kind = kind
        self._entries: dict[str, type[Entry]] = {entry.name: entry for entry in entries}

    def __getitem__(self, name: str) -> type[Entry]:
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def make(self, name: str, **settings: Any) -> Entry:
        """The entry of a name with these settings; those that are left out have the defaults of its dataclass.

        Raises
        ------
        InputError
            If there is no such entry, it does not have a setting or needs one, or a value is not allowed.
        """
        if name not in self._entries:
            raise InputError(f"{self.kind}: unknown {self.kind} {name!r}{nearest(str(name), self)}")
        entry: Any = self._entries[name]
        own = [field.name for field in dataclasses.fields(entry)]
        for setting in settings:
            if setting not in own:
                has = f"has {', '.join(own)}" if own else "has no settings"
                close = nearest(setting, own) if own else ""
                hint = close if "did you mean" in close else ""
                raise InputError(f"{setting}: {self.kind} '{name}' {has}{hint}")
        for field in dataclasses.fields(entry):
            if field.name not in settings and field.default is dataclasses.MISSING:
                raise InputError(f"{field.name}: {self.kind} '{name}' needs it")
        made: Entry = entry(**settings)
        return made
