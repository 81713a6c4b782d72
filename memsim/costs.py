"""Costs of a result, computed again from the events that it holds: another table needs no new run."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.energy.components import ComponentTable, components_of
from memsim.energy.cost import PARTS
from memsim.energy.prices import prices_of
from memsim.energy.stored import layers_of
from memsim.energy.uncertainty import LIMITS
from memsim.errors import OutputError
from memsim.metrics.intervals import RESAMPLES, over_images, seed_interval
from memsim.results.component_tables import NOTES, SETTINGS, TABLE, held_table, settings_text
from memsim.results.dataset import VARIABLES, load, require, source, with_variables
from memsim.results.network_costs import Table, with_costs
from memsim.results.settings import any_settings_of
from memsim.results.stored_events import with_checked_events
from memsim.tasks.energy_costs import LearnerEvents, cost_variables
from memsim.tasks.energy_variables import ENERGY_VARIABLES, LEARNERS, EnergyNames, energy_names

if TYPE_CHECKING:
    import xarray as xr

_OF_TABLE = (
    "epoch_energy",
    "energy_to_accuracy",
    "energy_to_accuracy_mean",
    "energy_to_accuracy_interval",
    "energy_to_accuracy_part",
    "energy_to_accuracy_range",
    "processor_energy",
    "processor_energy_range",
    "processor_time",
    "processor_area",
    "processor_efficiency",
)
"""Variables that cannot be computed again: a result holds no events by epoch, and no products of networks."""
_MOST_IMAGES = 1e12


def cost(
    result: str | Path | xr.Dataset,
    components: ComponentTable | str | PathLike[str] | None = None,
    node: float | str | None = None,
    **settings: Any,
) -> xr.Dataset:
    """The result with energy, time and area by a component table, from its stored events.

    Parameters
    ----------
    result : str, Path or Dataset
        A result of a run with crossbars, or of `memsim.torch.evaluate`.
    components : str, path or ComponentTable, optional
        Table of components, shipped or a YAML file; that of the result, with its settings, if not given.
    node : str or float, optional
        Technology node, such as "22 nm", or in metres; needed for a table of several nodes.
    **settings
        Of `memsim.energy.architecture.Architecture`: pipelined, selection, bits and settle; for results of
        `memsim.torch.evaluate` also batch and units of `memsim.energy.digital.Processor`.

    Returns
    -------
    xarray.Dataset
        All variables of the result; those of costs are new. Energies by epoch and those of a digital
        processor, which follow from no stored events, are left out.

    Raises
    ------
    MemsimError
        If the result holds no events, or the table lacks what is needed.
    """
    dataset = load(result) if isinstance(result, str | Path) else result
    name = source(dataset)
    if "layer_event_count" in dataset.variables:
        if components is None:
            return with_costs(dataset, Table.in_result(dataset, node, settings))
        return with_costs(dataset, Table.of(components, node, settings))
    names = energy_names(dataset.variables)
    if names is None:
        hint = "results of runs with crossbars do"
        if "macro_energy" in dataset.variables:
            hint = "run a macro again with its other table: --set energy.components=TABLE --set energy.node=NODE"
        raise OutputError(f"{name}: holds no events of crossbars; {hint}")
    events, sums, circuits, images = map(names.named, ("event_count", "event_sum", "circuits", "inference_images"))
    require(dataset, circuits, images)
    if dataset[events].dims[0] != names.compared:
        raise OutputError(f"{name}: combines several seeds; compute the costs of each run before")
    if components is None:
        held = held_table(dataset)
        table, node, settings = held.table, held.node if node is None else node, {**held.settings, **settings}
    else:
        table = components_of(components)
    prices = prices_of(table, node, **settings)
    dataset = with_checked_events(dataset, events, sums)
    counted, summed = dataset[events].values, dataset[sums].values
    if dataset[circuits].dims != (names.compared,):
        raise OutputError(f"{name}: '{circuits}' has no description of the arrays for each {names.compared}")
    repeats, learners = counted.shape[1], list[LearnerEvents | None]()
    for number, inferences in enumerate(dataset[images].values):
        text, where = str(dataset[circuits].values[number]), f"{name}: {dataset[names.compared].values[number]}"
        pairs = zip(counted[number], summed[number], strict=True)
        layers = [layers_of(of_counts, of_sums, text or "[]", where) for of_counts, of_sums in pairs]
        if not (layers and layers[0]):
            learners.append(None)
            continue
        if not 1 <= inferences <= _MOST_IMAGES or inferences != int(inferences):
            raise OutputError(f"{where}: '{images}' is {inferences:g}; allowed: whole numbers of at least 1")
        learners.append(LearnerEvents(layers, int(inferences)))
    if not any(learners):
        raise OutputError(f"{name}: holds no events of crossbars; nothing in it has cells")
    values = cost_variables(learners, repeats, prices, names)
    values |= _means(dataset, values, names)
    labels = {"part": list(PARTS), "limit": list(LIMITS), "interval": ["low", "high"]}
    described = settings_text(prices.components.node, prices.architecture)
    result = with_variables(dataset, values, labels, _OF_TABLE)
    left_out = [name for name in _OF_TABLE if name in dataset and np.isfinite(dataset[name].values).any()]
    notes = {NOTES: f"left out, as they follow from no stored event: {', '.join(left_out)}"} if left_out else {}
    return result.assign_attrs({TABLE: table.to_yaml(), SETTINGS: described, **notes})


def _means(dataset: xr.Dataset, values: dict[str, np.ndarray], names: EnergyNames) -> dict[str, np.ndarray]:
    """Means and intervals of energies over repeats, or over images as the experiment of the result says."""
    means: dict[str, np.ndarray] = {}
    resampling: tuple[int, ...] = (0,)
    if "experiment" in dataset.attrs:  # combined results have several
        spec: Any = any_settings_of(dataset)
        resampling = spec.seed, getattr(spec, "resamples", RESAMPLES)
    for name in names.summarised:
        declared = VARIABLES[name]
        if names.sampled == "image":
            by_image = np.moveaxis(values[name], 1, 0)[:, None]
            mean, low, high = (part[0] for part in over_images(by_image, [declared], *resampling))
        else:
            mean, low, high = seed_interval(values[name], axis=1, bounds=declared.bounds)
        means |= {f"{name}_mean": mean, f"{name}_interval": np.stack([low, high], axis=-1)}
    return means


def with_plain_names(result: xr.Dataset) -> xr.Dataset:
    """The costs of a result under the names that those of learners have, whatever its task; empty without costs."""
    names = energy_names(result.variables)
    if names is None or names.named("phase_energy") not in result:
        return result[[]]
    if names is LEARNERS:
        return result
    plain = {names.named(v.name): v.name for v in ENERGY_VARIABLES if names.named(v.name) in result}
    costs = result[list(plain)].rename({**plain, names.named("circuits"): "circuits"})
    if names.sampled == "repeat":
        return costs
    return costs.drop_vars("repeat", errors="ignore").rename({names.sampled: "repeat"})
