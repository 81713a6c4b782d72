"""The Dataset of an attribution: shares of a loss, what each remedy gains, and the metric of each combination."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from memsim.attribution.shapley import Game
from memsim.backends import Backend
from memsim.metrics.intervals import seed_interval
from memsim.results.dataset import NO_DEVICE, build_dataset
from memsim.results.provenance import LIBRARIES, provenance
from memsim.tasks.registry import ATTRIBUTION

if TYPE_CHECKING:
    import xarray as xr

_OF_EACH = ("loss_share", "improvement", "loss_alone")
"""Variables of each imperfection and repeat."""
_NORMAL = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""


@dataclass(frozen=True)
class Imperfection:
    """What differs from ideal hardware.

    Attributes
    ----------
    name : str
        Its label; of an imperfection of one layer with the name of the layer.
    ideal_state : str
        What stands in its place where it is ideal, in words.
    kind : str
        What it is, whatever the layer.
    layer : str
        The layer that it belongs to; empty for all layers.
    """

    name: str
    ideal_state: str = ""
    kind: str = ""
    layer: str = ""


@dataclass(frozen=True)
class Scored:
    """One network or learner with its imperfections, and its metric with each combination of them.

    Attributes
    ----------
    label : str
        Its name in the result.
    imperfections : tuple of Imperfection
        The players of `game`, in order.
    game : Game
        In which orders they join.
    metrics : mapping of int to (repeat,)
        The metric of each combination of the game.
    device : str
        Name of its device.
    """

    label: str
    imperfections: tuple[Imperfection, ...]
    game: Game
    metrics: Mapping[int, np.ndarray]
    device: str = NO_DEVICE


@dataclass(frozen=True)
class MetricName:
    """What is attributed.

    Attributes
    ----------
    name : str
        The metric, as in "test accuracy".
    units : str
        Its unit; "1" for shares and other dimensionless numbers.
    better : {"higher", "lower"}
        Which numbers are the better ones.
    """

    name: str
    units: str = "1"
    better: Literal["higher", "lower"] = "higher"


def result_of(
    scored: Sequence[Scored],
    metric: MetricName,
    *,
    title: str,
    seed: int,
    backend: Backend,
    attributes: Mapping[str, Any] | None = None,
) -> xr.Dataset:
    """The Dataset of an attribution, see `memsim.tasks.attribution`.

    Parameters
    ----------
    scored : sequence of Scored
        What is compared.
    metric : MetricName
        What is attributed.
    title : str
        Title of the result.
    seed : int
        Seed of the random numbers of the hardware.
    backend : Backend
        What computed the metrics.
    attributes : mapping, optional
        Further attributes: where the numbers come from.
    """
    listed = {one.name: one for each in scored for one in each.imperfections}
    columns = [_Columns(each, list(listed), 1.0 if metric.better == "higher" else -1.0) for each in scored]
    masks = sorted({mask for column in columns for mask in column.metrics})
    variables: dict[str, np.ndarray] = {
        name: np.array([getattr(column, name) for column in columns])
        for name in ("ideal_metric", "real_metric", "metric_loss", "loss_share_error", *_OF_EACH)
    }
    for name in _OF_EACH:
        mean, low, high = seed_interval(variables[name])
        variables[f"{name}_mean"] = mean
        variables[f"{name}_interval"] = np.stack([low, high], axis=-1)
    for place, each in enumerate(scored):
        if each.game.orders is not None:
            parts = variables["loss_share"][place], variables["loss_share_error"][place]
            variables["loss_share_interval"][place] = _with_sampling(*parts)
    nothing = np.full(variables["ideal_metric"].shape[-1], np.nan)
    variables["combination_metric"] = np.array(
        [[column.metrics.get(mask, nothing) for mask in masks] for column in columns]
    )
    variables["combination_member"] = np.array([[mask >> i & 1 for i in range(len(listed))] for mask in masks])
    labels = {
        "learner": [each.label for each in scored],
        "device": [each.device for each in scored],
        "imperfection": list(listed),
        "imperfection_kind": [one.kind or one.name for one in listed.values()],
        "imperfection_layer": [one.layer for one in listed.values()],
        "ideal_state": [one.ideal_state for one in listed.values()],
        "repeat": np.arange(len(nothing)),
        "seed": [seed],
    }
    return build_dataset(
        variables,
        labels,
        {
            "title": title,
            "task": ATTRIBUTION,
            "metric": metric.name,
            "metric_units": metric.units,
            "better": metric.better,
            "orders": ", ".join(dict.fromkeys(_orders_in_words(each.game) for each in scored)),
            "present": json.dumps({each.label: [one.name for one in each.imperfections] for each in scored}),
            "seed": str(seed),
            **(attributes or {}),
            **provenance(backend, LIBRARIES),
        },
    )


def _orders_in_words(game: Game) -> str:
    return "all" if game.orders is None else f"{game.orders} pairs"


class _Columns:
    """Numbers of one of the compared, with all imperfections of the result; NaN where it does not have them."""

    def __init__(self, scored: Scored, names: Sequence[str], sign: float) -> None:
        game, places = scored.game, [names.index(one.name) for one in scored.imperfections]
        whole = (1 << game.players) - 1
        metrics = {mask: np.asarray(values, float) for mask, values in scored.metrics.items()}
        self.ideal_metric, self.real_metric = metrics[0], metrics[whole]
        losses = {mask: sign * (self.ideal_metric - values) for mask, values in metrics.items()}
        self.metric_loss = losses[whole]
        empty = np.full((len(names), *self.ideal_metric.shape), np.nan)
        self.loss_share, self.improvement, self.loss_alone = empty.copy(), empty.copy(), empty.copy()
        self.loss_share_error = empty[:, 0].copy()
        self.loss_share[places] = game.divide(losses).shares
        means = {mask: loss.mean() for mask, loss in losses.items()}
        self.loss_share_error[places] = game.divide(means).sampling_errors
        for player, place in enumerate(places):
            self.improvement[place] = self.metric_loss - losses[game.without(player)]
            alone = game.alone(player)
            if alone is not None:
                self.loss_alone[place] = losses[alone]
        self.metrics = {
            sum(1 << places[player] for player in range(game.players) if mask >> player & 1): values
            for mask, values in metrics.items()
        }


def _with_sampling(shares: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Normal intervals (..., 2) of means over repeats (..., repeat) whose shares have sampling errors (...), too."""
    count = shares.shape[-1]
    spread = shares.std(-1, ddof=1) / np.sqrt(count) if count > 1 else np.zeros(shares.shape[:-1])
    half = _NORMAL * np.hypot(spread, errors)
    return shares.mean(-1)[..., None] + half[..., None] * np.array([-1.0, 1.0])
