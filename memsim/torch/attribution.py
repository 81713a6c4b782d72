"""Attribution of the loss of a network on hardware to imperfections, and to its layers."""

from __future__ import annotations

import copy
import dataclasses
import warnings
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import nn

from memsim.arrays.checks import whole
from memsim.attribution.imperfections import (
    BOUNDS,
    CIRCUIT,
    DRIFT,
    ERROR,
    KEYS,
    PULSES,
    SHAPE,
    Kind,
    chains_of,
    changed,
    check_keys,
    ideal_device,
    kinds_of,
    of_device,
)
from memsim.attribution.result import Imperfection, MetricName, Scored, result_of
from memsim.attribution.shapley import game_of
from memsim.backends import resolve
from memsim.errors import InputError, RetentionWarning, nearest
from memsim.philox import MAX_REPETITIONS, MAX_SEED
from memsim.profiles import device_of
from memsim.torch.analog_layer import AnalogLayer
from memsim.torch.evaluation import evaluate
from memsim.torch.exchange import backend_for
from memsim.torch.hardware import Hardware
from memsim.torch.modules import analog_layers
from memsim.torch.progress import bar
from memsim.torch.result import origin_of
from memsim.torch.samples import Metric
from memsim.torch.times import seconds_of

if TYPE_CHECKING:
    import xarray as xr


def attribute(
    model: nn.Module,
    loader: Iterable[Any],
    *,
    by_layer: bool = False,
    imperfections: Collection[str] = (),
    time: str | float = 0.0,
    repeats: int | None = None,
    metric: Metric | None = None,
    orders: int | None = None,
    seed: int = 0,
    progress: bool | None = None,
    **settings: Any,
) -> xr.Dataset:
    """How much of the loss of accuracy of a network each imperfection of its hardware causes.

    The network is evaluated with the combinations of imperfections, each time with the same random numbers: the same
    errors of cells and the same noise. The ranges of its converters stay as calibrated.

    Parameters
    ----------
    model : nn.Module
        From `convert`, and with converters from `calibrate`. It is not changed, and need not be programmed.
    loader : iterable of (inputs, labels)
        Batches, as for `evaluate`.
    by_layer : bool
        Whether the loss is divided among layers, too: each imperfection of each layer has a share.
    imperfections : collection of str, optional
        Short names of those that count, see `memsim.attribution.imperfections.KEYS`; all others stay as they are. All
        that the hardware has if not given.
    time : str or float
        Time since the end of the programming, such as "1 day", or in seconds.
    repeats : int, optional
        Number of programmings; that of `program`, or 1, if not given.
    metric : callable, optional
        As for `evaluate`: from outputs and labels to one number for each sample, larger ones being better. The accuracy
        of classes if not given.
    orders : int, optional
        Number of sampled pairs of orders in which imperfections join. If not given, all orders count for up to eight
        imperfections, and 50 pairs for more.
    seed : int
        Seed of the sampled orders.
    progress : bool, optional
        Show progress, as in `evaluate`.
    **settings
        Of `evaluate`: ``temperature``, ``compensation``, ``reference``, ``calibration``.

    Returns
    -------
    xarray.Dataset
        ``loss_share`` (learner, imperfection, repeat) and more, see `memsim.tasks.attribution`. The labels
        ``imperfection_layer`` and ``imperfection_kind`` sum shares by layer or by kind:
        ``result.loss_share_mean.groupby("imperfection_layer").sum()``.

    Raises
    ------
    InputError
        If a setting is not allowed, or the hardware is ideal.

    Examples
    --------
    >>> chip = mt.calibrate(mt.convert(model, hardware), inputs)  # doctest: +SKIP
    >>> result = mt.attribute(chip, loader, repeats=3)  # doctest: +SKIP
    """
    layers = analog_layers(model)
    (instant,) = seconds_of([time])
    for name in settings:
        if name not in _PASSED_ON:
            raise InputError(f"{name}: unknown setting{nearest(name, _PASSED_ON)}")
    whole("seed", seed, 0, MAX_SEED)
    count = max(1, *(int(layer.programmings) for layer in layers.values()))
    if repeats is not None:
        count = whole("repeats", repeats, 1, MAX_REPETITIONS)
    players = _players(layers, imperfections, instant > 0, by_layer)
    game = game_of(len(players), chains_of([(player.layer or "", player.kind.key) for player in players]), orders, seed)
    chip = copy.deepcopy(model)
    copies = analog_layers(chip)
    metrics: dict[int, np.ndarray] = {}
    with bar(progress, "Combinations", len(game.combinations)) as show:
        for done, combination in enumerate(game.combinations):
            missing = [player for i, player in enumerate(players) if not combination >> i & 1]
            for name, layer in copies.items():
                keys = {player.kind.key for player in missing if player.layer in (None, name)}
                layer.hardware = without(layers[name].hardware, keys)
                layer.programmings.fill_(count)
                layer.forget(weights=True)
            with warnings.catch_warnings():
                if any(player.kind.key == DRIFT for player in missing):  # these cells keep their states on purpose
                    warnings.simplefilter("ignore", RetentionWarning)
                dataset = evaluate(
                    chip, loader, times=[instant], repeats=count, metric=metric, progress=False, **settings
                )
            values = dataset["accuracy" if metric is None else "metric"].values[:, -1]
            metrics[combination] = (100.0 if metric is None else 1.0) * values
            show(done + 1)
    devices = list(dict.fromkeys(str(layer.hardware.cells.name) for layer in layers.values()))
    label = f"{type(model).__name__}, {', '.join(devices)}"
    name = "accuracy" if metric is None else getattr(metric, "__name__", type(metric).__name__)
    imperfect = tuple(
        Imperfection(
            f"{player.label}: {player.kind.label}" if by_layer else player.kind.label,
            player.kind.ideal_state,
            player.kind.label,
            player.label,
        )
        for player in players
    )
    return result_of(
        [Scored(label, imperfect, game, metrics, ", ".join(devices))],
        MetricName(name, "%" if metric is None else "1"),
        title=f"What limits {type(model).__name__} on {', '.join(devices)}",
        seed=next(iter(layers.values())).hardware.seed,
        backend=resolve(backend_for(next(iter(layers.values())).weight.device)),
        attributes={
            **origin_of(model, layers),
            **({"notes": dataset.attrs["notes"]} if "notes" in dataset.attrs else {}),
        },
    )


