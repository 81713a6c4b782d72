"""An experiment: strict YAML (or overrides of it) turned into frozen, checked settings with its devices resolved."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from memsim.document import Document, DocumentError
from memsim.document.entries import foreign_keys
from memsim.document.problems import problems_of
from memsim.document.walk import Spot, bare, keys_of
from memsim.errors import InputError, nearest
from memsim.experiment_schema import ComparedBase, ExperimentSpec, ImageExperimentSpec
from memsim.profiles import DeviceProfile, device_from_text, load_device
from memsim.storage.library import find, library
from memsim.synonyms import synonyms
from memsim.tasks.base import Task
from memsim.tasks.registry import DEFAULT, TASKS


def _task(document: Document) -> Task:
    """The task of a document; the first one where it names none."""
    name = document.get("task", DEFAULT)
    if isinstance(name, str) and name in TASKS:
        return TASKS[name]
    where, allowed = document.where(document.find("task") or ()), list(TASKS)
    hint = nearest(str(name), allowed)
    text = f"allowed: {', '.join(allowed)}" + (hint if "did you mean" in hint else "")
    raise InputError(f"{where}: task is {str(name)!r}; {text}")


def _validated(document: Document) -> ExperimentSpec:
    """The settings of a document, by the schema of its task."""
    return document.validate(_task(document).spec_type)


def _sections(spec: ExperimentSpec) -> dict[str, Any]:
    """Models of the data and of the sections of a learner, by name; as the first key of a change they reach all."""
    fields = type(spec).model_fields
    learner = bare(fields[f"{spec.COMPARED}s"].annotation)[0].__args__[0]
    names = dict.fromkeys(name for own in learner.KINDS for name in own)
    models = {name: bare(learner.model_fields[name].annotation)[0] for name in names}
    return {"data": fields["data"].annotation, **models} if "data" in fields else models


@dataclass(frozen=True)
class Experiment:
    """Settings of a run: immutable; `replace` gives a changed copy.

    Attributes
    ----------
    document : Document
        The YAML with the origin of every value.
    spec : ExperimentSpec
        The validated settings, by the schema of the task; SI units.
    folder : Path or None
        Folder of the experiment's file. A file may name data and devices inside it only; what a user names himself
        (an option or `replace`) may lie anywhere.
    profiles : mapping of str to DeviceProfile
        Devices that come with the experiment; they win over shipped ones of the same name.
    changed : mapping of str to str
        What `replace` changed, and to what; for people.
    """

    document: Document
    spec: ExperimentSpec
    folder: Path | None = None
    profiles: Mapping[str, DeviceProfile] = field(default_factory=dict)
    changed: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self.spec.name

    @property
    def task(self) -> Task:
        """What the experiment computes."""
        return TASKS[self.spec.task]

    @property
    def _listed(self) -> str:
        """Key of what the experiment compares, such as "learners"."""
        return f"{self.spec.COMPARED}s"

    def replace(
        self, changes: Mapping[str, Any] | None = None, *, origin: str = "replace", **settings: Any
    ) -> Experiment:
        """Copy with settings changed.

        Parameters
        ----------
        changes : mapping, optional
            Dotted paths to new values. ``learning.rate`` reaches every learner that has it,
            ``learners.NAME.learning.rate`` one. The value of ``array.device`` may be a `DeviceProfile`.
        origin : str
            How errors name these changes, for example "--set".
        **settings
            The same for top-level keys, e.g. ``seed=7``.

        Raises
        ------
        InputError
            If a key is unknown or a value not allowed.
        """
        wanted = {**(changes or {}), **settings}
        if self._listed in wanted and len(wanted) > 1:  # the other keys mean the new learners
            learners = wanted.pop(self._listed)
            kept = {key: self.document.get(key) for key in self._unnamed() if key not in wanted}
            bare = self.document.replace({self._listed: learners, **self._unnamed()}, origin=origin)
            named = {**self.changed, self._listed: json.dumps(learners, default=str)}
            first = replace(self, document=bare, spec=_validated(bare), changed=named)
            whole = first.replace({**wanted, **kept}, origin=origin)
            return replace(whole, changed={k: v for k, v in whole.changed.items() if k not in kept or k in named})
        document, profiles, changed = self.document, dict(self.profiles), dict(self.changed)
        for key, value in self._in_order(wanted):
            paths = self._targets(key, origin)
            self._refuse_swept(key, paths, origin)
            if isinstance(value, Path):
                value = str(value)
            if key.endswith("array.device") and isinstance(value, str | DeviceProfile):
                value = self._adopt(value, paths, profiles, origin if origin == "--device" else f"{origin} {key}")
            document = self._set(document, paths, value, origin)
            changed.pop(key, None)
            changed[key] = value if isinstance(value, str) else json.dumps(value, default=str)
        spec = _validated(document)
        return replace(self, document=document, spec=spec, profiles=profiles, changed=changed)

    def _in_order(self, changes: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """Changes, those that choose a rule or a loss before those of its settings."""
        return sorted(changes.items(), key=lambda change: not foreign_keys(*self._choice(*change)))

    def _choice(self, path: str, value: Any) -> tuple[Any, str, Any]:
        """Model of the section that a dotted path leads into, the key of this section, and the value."""
        before, _, key = path.rpartition(".")
        return _sections(self.spec).get(before.rpartition(".")[2]), key, value

    def _set(self, document: Document, paths: Sequence[str], value: Any, origin: str | int) -> Document:
        """A document with a value at some paths, without the settings that only an earlier rule or loss has."""
        document = document.replace(dict.fromkeys(paths, value), origin=origin)
        gone = []
        for path in paths:
            section = (document.find(path) or ())[:-1]
            foreign = foreign_keys(*self._choice(path, value))
            gone += [(*section, key) for key in foreign if document.find(f"{path.rpartition('.')[0]}.{key}")]
        return document.without(gone) if gone else document

    def _unnamed(self) -> dict[str, Any]:
        """What the document says about learners of its result by name, each as if it said nothing."""
        empty: dict[str, Any] = {"published": {}, "reference": None, "sweep": {}}
        return {key: value for key, value in empty.items() if self.document.find(key)}

    def _targets(self, key: str, origin: str) -> list[str]:
        """The dotted paths that a short or full key stands for."""
        head, _, rest = key.partition(".")
        if head == self._listed and rest:
            names = [learner.name for learner in self.spec.compared]
            if not any(rest == n or rest.startswith(n + ".") for n in names):
                given = next((n for n in names if rest.lower().startswith(n.lower())), rest.split(".")[0])
                raise InputError(f"{origin} {key}: unknown {self.spec.COMPARED} '{given}'{nearest(given, names)}")
            return [key]
        fields, sections = type(self.spec).model_fields, _sections(self.spec)
        if head in fields:
            return [key]
        if head in sections:
            having = self.spec.having(key)
            if not having:
                first = self.spec.compared[0]
                kind = next(name for name, own in zip(first.NAMES, first.KINDS, strict=True) if head in own)
                raise InputError(f"{origin} {key}: no learner of this experiment has '{head}' (none is a {kind})")
            return [f"{self._listed}.{name}.{key}" for name in having]
        nested = (f"{name}.{key}" for name, model in sections.items() for key in keys_of(Spot(model, (), None)))
        words, paths = (head, *synonyms(head)), list(nested)
        full = next((path for word in words for path in paths if path.endswith(f".{word}")), None)
        hint = f"; did you mean '{full}'?" if full else nearest(head, (*fields, *sections))
        raise InputError(f"{origin} {key}: unknown key '{head}'{hint}")

    def _refuse_swept(self, key: str, paths: list[str], origin: str) -> None:
        """Refuse to set what every run of the sweep would set again."""
        for swept in self.spec.sweep:
            if set(paths) & set(self._targets(swept, "sweep")):
                raise InputError(
                    f"{origin} {key}: this experiment sweeps '{swept}'; change its values with {origin} sweep.{swept}"
                )

    @property
    def unswept(self) -> Experiment:
        """The experiment without its sweep, and without what it says about learners of the swept result by name."""
        document = self.document.replace(self._unnamed())
        return replace(self, document=document, spec=_validated(document))

    def variants(self) -> list[Experiment]:
        """The experiment with the values of every run of its sweep, in order; itself where nothing is swept.

        Raises
        ------
        DocumentError
            All swept keys that are unknown, and all values that are not allowed.
        """
        if not self.spec.sweep:
            return [self]
        allowed, problems = (*_sections(self.spec), self._listed, "seed"), []
        for key in self.spec.sweep:
            head = key.partition(".")[0]
            if head not in allowed:
                where = self.document.where(self.document.find(f"sweep.{key}") or ())
                problems.append(f"{where}: sweep: '{key}' cannot be swept{nearest(head, allowed)}")
        single, variants = self.unswept.document, []
        for values in self.spec.combinations if not problems else ():
            try:
                variants.append(self._variant(single, values))
            except InputError as error:
                problems += problems_of(error)
        if problems:
            raise DocumentError(list(dict.fromkeys(problems)))
        return variants

    def _variant(self, document: Document, values: Mapping[str, Any]) -> Experiment:
        """The experiment with the values of one run, which may name no more than the sweep that they come from."""
        for key, value in self._in_order(values):
            origin = self.document.origin(self.document.find(f"sweep.{key}") or ())
            paths = self._targets(key, "sweep")
            document = self._set(document, paths, value, origin if isinstance(origin, int) else "sweep")
        return replace(self, document=document, spec=_validated(document))

    def tuned(self, learner: str, values: Mapping[str, Any]) -> Any:
        """The settings of a learner with values that it is tuned over, by dotted key.

        Raises
        ------
        InputError
            If a value is not allowed.
        """
        document = self.document
        for key, value in self._in_order(values):
            origin = document.origin(document.find(f"learners.{learner}.tune.{key}") or ())
            path = f"learners.{learner}.{key}"
            document = self._set(document, [path], value, origin if isinstance(origin, int) else "tune")
        return next(found for found in _validated(document).compared if found.name == learner)

    def _adopt(
        self, given: str | DeviceProfile, paths: list[str], profiles: dict[str, DeviceProfile], label: str
    ) -> str:
        """Add a device that the user names to `profiles`, and return the name it has there."""
        name = given if isinstance(given, str) else given.name
        try:
            profile = (
                load_device(str(Path(given).expanduser()) if "/" in given else given)
                if isinstance(given, str)
                else given
            )
        except InputError as error:
            raise InputError(f"{label}: {error}") from None
        kept = [other for other in self.spec.compared if f"{self._listed}.{other.name}.array.device" not in paths]
        for learner in kept:
            if learner.array.device == name and self.device(learner) != profile:
                text = f"{self.spec.COMPARED} '{learner.name}' has another device called '{name}'; rename one of them"
                raise InputError(f"{label}: {text}")
        profiles[name] = profile
        return name

    def device(self, learner: ComparedBase) -> DeviceProfile:
        """The profile of a learner's device, or of an array's that is compared.

        Raises
        ------
        InputError
            If there is no such device, or its file lies outside the experiment's folder.
        """
        name = learner.array.device
        if name in self.profiles:
            return self.profiles[name]
        if name in library("devices"):
            return load_device(name)
        key = f"{self._listed}.{learner.name}.array.device"
        path = self.document.find(key) or ()
        where = f"{self.document.where(path)}: {key}"
        try:
            return load_device(str(self._place(name, path, "--device")))
        except InputError as error:
            text = str(error)
            raise InputError(text if text.startswith(str(self.folder)) else f"{where}: {text}") from None

    def data_path(self) -> Path | None:
        """Where local images lie, or None for those that come with memsim.

        Raises
        ------
        InputError
            If the experiment's file names a place outside its own folder.
        """
        if not isinstance(self.spec, ImageExperimentSpec):
            raise TypeError("an experiment without images")
        source = self.spec.data.source
        if source in self.spec.data.EMBEDDED:
            return None
        path = self.document.find("data.source") or ()
        try:
            return self._place(source, path, "--data", self.spec.data.EMBEDDED)
        except InputError as error:
            raise InputError(f"{self.document.where(path)}: data.source: {error}") from None

    def _place(self, text: str, path: tuple[str | int, ...], option: str, embedded: Sequence[str] = ()) -> Path:
        """Where a file or folder lies: anywhere if the user named it himself, else inside the experiment's folder."""
        if isinstance(self.document.origin(path), str):
            return Path(text).expanduser()
        local = "/" in text or "." in text
        if option == "--device" and not local:
            find("devices", text)
        if self.folder is None:
            raise InputError(f"'{text}' is a place that the result does not hold; name it yourself: {option} {text}")
        folder = self.folder.resolve()
        place = (folder / text).resolve()
        if not place.is_relative_to(folder):
            raise InputError(f"'{text}' lies outside the folder of the experiment; name it yourself with {option}")
        if not place.exists():
            hint = nearest(text, embedded) if embedded and not local else ""
            raise InputError(f"'{text}' is not in {self.folder}{hint} ({option} names a place elsewhere)")
        return place

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
    name = str(name_or_path)
    path = find("experiments", name_or_path)
    document = Document.from_file(path, name)
    if document.find("conductance"):
        raise InputError(
            f"{name}: is a device profile, not an experiment; check it with: memsim device validate {name}"
        )
    return Experiment(document, _validated(document), None if name in library("experiments") else path.parent)


def experiment_from_text(text: str, name: str, profiles: Mapping[str, str] | None = None) -> Experiment:
    """An experiment from YAML text, with the YAML of the devices that belong to it."""
    document = Document.from_text(text, name)
    devices = {key: device_from_text(value, f"{name} (device {key})") for key, value in (profiles or {}).items()}
    return Experiment(document, _validated(document), profiles=devices)


def parse_setting(text: str) -> tuple[str, str]:
    """Key and value text of a ``KEY=VALUE`` setting.

    Raises
    ------
    InputError
        If there is no ``=``, no key or no value.
    """
    match = re.fullmatch(r"\s*([^=]+?)\s*=\s*(.*?)\s*", text, re.DOTALL)
    if match is None:
        raise InputError(f"--set {text}: not of the form KEY=VALUE, for example --set learning.rate=0.1")
    if not match[2]:
        raise InputError(f"--set {text}: no value after '='; '' stands for empty text, none for no bounds")
    return match[1], match[2]
