"""Attribution of a loss to the arguments of any function of settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from memsim.arrays.checks import choice, whole
from memsim.attribution.result import Imperfection, MetricName, Scored, result_of
from memsim.attribution.shapley import game_of
from memsim.backends import resolve
from memsim.errors import InputError, shown
from memsim.philox import MAX_SEED
from memsim.real_arrays import check_real

if TYPE_CHECKING:
    import xarray as xr

MAX_IMPERFECTIONS = 1000


def attribute(
    function: Callable[[dict[str, Any]], Any],
    imperfections: Mapping[str, Mapping[str, Any]],
    ideal: Mapping[str, Any] | None = None,
    *,
    after: Mapping[str, str] | None = None,
    metric: str = "metric",
    units: str = "1",
    better: Literal["higher", "lower"] = "higher",
    orders: int | None = None,
    seed: int = 0,
    progress: Callable[[int, int], object] | None = None,
) -> xr.Dataset:
    """How much of the loss of a metric each imperfection causes.

    Parameters
    ----------
    function : callable
        From a dict of settings to the metric: a number, or an array (repeat,). It gets `ideal` with the settings of the
        imperfections that exist in place of the ideal ones, once for each combination that is needed. It should use
        the same random numbers each time, or differences of random numbers count as losses.
    imperfections : mapping of str to mapping
        The settings by which each imperfection differs from the ideal. No two imperfections have the same setting.
    ideal : mapping, optional
        The settings without imperfections.
    after : mapping of str to str, optional
        For an imperfection that acts on another one, the other one, as in ``{"noise of pulses": "pulses"}``. It then
        never exists without the other one.
    metric, units : str
        What the function returns, for tables and figures.
    better : {"higher", "lower"}
        Which metrics are the better ones.
    orders : int, optional
        Number of sampled pairs of orders in which imperfections join. If not given, all orders count for up to eight
        imperfections, of which those that follow each other count as one, and 50 pairs for more.
    seed : int
        Seed of the sampled orders.
    progress : callable, optional
        Called as ``progress(done, all)`` with numbers of combinations.

    Returns
    -------
    xarray.Dataset
        ``loss_share`` (learner, imperfection, repeat), its mean and interval, and more; see `memsim.tasks.attribution`.
        The shares add up to ``metric_loss``. The dimension learner has one label, the metric.

    Raises
    ------
    InputError
        If an argument is not allowed, or the function returns something else than finite numbers of one shape.

    Examples
    --------
    >>> result = ms.attribute(
    ...     lambda settings: snr(x @ ms.Crossbar.from_weights(w, "pcm-joshi2020", seed=1, **settings)),
    ...     {"DAC": {"dac": ms.DAC(6)}, "ADC": {"adc": ms.ADC(6)}},
    ...     metric="SNR", units="dB",
    ... )  # doctest: +SKIP
    """
    settings = _checked(imperfections)
    names = list(settings)
    if not callable(function):
        raise InputError(f"function: {shown(function)} is not allowed; a function of a dict of settings")
    choice("better", better, ("higher", "lower"))
    whole("seed", seed, 0, MAX_SEED)
    game = game_of(len(names), _chains(names, after or {}), orders, seed)
    metrics: dict[int, np.ndarray] = {}
    for done, combination in enumerate(game.combinations):
        if progress is not None:
            progress(done, len(game.combinations))
        chosen = [name for i, name in enumerate(names) if combination >> i & 1]
        values = _numbers(function(dict(ideal or {}) | {k: v for name in chosen for k, v in settings[name].items()}))
        if metrics and values.shape != metrics[0].shape:
            raise InputError(
                f"function: returned {len(values)} numbers with {', '.join(chosen)}, but {len(metrics[0])} before; it "
                "must always return as many"
            )
        metrics[combination] = values
    if progress is not None:
        progress(len(game.combinations), len(game.combinations))
    states = {name: _ideal_state(own, ideal or {}) for name, own in settings.items()}
    players = tuple(Imperfection(name, states[name]) for name in names)
    return result_of(
        [Scored(metric, players, game, metrics)],
        MetricName(metric, units, better),
        title=f"What limits {metric}",
        seed=seed,
        backend=resolve("cpu"),
    )


def _chains(names: Sequence[str], after: Mapping[str, str]) -> list[list[int]]:
    """Chains of numbers of imperfections that follow each other.

    Raises
    ------
    InputError
        If a name is unknown, two imperfections follow the same one, or they follow each other in a circle.
    """
    for name, other in after.items():
        for one in (name, other):
            if one not in names:
                raise InputError(f"after: unknown imperfection {shown(one)}; allowed: {', '.join(names)}")
    if len(set(after.values())) < len(after):
        twice = next(one for one in after.values() if list(after.values()).count(one) > 1)
        raise InputError(f"after: two imperfections follow '{twice}'; allowed: one")
    following = {other: name for name, other in after.items()}
    chains = []
    for start in (other for other in following if other not in after):
        chain = [start]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        chains.append([names.index(name) for name in chain])
    if sum(map(len, chains)) < len({*after, *following}):
        raise InputError(f"after: {', '.join(sorted(after))} follow each other in a circle")
    return chains


def _checked(imperfections: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Settings by imperfection.

    Raises
    ------
    InputError
        If there are none or too many, or two have the same setting.
    """
    if not isinstance(imperfections, Mapping) or not imperfections:
        raise InputError("imperfections: none are given; allowed: settings by name, such as {'ADC': {'adc': 8}}")
    if len(imperfections) > MAX_IMPERFECTIONS:
        raise InputError(f"imperfections: {len(imperfections)} are given; allowed: up to {MAX_IMPERFECTIONS}")
    owners: dict[str, str] = {}
    for name, settings in imperfections.items():
        if not isinstance(name, str) or not name.strip():
            raise InputError(f"imperfections: {shown(name)} is not allowed as a name; a text")
        if not isinstance(settings, Mapping) or not settings:
            raise InputError(f"imperfections['{name}']: {shown(settings)} is not allowed; settings by name")
        for key in settings:
            if key in owners:
                raise InputError(f"imperfections: '{name}' and '{owners[key]}' both set {shown(key)}; allowed: one")
            owners[key] = name
    return {name: dict(settings) for name, settings in imperfections.items()}


def _numbers(values: Any) -> np.ndarray:
    """What a function returned, as (repeat,).

    Raises
    ------
    InputError
        If these are no finite numbers.
    """
    check_real("function", values)
    try:
        array = np.atleast_1d(np.asarray(values, float))
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.ndim != 1 or not array.size or not np.isfinite(array).all():
        raise InputError(f"function: returned {shown(values)}; it must return a finite number, or an array (repeat,)")
    return array


def _ideal_state(settings: Mapping[str, Any], ideal: Mapping[str, Any]) -> str:
    """Ideal settings in words."""
    return ", ".join(f"{key} {shown(ideal[key]) if key in ideal else 'left out'}" for key in settings)
