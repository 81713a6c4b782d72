"""What a result compares: learners or arrays, each with its settings and its checked device."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from memsim.arrays import Crossbar, check_bounds
from memsim.arrays.aging import accelerated
from memsim.arrays.programming.algorithms import Selective
from memsim.arrays.waiting import retention_notes
from memsim.document.fields import Section
from memsim.document.problems import DocumentError, problems_of
from memsim.document.writer import show
from memsim.errors import InputError, name_list
from memsim.experiments.circuits import unstated_lines
from memsim.experiments.devices import value_key
from memsim.experiments.experiment import Experiment
from memsim.experiments.learners import ComparedBase, LearnerBase
from memsim.experiments.schema import Run
from memsim.profiles import DeviceProfile
from memsim.profiles.idealised import Idealised, idealised
from memsim.results.dataset import Swept
from memsim.tasks.base import load_object
from memsim.tasks.prices import priced

PROGRAMMED_ONCE = "trained ideally, then programmed once"
"""Beginning of the note on learners whose device takes no pulses."""


@dataclass(frozen=True)
class Entry:
    """One learner of the result, or one array: that of the experiment at one run of its sweep.

    Attributes
    ----------
    label : str
        Its name in the result.
    spec : ComparedBase
        Its settings.
    values : mapping of str to Any
        What the sweep set.
    experiment : Experiment
        The experiment at that run.
    device : DeviceProfile or None
        Its cells, with the parts ideal that its array takes as ideal; None for networks.
    authored : DeviceProfile or None
        The same as authored.
    notes : tuple of str
        Which of those parts the device never had, or keeps.
    """

    label: str
    spec: Any
    values: Mapping[str, Any]
    experiment: Experiment
    device: DeviceProfile | None
    authored: DeviceProfile | None = None
    notes: tuple[str, ...] = ()

    @property
    def data(self) -> Any:
        spec: Any = self.experiment.spec
        return spec.data

    @property
    def seed(self) -> int:
        return self.experiment.spec.seed


def prepare(experiment: Experiment) -> list[Entry]:
    """Every learner of every run of the sweep, with its device checked before anything is computed.

    Raises
    ------
    DocumentError
        All settings and devices that are not allowed.
    """
    variants, check = experiment.variants(), load_object(experiment.task.check)
    entries, problems = [], []
    for name, run in experiment.spec.runs.items():
        try:
            entry = _entry(name, run, variants[run.number])
            if check is not None:
                check(entry)
        except InputError as error:
            problems += problems_of(error)
        else:
            entries.append(entry)
    if problems:
        raise DocumentError(list(dict.fromkeys(problems)))
    return entries


def problems_before(experiment: Experiment) -> list[str]:
    """All that keeps an experiment from running, as far as it shows without its images; empty if nothing does."""
    problems = []
    try:
        experiment.variants()
    except InputError as error:
        problems += problems_of(error)
        experiment = experiment.unswept
    for check in (prepare, _find_images, _find_components):
        try:
            check(experiment)
        except InputError as error:
            problems += problems_of(error)
    return in_order(experiment.document.name, problems)


def in_order(document: str, problems: Iterable[str]) -> list[str]:
    """Problems of a document, each once, by their lines; those without a line come first."""
    line = re.compile(rf"{re.escape(document)}:(\d+):")
    places = {problem: line.match(problem) for problem in problems}
    return sorted(places, key=lambda problem: int(place[1]) if (place := places[problem]) else 0)


def _find_images(experiment: Experiment) -> None:
    """Refuse places of images that an experiment may not name, or that do not exist."""
    if experiment.task.load_images is not None:
        for variant in experiment.variants():
            variant.data_path()


def _find_components(experiment: Experiment) -> None:
    """Refuse component tables that an experiment may not name, that do not exist, or that do not hold at its node."""
    for variant in experiment.variants():
        priced(variant)


def _entry(name: str, run: Run, variant: Experiment) -> Entry:
    """One learner of one run of the sweep."""
    spec = variant.spec.compared[run.place]
    if "array" not in spec.sections:
        return Entry(name, spec, run.values, variant, None)
    authored = variant.device(spec)
    ideal = Idealised(authored, ())
    if isinstance(spec, LearnerBase):
        ideal = idealised(authored, spec.array.ideal)
        _check(variant, spec, ideal.device)
    aging = getattr(spec, "aging", None)  # tasks of other packages may have none
    try:
        accelerated(ideal.device.spec, 1.0, None if aging is None else aging.temperature)
    except InputError as error:
        raise refused(variant, spec, "aging.temperature", str(error).partition(": ")[2]) from None
    return Entry(name, spec, run.values, variant, ideal.device, authored, ideal.notes)


def refused(experiment: Experiment, spec: ComparedBase, key: str, why: str) -> InputError:
    """The error of a setting of one of the compared, by its key there, with its place in the document.

    A key that the document does not state has the place of the array.
    """
    start, document = experiment.key(spec), experiment.document
    place = document.find(f"{start}.{key}") or document.find(f"{start}.array") or ()
    return InputError(f"{document.where(place)}: {start}.{key}: {why}")


def _check(experiment: Experiment, spec: LearnerBase, device: DeviceProfile) -> None:
    """Refuse an array that cannot be built, before anything is computed: try one of a single cell."""
    array = spec.array
    try:
        check_bounds(array.learning_bounds, device)
        written = array.programming if spec.programs else None
        circuit = {**array.circuit, "count": False}
        if circuit["adc"] is not None:  # how many outputs the arrays have is not known yet
            circuit["adc"] = dataclasses.replace(circuit["adc"], share=1)
        if written is not None or any(circuit.values()):
            trial = Crossbar(
                device,
                1,
                1,
                bounds=array.learning_bounds,
                column=array.column or spec.COLUMN,
                backend="cpu",
                **circuit,
            )
            if written is not None:
                sensitivities = np.ones((1, 1)) if isinstance(written.chosen, Selective) else None
                # The cells of a pair at the ends of the bounds.
                trial.program(array.bounds, written.chosen, sensitivities=sensitivities)
    except InputError as error:
        path = f"{experiment.key(spec)}.array"
        key = str(error).partition(":")[0]
        if array.programming is not None and key in type(array.programming).model_fields:
            path += ".programming"
        where = experiment.document.where(experiment.document.find(f"{path}.{key}") or ())
        hint = "; for example array.bounds: [0, 1]" if key == "bounds" else ""
        raise InputError(f"{where}: {path}.{error}{hint}") from None


def device_notes(entries: Sequence[Entry]) -> list[str]:
    """What a reader must know about the learners' devices: which are not trained by pulses, and which lack layers."""
    labels: dict[str, list[str]] = {}
    for entry in entries:
        if entry.device is not None and entry.device.spec.update is None:
            found = labels.setdefault(entry.device.name, [])
            name = entry.experiment.spec.name_at(entry.spec, {})
            if name not in found:
                found.append(name)
    missing: dict[str, list[str]] = {}
    for entry in entries:
        if entry.authored is not None and entry.notes:
            known = missing.setdefault(entry.authored.name, [])
            known += [note for note in entry.notes if note not in known]
    return [
        *(
            f"{PROGRAMMED_ONCE} with the error model of device '{name}': {name_list(found)}"
            for name, found in labels.items()
        ),
        *(f"device '{name}' has {', '.join(found)}: no layer of its own" for name, found in missing.items()),
    ]


