"""Result variables of what crossbars cost: their events, and energy, time and area by a component table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from memsim.energy.cost import PARTS, Prices
from memsim.energy.counts import PHASES
from memsim.energy.report import Costs, LayerEvents
from memsim.energy.stored import COUNTED, SUMMED, Learner, stored_events

Values = dict[str, np.ndarray]


class LearnerEvents(NamedTuple):
    """Layers by name, of each repeat, and the number of images of the inference."""

    layers: Learner
    images: int


def split_by_array(layers: Mapping[str, LayerEvents], arrays: int) -> list[dict[str, LayerEvents]]:
    """Events of each array of stacks."""
    return [{name: layer.of_array(number) for name, layer in layers.items()} for number in range(arrays)]


def since(now: Learner, earlier: Learner, phase: str = "inference") -> list[dict[str, LayerEvents]]:
    """Events of a phase since an earlier time, of each repeat."""
    return [
        {name: layer.since(before[name], phase) for name, layer in after.items()}
        for after, before in zip(now, earlier, strict=True)
    ]


def event_variables(learners: Sequence[LearnerEvents | None], repeats: int) -> tuple[Values, dict[str, Any]]:
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
        "circuits": stored.circuits,
    }
    return variables, coordinates


def cost_variables(learners: Sequence[LearnerEvents | None], repeats: int, prices: Prices) -> Values:
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
        "operations_per_joule": np.full((count, repeats), np.nan),
        "array_area": np.full(count, np.nan),
        "array_area_part": np.full((count, len(parts)), np.nan),
        "phase_energy_range": np.full((count, len(PHASES), 2), np.nan),
    }
    by_part = np.full((count, repeats, len(PHASES), len(parts)), np.nan)
    by_layer = np.full((count, repeats, len(PHASES), layers), np.nan)
    for i, own in enumerate(learners):
        if own is None:
            continue
        for j, repeat in enumerate(own.layers):
            costs = Costs(repeat, prices)
            for k, phase in enumerate(PHASES):
                if not any(layer.counts[phase].happened for layer in repeat.values()):
                    continue
                shared = own.images if phase == "inference" else 1
                energies = costs.energies(phase)
                values["phase_energy"][i, j, k] = math.fsum(energies.values()) / shared
                values["phase_time"][i, j, k] = costs.seconds(phase) / shared
                by_part[i, j, k] = [energies.get(part, math.nan) / shared for part in parts]
                for n, cost in enumerate(costs.by_layer[phase].values()):
                    by_layer[i, j, k, n] = math.fsum(cost.energies.values()) / shared
            energy = values["phase_energy"][i, j, 0] * own.images
            if energy > 0:
                values["operations_per_joule"][i, j] = costs.operations() / energy
            areas = costs.areas()
            values["array_area"][i] = math.fsum(areas.values())
            values["array_area_part"][i] = [areas.get(part, math.nan) for part in parts]
    values["inference_energy"] = values["phase_energy"][:, :, 0]
    values["phase_energy_part"], values["layer_energy"] = by_part.mean(axis=1), by_layer.mean(axis=1)
    for i in range(count):
        for k in range(len(PHASES)):
            known = {part: float(v) for part, v in zip(parts, values["phase_energy_part"][i, k], strict=True) if v == v}
            if known:
                values["phase_energy_range"][i, k] = prices.interval(known)
    return values
