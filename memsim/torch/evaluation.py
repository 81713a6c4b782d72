"""Accuracy of a programmed network over programmings and time, and what limits it in each layer."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
import torch
import xarray as xr
from rich.progress import Progress
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from memsim.errors import InputError, nearest
from memsim.metrics.products import signal_to_noise
from memsim.philox import MAX_REPETITIONS, MAX_SAMPLES, MAX_TIMES, Purpose
from memsim.torch.analog_layer import AnalogLayer, Counts
from memsim.torch.compensation import COMPENSATIONS, Reference
from memsim.torch.modules import analog_layers
from memsim.torch.passes import Pass
from memsim.units import format_quantity, parse_quantity

Metric = Callable[[Tensor, Tensor], Tensor]
"""Number for each sample from outputs (sample, ...) and labels (sample, ...), whose mean is the result."""

_DESCRIBED = {
    "accuracy": ("1", "share of samples whose largest output is that of their class"),
    "metric": ("1", "mean of the metric over the samples"),
    "snr": (
        "dB",
        "10 log10 of the variance of the products with the exact weights over the mean square of what the layer gives "
        "minus them, over the samples of the first batch",
    ),
    "clipped_inputs": ("1", "share of the inputs of a layer that exceed the range of its DACs"),
    "saturated_outputs": ("1", "share of the outputs of the tiles of a layer that exceed the range of their ADCs"),
    "weight_error": (
        "1",
        "root mean square of the weights that the cells hold, as outputs see them, minus the exact ones, over that of "
        "the exact ones",
    ),
}


def correct(outputs: Tensor, labels: Tensor) -> Tensor:
    """1 for each sample whose largest output is that of its class, else 0; the metric `accuracy`."""
    return (outputs.argmax(1) == labels).double()


def evaluate(
    model: nn.Module,
    loader: Iterable[Any],
    *,
    times: Sequence[str | float] = (0.0,),
    repeats: int | None = None,
    compensation: str = "none",
    metric: Metric | None = None,
    progress: bool | None = None,
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
    compensation : {"none", "global", "column"}
        How drift is undone in the outputs: not at all; by one factor for each layer; or by one for each output.
        See `memsim.torch.compensation`.
    metric : callable, optional
        From outputs and labels of a batch to one number for each sample. The accuracy of classes if not given.
    progress : bool, optional
        Show progress on the standard error stream; if not given, where that is a terminal or a notebook.

    Returns
    -------
    xarray.Dataset
        ``accuracy`` or ``metric`` (repeat, time); ``snr``, ``clipped_inputs``, ``saturated_outputs`` and
        ``weight_error`` (repeat, time, layer). Attributes hold the hardware and a hash of the weights.

    Raises
    ------
    InputError
        If the model is not programmed, or a setting is not allowed.
    """
    layers = analog_layers(model)
    for name, layer in layers.items():
        if not layer.programmed:
            raise InputError(f"{name}: is not programmed; call memsim.torch.program(model) first")
    seconds = _seconds(times)
    if compensation not in COMPENSATIONS:
        raise InputError(
            f"compensation: unknown '{compensation}'{nearest(compensation, COMPENSATIONS)}; allowed: "
            f"{', '.join(COMPENSATIONS)}"
        )
    count = max(int(layer.programmings) for layer in layers.values()) if repeats is None else repeats
    if not (isinstance(count, int) and 1 <= count <= MAX_REPETITIONS):
        raise InputError(f"repeats: {repeats!r} is not a whole number from 1 to {MAX_REPETITIONS}")
    scores = np.full((count, len(seconds)), math.nan)
    measured = {name: np.full((count, len(seconds), len(layers)), math.nan) for name in ("snr", *Watch._fields[:-1])}
    total = count * len(seconds)
    with _fresh(model, layers), _shown(progress, total) as advance:
        for repeat in range(count):
            references = _programmed(layers, repeat, compensation)
            passed = 0.0
            for time, instant in enumerate(seconds):
                for name, layer in layers.items():
                    if instant > passed:
                        layer.age(instant - passed)
                    if name in references:
                        layer.correct(references[name].factor(layer, time))
                passed = instant
                scores[repeat, time], watches = _score(model, layers, loader, time, metric or correct)
                for place, watch in enumerate(watches):
                    for name in measured:
                        measured[name][repeat, time, place] = getattr(watch, name)
                advance()
    return _dataset(model, layers, scores, measured, seconds, compensation, metric is None)


class Watch(NamedTuple):
    """What was measured of a layer while a data set passed it; see the results of `evaluate`."""

    clipped_inputs: float
    saturated_outputs: float
    weight_error: float
    snr: float


class _Observer:
    """Counts clipped inputs and saturated outputs of a layer, and compares its first outputs with exact ones."""

    def __init__(self, layer: AnalogLayer) -> None:
        self.layer, self.counts = layer, Counts()
        self.sums = np.zeros(4)
        self.whole = False
        layer.counts = self.counts

    def result(self) -> Watch:
        counts = self.counts
        return Watch(
            counts.clipped / counts.inputs if counts.inputs else math.nan,
            counts.saturated / counts.outputs if counts.outputs else math.nan,
            self._weight_error(),
            float(signal_to_noise(*self.sums)),
        )

    def _weight_error(self) -> float:
        exact = self.layer.torch_weight().detach().double()
        wrong = self.layer.effective_weight().double() - exact
        return math.sqrt(float(wrong.square().sum()) / float(exact.square().sum())) if exact.any() else math.nan

    def __call__(self, layer: AnalogLayer, inputs: Any, outputs: Tensor) -> None:
        if self.whole:
            return
        x = layer.padded(inputs[0])
        exact = layer.biased(layer.product(x, layer.torch_weight())).double()
        outputs = outputs if outputs.ndim == exact.ndim else outputs[None]
        wrong = outputs.double() - exact
        self.sums += exact.numel(), float(exact.sum()), float(exact.square().sum()), float(wrong.square().sum())