_PASSED_ON = ("temperature", "compensation", "reference", "calibration")


@dataclasses.dataclass(frozen=True)
class _Player:
    """An imperfection of all layers that have it, or of one layer."""

    kind: Kind
    layer: str | None = None
    label: str = ""


def _players(layers: dict[str, AnalogLayer], keys: Collection[str], ages: bool, by_layer: bool) -> list[_Player]:
    """The imperfections that count."""
    check_keys(keys)
    players = []
    for name, layer in layers.items():
        for kind in kinds_of(device_of(layer.hardware.device), _present(layer.hardware, ages)):
            if not keys or kind.key in keys:
                players.append(_Player(kind, name, name or layer.label) if by_layer else _Player(kind))
    order = {key: place for place, key in enumerate(KEYS)}
    players = list({(player.layer, player.kind.key): player for player in players}.values())
    if not by_layer:
        players.sort(key=lambda player: order[player.kind.key])
    if not players:
        raise InputError("imperfections: the hardware has none of these; there is no loss to divide")
    return players


def _present(hardware: Hardware, ages: bool) -> list[str]:
    """Short names of the imperfections of some hardware."""
    present = of_device(device_of(hardware.device), hardware.ideal, ages=ages)
    present += [key for key in CIRCUIT if getattr(hardware, key) is not None]
    return [*present, ERROR] if hardware.error else present


def without(hardware: Hardware, missing: Collection[str]) -> Hardware:
    """Hardware without some of its imperfections, see `memsim.attribution.imperfections`."""
    device = device_of(hardware.device)
    parts, leaves = ideal_device(device, missing)
    changes: dict[str, Any] = {key: None for key in CIRCUIT if key in missing}
    if parts:
        changes["ideal"] = tuple(dict.fromkeys([*hardware.ideal, *parts]))
    if leaves:
        changes["device"] = changed(device, leaves)
    if ERROR in missing:
        changes["error"] = 0.0
    exact = {BOUNDS, SHAPE} & set(missing) or (PULSES in missing and device.spec.update is None)
    if exact and hardware.programming is not None:
        changes["programming"] = None
    return dataclasses.replace(hardware, **changes) if changes else hardware
