"""Accuracy of a programmed network over programmings and time, and what limits it in each layer."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from memsim.arrays.aging import accelerated
from memsim.arrays.checks import choice, whole
from memsim.arrays.compensation import BATCH_NORM, COMPENSATIONS, READS, REFERENCES, DriftReference
from memsim.arrays.waiting import retention_notes
from memsim.energy.components import ComponentTable
from memsim.energy.digital import Products
from memsim.errors import InputError, nearest, shown
from memsim.metrics.lifetime import lifetime
from memsim.philox import MAX_REPETITIONS, MAX_SAMPLES, Purpose
from memsim.results.component_tables import COST_SETTINGS
from memsim.results.network_costs import Table, with_costs
from memsim.torch.analog_layer import AnalogLayer
from memsim.torch.compensation import batch_norms, recomputed, restored
from memsim.torch.counting import EventCounting
from memsim.torch.modules import analog_layers, check_finite, evaluation_mode
from memsim.torch.observers import Observer, Watch
from memsim.torch.passes import Pass
from memsim.torch.progress import bar
from memsim.torch.result import result_of
from memsim.torch.samples import Data, Metric, Samples, correct, inputs_of, numbers_of
from memsim.torch.times import seconds_of

if TYPE_CHECKING:
    import xarray as xr


def evaluate(
    model: nn.Module,
    loader: Iterable[Any],
    *,
    times: Sequence[str | float] = (0.0,),
    repeats: int | None = None,
    temperature: float | None = None,
    compensation: str = "none",
    reference: str = "noisy",
    calibration: Tensor | Iterable[Any] | None = None,
    metric: Metric | None = None,
    progress: bool | None = None,
    components: ComponentTable | str | PathLike[str] | None = None,
    node: float | str | None = None,
    **settings: Any,
) -> xr.Dataset:
    """Results of a programmed network on a data set, over programmings and time.

    Every programming is made anew from the weights and has the errors of its number, so that the model is not changed.
    The noise of a read has the address (layer, call, position, sample, time), whatever the size of the batches and the
    number of workers are. The number of a sample is its place in the loader; of a loader that shuffles, this is not its
    index in the data set.

    Parameters
    ----------
    model : nn.Module
        From `convert` and `program`.
    loader : iterable of (inputs, labels)
        Batches, such as those of a `torch.utils.data.DataLoader`. The first axis counts samples.
    times : sequence of str or float
        Times since the end of the programming, such as "1 day", or in seconds; in increasing order.
    repeats : int, optional
        Number of programmings; that of `program` if not given.
    temperature : float, optional
        Temperature of the cells since their programming [K]; that at which the profile's retention was measured if not
        given. The activation energy of the device says how it speeds up retention.
    compensation : {"none", "global", "column", "affine", "batch-norm"}
        How drift is undone: not at all; by one factor for the outputs of each layer; by one for each output; by a
        factor and a shift for each output; or by new statistics of batch normalisations. See
        `memsim.arrays.compensation`.
    reference : {"noisy", "exact"}
        Outputs right after programming with which later ones are compared: those of noisy reads, or their expectation.
    calibration : Tensor or iterable, optional
        Inputs, such as those of the training, from which "batch-norm" computes the statistics: a batch of them, or
        batches, of which pairs are (inputs, labels).
    metric : callable, optional
        From outputs and labels of a batch to one number for each sample. The accuracy of classes if not given.
    progress : bool, optional
        Show progress, see `memsim.torch.progress`; if not given, in terminals and notebooks.
    components : str, path or ComponentTable, optional
        Table of components, shipped or a YAML file, by which the result states energy, time and area. Without one, the
        result holds the events, and `memsim.cost` computes costs later.
    node : str or float, optional
        Technology node, such as "22 nm", or in metres; needed for a table of several nodes.
    **settings
        Of costs: ``pipelined``, ``selection``, ``bits`` and ``settle`` of `memsim.energy.architecture.Architecture`;
        ``bits``, ``batch`` and ``units`` of the digital processor, see `memsim.energy.digital.Processor`.

    Returns
    -------
    xarray.Dataset
        ``accuracy`` or ``metric`` (repeat, time); ``output_snr``, ``cell_weight_error``, ``clipped_inputs`` and
        ``saturated_outputs`` (repeat, time, layer); ``accuracy_lifetime`` (repeat); see `memsim.tasks.network`.
        Attributes hold the hardware, the
        profiles of its devices, and hashes of the weights and of the samples; ``compensation_reads`` counts the reads
        that the compensation takes of each layer: at each time, and after programming unless the reference is exact.
        Events and energies of the cells, and with `components` energy, time and area of an inference on this hardware
        and in a digital processor: see `memsim.tasks.network_cost_variables`. Reads of the compensation and of the
        calibration are no part of them.

    Raises
    ------
    InputError
        If the model is not programmed, its weights have changed since, a setting or batch is not allowed, or the
        component table lacks what is needed.
    """
    table = _table(components, node, settings)
    layers = analog_layers(model)
    for name, layer in layers.items():
        if not layer.programmed:
            raise InputError(f"{name or layer.label}: is not programmed; call memsim.torch.program(model) first")
        check_finite(name, layer)
        layer.check_weights()
    seconds = seconds_of(times)
    choice("compensation", compensation, COMPENSATIONS)
    choice("reference", reference, REFERENCES)
    for layer in layers.values():
        accelerated(layer.hardware.cells.spec, 1.0, temperature)  # refuses temperatures
    norms = batch_norms(model) if compensation == BATCH_NORM else []
    if (calibration is not None) != bool(norms):
        what = "is needed" if norms else "is not used"
        raise InputError(f"calibration: {what} by compensation '{compensation}'; inputs, for '{BATCH_NORM}'")
    count = max(int(layer.programmings) for layer in layers.values())
    if repeats is not None:
        count = whole("repeats", repeats, 1, MAX_REPETITIONS)
    if metric is not None and not callable(metric):
        raise InputError(f"metric: {shown(metric)} is not allowed; a function of outputs and labels")
    scores = np.full((count, len(seconds)), math.nan)
    measured = {name: np.full((count, len(seconds), len(layers)), math.nan) for name in Watch._fields}
    batches, counted = _count(loader)
    samples, events = Samples(), EventCounting(layers)
    with (
        _fresh(model, layers),
        events.on(),
        restored(norms),
        bar(progress, counted, count * len(seconds) * batches) as show,
    ):
        for repeat in range(count):
            references = _programmed(layers, repeat, compensation, reference)
            programming = events.programmed()
            if table is not None and repeat == 0:
                table.check(programming)
            passed = 0.0
            for time, instant in enumerate(seconds):
                for name, layer in layers.items():
                    if instant > passed:
                        layer.age(instant - passed, temperature)
                    if name in references:
                        layer.correct(*references[name].correction(layer.cells, time, layer.label))
                passed = instant
                if calibration is not None:
                    with recomputed(norms):
                        _pass_through(model, layers, calibration, time)
                before = (repeat * len(seconds) + time) * batches
                data = Data(loader, samples if repeat == time == 0 else None, partial(_show, show, before, batches))
                with events.inference():
                    score = _score(model, layers, data, time, metric or correct)
                scores[repeat, time] = score.mean
                for place, watch in enumerate(score.watches):
                    for name in measured:
                        measured[name][repeat, time, place] = getattr(watch, name)
    attributes: dict[str, str | int] = {
        "compensation": compensation,
        "reference": reference,
        "compensation_reads": READS.get(compensation, 0) * (len(seconds) + (reference == "noisy")),
        "metric": "accuracy" if metric is None else getattr(metric, "__name__", type(metric).__name__),
        "samples_sha256": samples.sha256,
    }
    if temperature is not None:
        attributes["temperature"] = f"{temperature:g} K"
    if notes := _notes(layers, seconds[-1], temperature):
        attributes["notes"] = notes
    variables = {"accuracy" if metric is None else "metric": scores} | measured
    if metric is None:
        variables["accuracy_lifetime"] = lifetime(np.array(seconds), scores)
    made = events.variables(score.samples, score.products)
    variables, attributes = variables | made.variables, attributes | made.attributes
    dataset = result_of(model, layers, variables, made.coordinates, seconds, attributes)
    return dataset if table is None else with_costs(dataset, table)


def _table(
    components: ComponentTable | str | PathLike[str] | None, node: float | str | None, settings: Mapping[str, Any]
) -> Table | None:
    """The component table and settings of costs; None without a table."""
    for name in settings:
        if name not in COST_SETTINGS:
            parameters = tuple(inspect.signature(evaluate).parameters)[2:-1]
            raise InputError(f"{name}: unknown setting{nearest(name, (*parameters, *COST_SETTINGS))}")
    if components is not None:
        return Table.of(components, node, settings)
    for name in ("node", *settings) if node is not None else settings:
        raise InputError(f"{name}: of costs, which need a component table; allowed with components='generic'")
    return None


def _notes(layers: dict[str, AnalogLayer], longest: float, temperature: float | None) -> str:
    """What a reader must know of the time of a result."""
    devices = [(layer.hardware.cells, temperature) for layer in layers.values()]
    return "\n".join(retention_notes(devices, longest))


class _Score(NamedTuple):
    """Mean of the metric over some samples, and what was measured and is multiplied in each layer."""

    mean: float
    samples: int
    watches: list[Watch]
    products: list[Products]


def _score(model: nn.Module, layers: dict[str, AnalogLayer], data: Data, time: int, metric: Metric) -> _Score:
    """Mean of the metric over a data set, and what was measured of each layer."""
    observers = [Observer(layer) for layer in layers.values()]
    hooks = [observer.layer.register_forward_hook(observer) for observer in observers]
    device = next(iter(layers.values())).weight.device
    total, first = 0.0, 0
    try:
        with torch.no_grad():
            for inputs, labels in data.batches(device):
                if first + len(inputs) > MAX_SAMPLES:
                    raise InputError(f"loader: more than {MAX_SAMPLES} samples; no more can be addressed")
                running = Pass(len(inputs), first, Purpose.TEST, 0, time)
                for layer in layers.values():
                    layer.running = running
                numbers = numbers_of(metric, model(inputs), labels)
                total += float(numbers.double().sum())
                first += len(inputs)
                for observer in observers:
                    observer.whole = True
    finally:
        for hook in hooks:
            hook.remove()
    if not first:
        if data.samples is None:
            raise InputError(
                "loader: gives its batches only once; allowed: batches that can be read again, such as those of a list "
                "or a torch.utils.data.DataLoader"
            )
        raise InputError("loader: has no samples")
    watches, products = zip(*((own.result(), own.products(first)) for own in observers), strict=True)
    return _Score(total / first, first, list(watches), list(products))


def _count(loader: Iterable[Any]) -> tuple[int, str]:
    """What progress counts, and how many of them an evaluation has."""
    try:
        return len(loader), "Batches"  # type: ignore[arg-type]
    except TypeError:  # such as a DataLoader of an IterableDataset
        return 1, "Evaluations"


def _pass_through(model: nn.Module, layers: dict[str, AnalogLayer], calibration: Any, time: int) -> None:
    """Pass inputs through a network at an evaluation time."""
    device, first = next(iter(layers.values())).weight.device, 0
    with torch.no_grad():
        for inputs in inputs_of(calibration, "calibration"):
            if not bool(torch.isfinite(inputs).all()):
                raise InputError("calibration: contains NaN or infinity; only finite numbers are allowed")
            running = Pass(len(inputs), first, Purpose.HELD_OUT, 0, time)
            for layer in layers.values():
                layer.running = running
            try:
                model(inputs.to(device))
            except ValueError as error:  # a batch normalisation has one value for each channel
                raise InputError(
                    f"calibration: a batch of {len(inputs)} inputs is refused ({' '.join(str(error).split())[:100]}); "
                    "allowed: batches of at least 2"
                ) from error
            first += len(inputs)
    if not first:
        raise InputError("calibration: has no samples, or gives its batches only once")


def _programmed(
    layers: dict[str, AnalogLayer], repeat: int, compensation: str, reference: str
) -> dict[str, DriftReference]:
    """Program all layers, and read what their compensation compares later outputs with."""
    references = {}
    for name, layer in layers.items():
        layer.forget()
        layer.repeat = repeat
        _ = layer.cells
        if compensation not in ("none", BATCH_NORM):
            references[name] = DriftReference.of(layer.cells, compensation, reference)
    return references


def _show(show: Callable[[int], None], before: int, most: int, done: int) -> None:
    """Show how many batches of all evaluations are done, of which `done` are of the present one."""
    show(before + min(done, most))


@contextmanager
def _fresh(model: nn.Module, layers: dict[str, AnalogLayer]) -> Iterator[None]:
    """Evaluation mode and one thread of BLAS; afterwards the model is what it was."""
    try:
        with evaluation_mode(model), threadpool_limits(1, "blas"):
            yield
    finally:
        for layer in layers.values():
            layer.forget()  # the first programming is made again when it is needed
            layer.repeat, layer.running, layer.counts = 0, None, None