def _score(
    model: nn.Module, layers: dict[str, AnalogLayer], loader: Iterable[Any], time: int, metric: Metric
) -> tuple[float, list[Watch]]:
    """Mean of the metric over a data set, and what was measured of each layer."""
    observers = [_Observer(layer) for layer in layers.values()]
    hooks = [observer.layer.register_forward_hook(observer) for observer in observers]
    device = next(iter(layers.values())).weight.device
    total, first = 0.0, 0
    try:
        with torch.no_grad():
            for batch in loader:
                inputs, labels = _pair(batch, device)
                if first + len(inputs) > MAX_SAMPLES:
                    raise InputError(f"loader: more than {MAX_SAMPLES} samples; no more can be addressed")
                running = Pass(len(inputs), first, Purpose.TEST, 0, time)
                for layer in layers.values():
                    layer.running = running
                numbers = metric(model(inputs), labels)
                if tuple(numbers.shape) != (len(inputs),):
                    raise InputError(
                        f"metric: gives numbers of shape {tuple(numbers.shape)}; allowed: ({len(inputs)},), one for "
                        "each sample"
                    )
                total += float(numbers.double().sum())
                first += len(inputs)
                for observer in observers:
                    observer.whole = True
    finally:
        for hook in hooks:
            hook.remove()
    if not first:
        raise InputError("loader: has no samples")
    return total / first, [observer.result() for observer in observers]


def _pair(batch: Any, device: torch.device) -> tuple[Tensor, Tensor]:
    if not (
        isinstance(batch, tuple | list) and len(batch) >= 2 and all(isinstance(part, Tensor) for part in batch[:2])
    ):
        raise InputError("loader: gives something else than pairs of tensors (inputs, labels)")
    return batch[0].to(device), batch[1].to(device)


def _programmed(layers: dict[str, AnalogLayer], repeat: int, compensation: str) -> dict[str, Reference]:
    """Program all layers, and read what their compensation compares later outputs with."""
    references = {}
    for name, layer in layers.items():
        layer.forget()
        layer.repeat = repeat
        _ = layer.cells
        if compensation != "none":
            references[name] = Reference.of(layer, compensation)
    return references


@contextmanager
def _fresh(model: nn.Module, layers: dict[str, AnalogLayer]) -> Iterator[None]:
    """Evaluation mode and one thread of BLAS; afterwards the model is what it was."""
    training = model.training
    try:
        model.eval()
        with threadpool_limits(1, "blas"):
            yield
    finally:
        model.train(training)
        for layer in layers.values():
            layer.forget()  # the first programming is made again when it is needed
            layer.repeat, layer.running, layer.counts = 0, None, None


@contextmanager
def _shown(progress: bool | None, total: int) -> Iterator[Callable[[], None]]:
    """A function that says that one of the evaluations is done."""
    from rich.console import Console

    console = Console(stderr=True)
    wanted = (console.is_terminal or console.is_jupyter) if progress is None else progress
    with Progress(console=console, disable=not wanted, transient=True) as bar:
        task = bar.add_task("Evaluations", total=total)
        yield lambda: bar.advance(task)


def _seconds(times: Sequence[str | float]) -> list[float]:
    """Times [s]."""
    if isinstance(times, str | int | float):
        times = [times]
    seconds = [parse_quantity(time, "s") if isinstance(time, str) else float(time) for time in times]
    if not seconds or len(seconds) > MAX_TIMES:
        raise InputError(f"times: {len(seconds)} times; allowed: 1 to {MAX_TIMES}")
    for earlier, later in zip([0.0, *seconds], seconds, strict=False):
        if not (math.isfinite(later) and later >= earlier):
            order = f"{format_quantity(later, 's')} after {format_quantity(earlier, 's')}"
            raise InputError(f"times: {order}; allowed: increasing times of at least 0 s")
    return seconds


def weights_hash(model: nn.Module) -> str:
    """SHA-256 of all weights of a model by name, shape, type and numbers."""
    digest = hashlib.sha256()
    for name, values in sorted(model.named_parameters()):
        array = np.ascontiguousarray(values.detach().cpu().numpy())
        digest.update(f"{name} {array.dtype} {array.shape}".encode() + array.tobytes())
    return digest.hexdigest()


def _dataset(
    model: nn.Module,
    layers: dict[str, AnalogLayer],
    scores: np.ndarray,
    measured: dict[str, np.ndarray],
    seconds: Sequence[float],
    compensation: str,
    classes: bool,
) -> xr.Dataset:
    name = "accuracy" if classes else "metric"
    data: dict[str, Any] = {name: (("repeat", "time"), scores)}
    data |= {key: (("repeat", "time", "layer"), values) for key, values in measured.items()}
    dataset = xr.Dataset(
        data,
        {
            "repeat": ("repeat", np.arange(len(scores)), {"long_name": "number of the programming"}),
            "time": ("time", np.array(seconds), {"units": "s", "long_name": "time since the end of the programming"}),
            "layer": ("layer", [name or layer.label for name, layer in layers.items()], {"long_name": "layer"}),
        },
        {
            "memsim": version("memsim"),
            "torch": str(torch.__version__),
            "hardware": json.dumps({name: layer.hardware.settings() for name, layer in layers.items()}),
            "weights_sha256": weights_hash(model),
            "compensation": compensation,
            "seed": str(next(iter(layers.values())).hardware.seed),
        },
    )
    for key in data:
        units, meaning = _DESCRIBED[key]
        dataset[key].attrs |= {"units": units, "long_name": key.replace("_", " "), "meaning": meaning}
    return dataset
