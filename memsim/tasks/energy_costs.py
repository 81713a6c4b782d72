"""Result variables of what crossbars cost: their events, and energy, time and area by a component table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from memsim.energy.cost import PARTS, Prices
from memsim.energy.counts import PHASES
from memsim.energy.report import Costs, LayerEvents
from memsim.energy.stored import COUNTED, SUMMED, Learner, layers_of, stored_events
from memsim.energy.uncertainty import LIMITS
from memsim.experiments.experiment import Experiment
from memsim.results.component_tables import SETTINGS, TABLES, settings_text, tables_text
from memsim.results.stored_events import with_checked_events
from memsim.tasks.energy_variables import LEARNERS, EnergyNames
from memsim.tasks.job import Earlier
from memsim.tasks.prices import priced

Values = dict[str, np.ndarray]


class LearnerEvents(NamedTuple):
    """Layers by name, of each repeat or image, and the number of inferences that are counted of each."""

    layers: Learner
    images: int


class ResultCosts:
    """What a result says of the costs of all that it compares.

    Parameters
    ----------
    experiment : Experiment
        Has a section `energy`, if costs are asked for; no sweep changes it.
    names : EnergyNames
        What the variables are called.
    earlier : Earlier, optional
        The run whose learners are evaluated: what the evaluation does not write was written there.

    Attributes
    ----------
    prices : Prices or None
        Components and settings; None where no costs are asked for.
    attributes : dict of str to str
        The component table and the settings of costs, for the attributes of the result.

    Raises
    ------
    InputError
        If the component table cannot be read, or does not hold at the node.
    """

    def __init__(self, experiment: Experiment, names: EnergyNames = LEARNERS, earlier: Earlier | None = None) -> None:
        self._names, self._earlier = names, earlier
        self.prices: Prices | None = None
        self.attributes: dict[str, str] = {}
        if (chosen := priced(experiment)) is not None:
            self.prices = chosen.prices
            self.attributes = {
                TABLES: tables_text({chosen.name: chosen.table}),
                SETTINGS: settings_text(self.prices.components.node, self.prices.architecture),
            }

    def variables(self, events: Mapping[str, LearnerEvents | None], repeats: int) -> tuple[Values, dict[str, Any]]:
        """Variables and labels of events by label, and of costs where they are asked for; None stands for no cells."""
        earlier = self._earlier
        whole = [
            own if own is None or earlier is None else _with_writing(own, label, earlier, self._names)
            for label, own in events.items()
        ]
        variables, labels = event_variables(whole, repeats, self._names)
        if self.prices is not None:
            variables |= cost_variables(whole, repeats, self.prices, self._names)
            labels |= {"part": list(PARTS), "limit": list(LIMITS)}
        return variables, labels


def _with_writing(events: LearnerEvents, label: str, earlier: Earlier, names: EnergyNames) -> LearnerEvents:
    """Events of an evaluation, with those of training and programming of the earlier run where it writes nothing."""
    result, own = earlier.result, earlier.labels.get(label, label)
    stored = [names.named(name) for name in ("event_count", "event_sum", "circuits")]
    places = np.flatnonzero(result[names.compared].values == own)
    if not places.size or any(name not in result.variables for name in stored):
        return events
    result = with_checked_events(result, *stored[:2])
    counts, sums, text = (result[name].values[places[0]] for name in stored)
    layers = []
    for now, *numbers in zip(events.layers, counts, sums, strict=True):
        before = layers_of(numbers[0], numbers[1], str(text), f"the earlier result: {own}")
        layers.append({name: _written_before(layer, before.get(name)) for name, layer in now.items()})
    return events._replace(layers=layers)


def _written_before(now: LayerEvents, before: LayerEvents | None) -> LayerEvents:
    if before is None or (before.circuit.row_tiles, before.circuit.line_tiles) != (
        now.circuit.row_tiles,
        now.circuit.line_tiles,
    ):
        return now
    earlier = {phase: counts for phase, counts in before.counts.items() if phase != "inference"}
    done = {phase: counts for phase, counts in now.counts.items() if phase == "inference" or counts.happened}
    return LayerEvents(now.circuit, {**now.counts, **earlier, **done})


def split_by_array(layers: Mapping[str, LayerEvents], arrays: int) -> list[dict[str, LayerEvents]]:
    """Events of each array of stacks."""
    return [{name: layer.of_array(number) for name, layer in layers.items()} for number in range(arrays)]


def since(now: Learner, earlier: Learner, phase: str = "inference") -> list[dict[str, LayerEvents]]:
    """Events of a phase since an earlier time, of each repeat."""
    return [
        {name: layer.since(before[name], phase) for name, layer in after.items()}
        for after, before in zip(now, earlier, strict=True)
    ]


def event_variables(
    learners: Sequence[LearnerEvents | None], repeats: int, names: EnergyNames = LEARNERS
) -> tuple[Values, dict[str, Any]]:
    """Variables and labels of events; None stands for a learner without cells."""
    stored = stored_events([None if own is None else own.layers for own in learners], repeats)
    variables: Values = {
        "event_count": stored.counts,
        "event_sum": stored.sums,
        "inference_images": np.array([math.nan if own is None else float(own.images) for own in learners]),
    }
    coordinates = {
        "phase": list(PHASES),
        "cost_layer": np.arange(1, stored.counts.shape[2] + 1),
        "counted": list(COUNTED),
        "summed": list(SUMMED),
        "tile": np.arange(stored.counts.shape[-1]),
        names.named("circuits"): stored.circuits,
    }
    return _named(variables, names), coordinates


def cost_variables(
    learners: Sequence[LearnerEvents | None], repeats: int, prices: Prices, names: EnergyNames = LEARNERS
) -> Values:
    """Variables of costs; NaN for learners without cells.

    Raises
    ------
    InputError
        If the table lacks what is needed.
    """
    layers = max((len(own.layers[0]) for own in learners if own is not None and own.layers), default=0)
    count, parts = len(learners), list(PARTS)
    values: Values = {
        "phase_energy": np.full((count, repeats, len(PHASES)), np.nan),
        "phase_time": np.full((count, repeats, len(PHASES)), np.nan),
        "inference_efficiency": np.full((count, repeats), np.nan),
        "array_area": np.full(count, np.nan),
        "array_area_part": np.full((count, len(parts)), np.nan),
        "phase_energy_range": np.full((count, len(PHASES), 2), np.nan),
    }
    if names.written:
        values[names.written] = np.full((count, repeats), np.nan)
    by_part = np.full((count, repeats, len(PHASES), len(parts)), np.nan)
    by_layer = np.full((count, repeats, len(PHASES), layers), np.nan)
    for i, own in enumerate(learners):
        if own is None:
            continue
        areas = Costs(own.layers[0], prices).areas()
        values["array_area"][i] = math.fsum(areas.values())
        values["array_area_part"][i] = [areas.get(part, math.nan) for part in parts]
        for j, repeat in enumerate(own.layers):
            costs, written = Costs(repeat, prices), list[float]()
            for k, phase in enumerate(PHASES):
                if not any(layer.counts[phase].happened for layer in repeat.values()):
                    continue
                shared = own.images if phase == "inference" else 1
                energies = costs.energies(phase)
                if phase != "inference":
                    written.extend(energies.values())
                values["phase_energy"][i, j, k] = math.fsum(energies.values()) / shared
                values["phase_time"][i, j, k] = costs.seconds(phase) / shared
                by_part[i, j, k] = [energies.get(part, math.nan) / shared for part in parts]
                for n, cost in enumerate(costs.by_layer[phase].values()):
                    by_layer[i, j, k, n] = math.fsum(cost.energies.values()) / shared
            if names.written and written:
                cells = sum(layer.circuit.cells for layer in repeat.values()) if names.by_cell else 1
                values[names.written][i, j] = math.fsum(written) / cells
            energy = values["phase_energy"][i, j, 0] * own.images
            if energy > 0:
                values["inference_efficiency"][i, j] = costs.operations() / energy
    values["inference_energy"] = values["phase_energy"][:, :, 0]
    values["phase_energy_part"], values["layer_energy"] = by_part.mean(axis=1), by_layer.mean(axis=1)
    for i in range(count):
        for k in range(len(PHASES)):
            known = {part: float(v) for part, v in zip(parts, values["phase_energy_part"][i, k], strict=True) if v == v}
            if known:
                values["phase_energy_range"][i, k] = prices.interval(known)
    return _named(values, names)


def _named(variables: Values, names: EnergyNames) -> Values:
    return {names.named(name): values for name, values in variables.items()}
