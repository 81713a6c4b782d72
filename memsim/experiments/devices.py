"""Devices of an experiment: what `array.device` may say, and which profile it means.

A device is a name, a path, or a section that extends one of these and sets values of its profile:
``{extends: agsi-jo2010, read: {voltage: 0.3 V}}``. Keys such as ``array.device.read.voltage`` set single values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Annotated, Any, TypeAlias

from pydantic import ConfigDict, Field

from memsim.document import Document
from memsim.document.fields import Place, Section
from memsim.document.writer import show
from memsim.errors import InputError
from memsim.profiles import DeviceProfile, device_from_text, load_device
from memsim.profiles.inherit import OWN, changed_name, with_values
from memsim.storage.library import library

DEVICE = "array.device"
"""Key of the device of what is compared; `device` stands for it."""
_SHORT = "device"


class ChangedDevice(Section):
    """A device with values of its own: the profile that it extends, and keys of profiles with other values."""

    model_config = ConfigDict(extra="allow")

    extends: Annotated[Place, Field(examples=["epiram-choi2018"])]

    @property
    def values(self) -> dict[str, Any]:
        """What replaces values of the profile, as written."""
        return dict(self.model_extra or {})


Choice: TypeAlias = Place | ChangedDevice
"""What `array.device` says."""


def whole_key(key: str) -> str:
    """A key with `array.device` for a `device` at its start."""
    return f"array.{key}" if key == _SHORT or key.startswith(f"{_SHORT}.") else key


def value_key(key: str) -> str:
    """The key inside a profile that a key such as "array.device.read.voltage" sets; empty for other keys."""
    return f".{key}".partition(f".{DEVICE}.")[2]


def base_of(choice: Any) -> Any:
    """The name or path of the profile that a choice is, or extends."""
    return choice.extends if isinstance(choice, ChangedDevice) else choice


def set_values(choice: Any, profile: DeviceProfile | None) -> dict[str, dict[str, str]]:
    """What a choice sets of its profile: dotted key -> value, and of a number its status and source.

    Parameters
    ----------
    choice : str or ChangedDevice
        What `array.device` says.
    profile : DeviceProfile or None
        The profile that it means.
    """
    if not isinstance(choice, ChangedDevice) or profile is None:
        return {}
    rows = {row.field: row for row in profile.rows()}
    values: dict[str, dict[str, str]] = {}
    values_alone = {key: value for key, value in choice.values.items() if key not in (*OWN, "sources")}
    for key, value in _leaves(values_alone, ""):
        row = rows.get(key)
        origin = {} if row is None else {"status": row.status, "source": row.source}
        values[key] = {"value": show(value) if row is None else row.value} | {k: v for k, v in origin.items() if v}
    return values


def _leaves(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Dotted keys of plain data with their values; the long form of a number is one value."""
    for key, value in values.items():
        if isinstance(value, Mapping) and "value" not in value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


class ProfileTexts(Mapping[str, DeviceProfile]):
    """Profiles that are stored as YAML texts, by name; each is read when it is first used."""

    def __init__(self, texts: Mapping[str, str], name: str) -> None:
        self._texts = texts
        self._name = name
        self._read: dict[str, DeviceProfile] = {}

    def __getitem__(self, key: str) -> DeviceProfile:
        if key not in self._read:
            self._read[key] = device_from_text(self._texts[key], f"{self._name} (device {key})")
        return self._read[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


@dataclass(frozen=True, eq=False)
class Devices:
    """The profiles that an experiment may name.

    Attributes
    ----------
    profiles : mapping of str to DeviceProfile
        Those that come with the experiment; they win over shipped ones of the same name.
    folder : Path or None
        Folder of the experiment's file, whose profiles it may name.
    """

    profiles: Mapping[str, DeviceProfile] = field(default_factory=dict)
    folder: Path | None = None
    _known: dict[str, DeviceProfile | None] = field(default_factory=dict, repr=False)

    def with_profile(self, name: str, profile: DeviceProfile) -> Devices:
        """A copy that knows one more profile."""
        return replace(self, profiles={**self.profiles, name: profile}, _known={})

    def named(self, name: str) -> DeviceProfile | None:
        """The profile of a name that comes with the experiment, or is shipped; None if there is none."""
        if name in self.profiles:
            return self.profiles[name]
        if name not in library("devices"):
            return None
        if name not in self._known:
            self._known[name] = load_device(name)
        return self._known[name]

    def find(self, choice: Any) -> DeviceProfile | None:
        """The profile that a choice means; None where it is not valid or lies outside the experiment's folder."""
        key = choice if isinstance(choice, str) else json.dumps(_plain(choice), default=str)
        if key not in self._known:
            try:
                self._known[key] = self._profile(_plain(choice))
            except InputError:
                self._known[key] = None
        return self._known[key]

    def name(self, choice: Any) -> str:
        """Name of the device that a choice means, for labels; that of its file where it cannot be read."""
        profile, plain = self.find(choice), _plain(choice)
        if profile is not None:
            return profile.name
        if not isinstance(plain, dict):
            text = str(plain)
            return PurePath(text).stem if "/" in text or "." in text else text
        return str(plain.get("name") or changed_name(self.name(plain.get("extends", ""))))

    def states(self, choice: Any, key: str) -> bool:
        """Whether the device of a choice has the section of a key of profiles; also where it cannot be read."""
        profile, section = self.find(choice), key.rpartition(".")[0]
        return profile is None or not section or profile.document.find(section) is not None

    def _profile(self, choice: Any) -> DeviceProfile | None:
        if isinstance(choice, dict):
            base = self.find(choice.get("extends"))
            values = {key: value for key, value in choice.items() if key != "extends"}
            return None if base is None else with_values(base, Document.from_data(values))
        if not isinstance(choice, str):
            return None
        profile = self.named(choice)
        if profile is not None or self.folder is None:
            return profile
        folder = self.folder.resolve()
        place = (folder / choice).resolve()
        return load_device(place) if place.is_relative_to(folder) and place.is_file() else None


def _plain(choice: Any) -> Any:
    return {"extends": choice.extends, **choice.values} if isinstance(choice, ChangedDevice) else choice