def wire_notes(entries: Sequence[Entry]) -> list[str]:
    """What a reader must know of the wires of arrays: what lines have whose resistance is not stated."""
    labels: dict[str, list[str]] = {}
    for entry in entries:
        for owner in (getattr(entry.spec, "array", None), entry.spec):
            wires = getattr(owner, "wires", None)
            if isinstance(wires, Section) and (words := unstated_lines(wires)):
                labels.setdefault(words, []).append(entry.label)
    return [f"{name_list(names)}: {words}" for words, names in labels.items()]


def time_notes(entries: Sequence[Entry]) -> list[str]:
    """What a reader must know of learners over time: cells without retention, and what is known of temperature."""
    times = entries[0].experiment.spec.times
    devices = [(entry.device, entry.spec.aging.temperature) for entry in entries if entry.device is not None]
    return retention_notes(devices, times[-1]) if times else []


def swept(entries: Sequence[Entry]) -> dict[str, Swept]:
    """Coordinates that say what a sweep set.

    Values are numbers where all are, or lists of numbers of one length, NaN for none; those of devices are in SI units.
    Others are text. They are blank where the sweep set none.
    """
    coordinates: dict[str, Swept] = {}
    for key in dict.fromkeys(key for entry in entries for key in entry.values):
        given = {place: entry.values[key] for place, entry in enumerate(entries) if key in entry.values}
        units = None
        if measured := _measured(key, entries, given):
            units, given = measured
        shape = _shape(given.values())
        if shape:
            given = {place: value for place, value in given.items() if isinstance(value, list)}
        blank: Any = "" if shape is None else np.full(shape, np.nan)
        as_label = show if shape is None else np.float64
        labels = [as_label(given[place]) if place in given else blank for place in range(len(entries))]
        coordinates[key] = Swept(labels if shape is None else list(np.stack(labels)), units)
    return coordinates


def _measured(key: str, entries: Sequence[Entry], places: Iterable[int]) -> tuple[str, dict[int, float]] | None:
    """Unit and SI values of a number of devices, by place; None where the key is not one in all of them."""
    inside, values, units = value_key(key), dict[int, float](), set[str]()
    for place in places:
        device = entries[place].authored
        number = device.number(inside) if device is not None and inside else None
        if number is None:
            return None
        values[place], unit = number
        units.add(unit)
    return (units.pop(), values) if len(units) == 1 else None


def _shape(values: Collection[Any]) -> tuple[int, ...] | None:
    """Shape that values have as numbers: () or that of their lists; None where some are something else, or differ."""
    shapes = {_shape_of(value) for value in values}
    lists = {_shape_of(value) for value in values if value not in (None, "none")}
    shapes = shapes if () in lists else lists
    return shapes.pop() if len(shapes) == 1 else None


def _shape_of(value: Any) -> tuple[int, ...] | None:
    if isinstance(value, list) and value and all(_shape_of(item) == () for item in value):
        return (len(value),)
    return () if isinstance(value, int | float) and not isinstance(value, bool) else None
