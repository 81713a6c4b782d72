"""An experiment: strict YAML (or overrides of it) turned into frozen, checked settings with its devices resolved."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from memsim.document import Document, DocumentError
from memsim.document.problems import Path as Place
from memsim.document.problems import brief, dotted, problems_of
from memsim.energy.components import ComponentTable, component_table_names, components_from_text, load_components
from memsim.errors import InputError, nearest
from memsim.experiments.devices import ChangedDevice, Devices, base_of, whole_key
from memsim.experiments.keys import (
    assigned,
    in_order,
    listed,
    names_device,
    refuse_swept,
    sections_of,
    sets_value,
    targets,
)
from memsim.experiments.learners import ComparedBase
from memsim.experiments.schema import DataExperimentSpec, ExperimentSpec
from memsim.profiles import DeviceProfile, load_device
from memsim.profiles.inherit import with_values
from memsim.storage.inputs import outside
from memsim.storage.library import find, library
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
    raise InputError(f"{where}: task is {brief(name)}; {text}")


def validated(document: Document, devices: Devices) -> ExperimentSpec:
    """The settings of a document, by the schema of its task."""
    unknown = partial(_unknown_devices, document, devices)
    spec: ExperimentSpec = document.validate(_task(document).spec_type, unknown, context={"devices": devices})
    return spec


def _unknown_devices(document: Document, devices: Devices) -> Iterator[tuple[Place, str]]:
    """Names of devices that neither come with the experiment nor are shipped, where they stand; of raw data."""
    data = document.data
    compared = [(key, n, own) for key, value in data.items() if isinstance(value, list) for n, own in enumerate(value)]
    for key, number, own in compared:
        array = own.get("array") if isinstance(own, dict) else None
        choice = array.get("device") if isinstance(array, dict) else None
        steps = ("extends",) if isinstance(choice, dict) else ()
        name = choice.get("extends") if isinstance(choice, dict) else choice
        if not isinstance(name, str) or "/" in name or "." in name or devices.named(name):
            continue
        try:
            find("devices", name)
        except InputError as error:
            path = (key, number, "array", "device", *steps)
            yield path, f"{dotted(data, path)}: {error}"


@dataclass(frozen=True)
class Experiment:
    """Settings of a run: immutable; `replace` gives a changed copy.

    Attributes
    ----------
    document : Document
        The YAML with the origin of every value.
    spec : ExperimentSpec
        The validated settings, by the schema of the task; SI units.
    devices : Devices
        Profiles that come with the experiment, and the folder of its file. A file may name data and devices inside this
        folder only; what a user names himself (an option or `replace`) may lie anywhere.
    changed : mapping of str to str
        What `replace` changed, and to what; for people.
    tables : mapping of str to str
        YAML texts of component tables that come with the experiment, by what it calls them.
    networks : mapping of str to str
        Hashes that the files of networks must have, by label, to repeat an earlier run.
    """

    document: Document
    spec: ExperimentSpec
    devices: Devices = field(default_factory=Devices)
    changed: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)
    networks: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self.spec.name

    @property
    def task(self) -> Task:
        """What the experiment computes."""
        return TASKS[self.spec.task]

    def replace(
        self, changes: Mapping[str, Any] | None = None, *, origin: str = "replace", **settings: Any
    ) -> Experiment:
        """Copy with settings changed.

        Parameters
        ----------
        changes : mapping, optional
            Dotted paths to new values. ``learning.rate`` reaches every learner that has it,
            ``learners.NAME.learning.rate`` one. The value of ``array.device`` may be a `DeviceProfile`, or a mapping of
            values that ``extends`` one; ``device.read.voltage`` is a single value of the devices.
        origin : str
            How errors name these changes, for example "--set".
        **settings
            The same for top-level keys, e.g. ``seed=7``.

        Raises
        ------
        InputError
            If a key is unknown or a value not allowed.
        """
        wanted, compared = {**(changes or {}), **settings}, listed(self.spec)
        if compared in wanted and len(wanted) > 1:  # the other keys mean the new learners
            learners = wanted.pop(compared)
            kept = {key: self.document.get(key) for key in self._unnamed() if key not in wanted}
            bare = self.document.replace({compared: learners, **self._unnamed()}, origin=origin)
            named = {**self.changed, compared: json.dumps(learners, default=str)}
            first = replace(self, document=bare, spec=validated(bare, self.devices), changed=named)
            whole = first.replace({**wanted, **kept}, origin=origin)
            return replace(whole, changed={k: v for k, v in whole.changed.items() if k not in kept or k in named})
        ordered = in_order(self.spec, wanted)
        # Which devices have a value follows from the devices, which other changes may choose.
        settled = self._with([change for change in ordered if not sets_value(change[0])], origin)
        values = [change for change in ordered if sets_value(change[0])]
        return settled._with(values, origin) if values else settled

    def _with(self, ordered: Sequence[tuple[str, Any]], origin: str) -> Experiment:
        """Copy with settings changed in turn."""
        spec, document, devices, changed = self.spec, self.document, self.devices, dict(self.changed)
        built: set[str] = set()
        for key, value in ordered:
            paths = targets(spec, key, origin)
            refuse_swept(spec, key, paths, origin)
            if isinstance(value, Path):
                value = str(value)
            if names_device(key):
                label = origin if origin == "--device" else f"{origin} {key}"
                value, devices = self._adopt(value, paths, devices, label)
            document = assigned(spec, document, paths, value, origin)
            for earlier in [k for k in changed if k == key or _replaces(spec, paths, k)]:
                del changed[earlier]
            changed[key] = value if isinstance(value, str) else json.dumps(value, default=str)
            built.update(paths if names_device(key) or sets_value(key) else ())
        heads = {key.partition(".")[0] for key, _ in ordered}
        if "published" not in heads and ("sweep" in heads or any(names_device(key) for key, _ in ordered)):
            document = _without_unknown(document, devices)
        spec = validated(document, devices)
        experiment = replace(self, document=document, spec=spec, devices=devices, changed=changed)
        experiment._check_values(built)
        return experiment

    def _check_values(self, paths: set[str]) -> None:
        """Refuse values of devices that their profiles do not allow, where paths that were set lead to one of them."""
        problems = []
        for spec in self.spec.compared:
            start = f"{listed(self.spec)}.{self.spec.address(spec)}.array.device"
            if any(path == start or path.startswith(f"{start}.") for path in paths) and _is_changed(spec):
                try:
                    self.device(spec)
                except InputError as error:
                    problems += problems_of(error)
        if problems:
            raise DocumentError(list(dict.fromkeys(problems)))

    def _unnamed(self) -> dict[str, Any]:
        """What the document says about learners of its result by name, each as if it said nothing."""
        empty: dict[str, Any] = {"published": {}, "reference": None, "sweep": {}}
        return {key: value for key, value in empty.items() if self.document.find(key)}

    @property
    def unswept(self) -> Experiment:
        """The experiment without its sweep, and without what it says about learners of the swept result by name."""
        document = self.document.replace(self._unnamed())
        return replace(self, document=document, spec=validated(document, self.devices))

    def variants(self) -> list[Experiment]:
        """The experiment with the values of every run of its sweep, in order; itself where nothing is swept.

        Raises
        ------
        DocumentError
            All swept keys that are unknown, and all values that are not allowed.
        """
        if not self.spec.sweep:
            return [self]
        allowed, problems = (*sections_of(self.spec), listed(self.spec), "seed"), []
        for key in self.spec.sweep:
            head = whole_key(key).partition(".")[0]
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
        places = {whole_key(key): self.document.find(f"sweep.{key}") or () for key in values}
        for key, value in in_order(self.spec, values):
            origin = self.document.origin(places[key])
            paths = targets(self.spec, key, "sweep", values)
            label = origin if isinstance(origin, int) else "sweep"
            document = assigned(self.spec, document, paths, value, label) if paths else document
        return replace(self, document=document, spec=validated(document, self.devices))

    def tuned(self, learner: ComparedBase, values: Mapping[str, Any]) -> Any:
        """The settings of a learner with values that it is tuned over, by dotted key.

        Raises
        ------
        InputError
            If a value is not allowed.
        """
        document, place = self.document, self.place(learner)
        for key, value in in_order(self.spec, values):
            origin = document.origin(document.find(f"{self.key(learner)}.tune.{key}") or ())
            label = origin if isinstance(origin, int) else "tune"
            document = assigned(self.spec, document, [f"{self.key(learner)}.{key}"], value, label)
        return validated(document, self.devices).compared[place]

    def place(self, learner: ComparedBase) -> int:
        """Place of a learner, or of an array that is compared, among those of the experiment."""
        return next(i for i, spec in enumerate(self.spec.compared) if spec is learner)

    def key(self, learner: ComparedBase) -> str:
        """Dotted path of a learner, or of an array that is compared, in the document."""
        return f"{listed(self.spec)}.{self.spec.address(learner)}"

    def _adopt(self, given: Any, paths: list[str], devices: Devices, label: str) -> tuple[Any, Devices]:
        """What the document says of a device that the user names, and the devices with its profile."""
        if isinstance(given, Mapping) and isinstance(given.get("extends"), str | DeviceProfile):
            name, devices = self._adopt(given["extends"], paths, devices, label)
            return {**given, "extends": name}, devices
        if not isinstance(given, str | DeviceProfile):
            return given, devices
        try:
            profile = given if isinstance(given, DeviceProfile) else _load(given)
        except InputError as error:
            raise InputError(f"{label}: {error}") from None
        name = profile.name
        if devices is not self.devices and devices.profiles.get(name, profile) != profile:
            raise InputError(f"{label}: two devices are called '{name}'; rename one of them")
        for learner in self.spec.compared:
            kept = "array" in learner.sections and not any(path.startswith(self.key(learner) + ".") for path in paths)
            if kept and base_of(learner.array.device) == name and self.base(learner) != profile:
                text = f"{self.spec.COMPARED} '{learner.name}' has another device called '{name}'; rename one of them"
                raise InputError(f"{label}: {text}")
        return name, devices.with_profile(name, profile)

    def device(self, learner: Any) -> DeviceProfile:
        """The profile of a learner's device, or of an array's that is compared, with the values that it sets.

        Raises
        ------
        InputError
            If there is no such device, its file lies outside the experiment's folder, or a value is not allowed.
        """
        if not _is_changed(learner):
            return self.base(learner)
        known = self.devices.find(learner.array.device)
        if known is not None:
            return known
        base = self.base(learner)
        path = self.document.find(f"{self.key(learner)}.array.device") or ()
        return with_values(base, self.document.part(path).without([("extends",)]))

    def base(self, learner: Any) -> DeviceProfile:
        """The profile that a learner's device is, or extends; see `device`."""
        name = base_of(learner.array.device)
        known = self.devices.named(name)
        if known is not None:
            return known
        key = f"{self.key(learner)}.array.device{'.extends' if _is_changed(learner) else ''}"
        path = self.document.find(key) or ()
        where = f"{self.document.where(path)}: {key}"
        try:
            return load_device(str(self._place(name, path, "device")))
        except InputError as error:
            text = str(error)
            raise InputError(text if text.startswith(str(self.devices.folder)) else f"{where}: {text}") from None

    def data_path(self) -> Path | None:
        """Where local images lie, or None for those that come with memsim.

        Raises
        ------
        InputError
            If the experiment's file names a place outside its own folder.
        """
        if not isinstance(self.spec, DataExperimentSpec):
            raise TypeError("an experiment without images")
        source = self.spec.data.source
        if source in self.spec.data.EMBEDDED:
            return None
        path = self.document.find("data.source") or ()
        try:
            return self._place(source, path, "data", self.spec.data.EMBEDDED)
        except InputError as error:
            raise InputError(f"{self.document.where(path)}: data.source: {error}") from None

    def network_path(self, learner: ComparedBase, kind: Literal["onnx", "weights"], name: str) -> Path:
        """Where the network that a learner names lies: one that is shipped, or a file.

        Raises
        ------
        InputError
            If there is no such network, or the experiment's file names a place outside its own folder.
        """
        shipped = library(kind)
        if name in shipped:
            return shipped[name]
        key = f"network.{kind}"
        path = self.document.find(f"{self.key(learner)}.{key}") or ()
        try:
            if not ("/" in name or "." in name or Path(name).exists()):
                find(kind, name)  # refuses it, with the nearest name
            return self._place(name, path, key, list(shipped))
        except InputError as error:
            raise InputError(f"{self.document.where(path)}: {self.key(learner)}.{key}: {error}") from None

    def component_table(self, name: str, key: str = "energy.components") -> ComponentTable:
        """The component table that a section `energy` names, at a key of the document.

        Raises
        ------
        InputError
            If there is no such table, or the experiment's file names a place outside its own folder.
        """
        if name in self.tables:
            return components_from_text(self.tables[name], f"{self.document.name} (component table {name})")
        path = self.document.find(key) or ()
        try:
            if name in component_table_names():
                return load_components(name)
            if not ("/" in name or "." in name):
                find("components", name)
            return load_components(self._place(name, path, key))
        except InputError as error:
            text = str(error)
            if text.startswith((str(self.devices.folder), name)):
                raise
            raise InputError(f"{self.document.where(path)}: {key}: {error}") from None

    def _place(self, text: str, path: tuple[str | int, ...], argument: str, embedded: Sequence[str] = ()) -> Path:
        """Where a file or folder lies: anywhere if the user named it himself, else inside the experiment's folder."""
        if isinstance(self.document.origin(path), str):
            return Path(text).expanduser()
        local = "/" in text or "." in text
        if argument == "device" and not local:
            find("devices", text)
        if self.devices.folder is None:
            raise InputError(
                f"'{text}' is a place that the result does not hold; name it yourself: {argument}='{text}'"
            )
        folder = self.devices.folder.resolve()
        place = (folder / text).resolve()
        if problem := outside(text, folder, "the folder of the experiment"):
            raise InputError(f"'{text}' {problem}; name it yourself with {argument}=...")
        if not place.exists():
            hint = nearest(text, embedded) if embedded and not local else ""
            raise InputError(
                f"there is no '{text}' in the folder of the experiment{hint} ({argument}=... names a place elsewhere)"
            )
        return place

    def to_yaml(self) -> str:
        """The experiment as YAML, overrides included."""
        return self.document.to_yaml()


def _without_unknown(document: Document, devices: Devices) -> Document:
    """A document without published numbers of learners that a change of the sweep or of devices gave other labels."""
    published = document.get("published")
    if not isinstance(published, dict) or not published:
        return document
    labels = validated(document.replace({"published": {}}), devices).labels
    claims = [(metric, name) for metric, claimed in published.items() for name in claimed]
    return document.without(("published", metric, name) for metric, name in claims if name not in labels)


def _is_changed(learner: ComparedBase) -> bool:
    """Whether the device of a learner sets values of a profile."""
    return isinstance(getattr(getattr(learner, "array", None), "device", None), ChangedDevice)


def _replaces(spec: ExperimentSpec, paths: Sequence[str], earlier: str) -> bool:
    """Whether values at some paths of the document replace what an earlier change of a device's value set."""
    try:
        set_before = targets(spec, earlier, "") if sets_value(earlier) else []
    except InputError:
        return False
    return bool(set_before) and all(any(old.startswith(f"{path}.") for path in paths) for old in set_before)


def _load(device: str) -> DeviceProfile:
    """The profile of a name or path, with a home folder written out."""
    return load_device(str(Path(device).expanduser()) if "/" in device else device)
