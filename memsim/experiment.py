"""An experiment: strict YAML (or overrides of it) turned into frozen, checked settings with its devices resolved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from memsim.document import Document
from memsim.errors import InputError, nearest
from memsim.experiment_schema import ExperimentSpec, LearnerSpec
from memsim.library import find, library
from memsim.profiles import DeviceProfile, device_from_text, load_device

SCENES = "road-scenes"


@dataclass(frozen=True)
class Experiment:
    """Settings of a run: immutable; `replace` gives a changed copy.

    Attributes
    ----------
    document : Document
        The YAML with the origin of every value.
    spec : ExperimentSpec
        The validated settings; SI units.
    folder : Path or None
        Folder of the experiment's file. A file may name data and devices inside it only.
    named : frozenset of str
        Paths that the user gave himself (an option or `replace`); these may lie anywhere.
    profiles : mapping of str to DeviceProfile
        Devices that come with the experiment; they win over shipped ones of the same name.
    """

    document: Document
    spec: ExperimentSpec
    folder: Path | None = None
    named: frozenset[str] = frozenset()
    profiles: Mapping[str, DeviceProfile] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self.spec.name

    def replace(self, changes: Mapping[str, Any] | None = None, *, origin: str = "replace", **settings: Any) -> Experiment:
        """Copy with settings changed.

        Parameters
        ----------
        changes : mapping, optional
            Dotted paths to new values. ``learning.rate`` reaches every learner that has it,
            ``learners.NAME.learning.rate`` one. The value of ``array.device`` may be a `DeviceProfile`.
        **settings
            The same for top-level keys, e.g. ``seed=7``.

        Raises
        ------
        InputError
            If a key is unknown or a value not allowed.
        """
        document, named, profiles = self.document, set(self.named), dict(self.profiles)
        for key, value in {**(changes or {}), **settings}.items():
            if isinstance(value, DeviceProfile):
                profiles[value.name] = value
                value = value.name
            paths = self._targets(key, origin)
            if isinstance(value, Path):
                value = str(value)
            if isinstance(value, str) and (key == "data.source" or key.endswith("array.device")):
                named.add(value)
            document = document.replace({path: value for path in paths}, origin=origin)
        return replace(self, document=document, spec=document.validate(ExperimentSpec), named=frozenset(named), profiles=profiles)

    def _targets(self, key: str, origin: str) -> list[str]:
        """The dotted paths that a short or full key stands for."""
        head, _, rest = key.partition(".")
        if head == "learners":
            names = [learner.name for learner in self.spec.learners]
            if not any(rest == n or rest.startswith(n + ".") for n in names):
                given = next((n for n in names if rest.lower().startswith(n.lower())), rest.split(".")[0])
                raise InputError(f"{origin} {key}: unknown learner '{given}'{nearest(given, names)}")
            return [key]
        if head in ExperimentSpec.model_fields:
            return [key]
        if head in LearnerSpec.model_fields and head != "name":
            return [f"learners.{learner.name}.{key}" for learner in self.spec.learners]
        known = [*ExperimentSpec.model_fields, *(f for f in LearnerSpec.model_fields if f != "name")]
        raise InputError(f"{origin} {key}: unknown key '{head}'{nearest(head, known)}")

    def device(self, name: str) -> DeviceProfile:
        """The profile of a device that a learner names.

        Raises
        ------
        InputError
            If there is no such device, or its file lies outside the experiment's folder.
        """
        if name in self.profiles:
            return self.profiles[name]
        if name in library("devices"):
            return load_device(name)
        path = find("devices", name) if name in self.named else self._inside(name, "device")
        return load_device(str(path))

    def data_path(self) -> Path | None:
        """Where local images lie, or None for the embedded scenes.

        Raises
        ------
        InputError
            If the experiment's file names a place outside its own folder.
        """
        source = self.spec.data.source
        if source == SCENES:
            return None
        return Path(source).expanduser() if source in self.named else self._inside(source, "data.source")

    def _inside(self, text: str, what: str) -> Path:
        option = "--device" if what == "device" else "--data"
        if self.folder is None:
            if what == "device":
                find("devices", text)
            raise InputError(f"{what}: '{text}' is a path of another machine or user; name it yourself with {option} {text}")
        folder = self.folder.resolve()
        path = (folder / text).resolve()
        if not path.is_relative_to(folder):
            raise InputError(
                f"{self.document.name}: {what} '{text}' lies outside the experiment's folder; name it yourself with {option}"
            )
        if what == "device" and not path.exists():
            find("devices", text)
        return path

    def to_yaml(self) -> str:
        """The experiment as YAML, overrides included."""
        return self.document.to_yaml()


def experiment_names() -> list[str]:
    """Names of the shipped experiments."""
    return sorted(library("experiments"))


def load_experiment(name_or_path: str | Path) -> Experiment:
    """A shipped experiment by name, or one from a YAML file.

    Raises
    ------
    InputError
        If there is no such experiment, or its YAML is not valid (with file, line and the nearest match).
    """
    path = find("experiments", str(name_or_path))
    document = Document.from_file(path)
    shipped = path in library("experiments").values()
    return Experiment(document, document.validate(ExperimentSpec), None if shipped else path.parent)


def experiment_from_text(text: str, name: str, profiles: Mapping[str, str] | None = None) -> Experiment:
    """An experiment from YAML text, with the YAML of the devices that belong to it."""
    document = Document.from_text(text, name)
    devices = {key: device_from_text(value, f"{name} (device {key})") for key, value in (profiles or {}).items()}
    return Experiment(document, document.validate(ExperimentSpec), profiles=devices)


def parse_setting(text: str) -> tuple[str, str]:
    """Key and value text of a ``KEY=VALUE`` setting.

    Raises
    ------
    InputError
        If there is no ``=`` or no key.
    """
    match = re.fullmatch(r"\s*([^=]+?)\s*=\s*(.*?)\s*", text, re.DOTALL)
    if match is None:
        raise InputError(f"--set {text}: not of the form KEY=VALUE, for example --set learning.rate=0.1")
    return match[1], match[2]
