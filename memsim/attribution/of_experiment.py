"""Attribution of the loss of the learners of an experiment: one run with a learner for each combination."""

from __future__ import annotations

import copy
import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from memsim.arrays.waiting import retention_notes
from memsim.attribution.imperfections import (
    CIRCUIT,
    ERROR,
    KEYS,
    READ,
    Kind,
    chains_of,
    check_keys,
    ideal_device,
    kinds_of,
    of_device,
)
from memsim.attribution.result import Imperfection, MetricName, Scored, result_of
from memsim.attribution.shapley import Game, game_of
from memsim.backends import resolve
from memsim.document.writer import show
from memsim.errors import InputError, nearest
from memsim.evaluation import Trained, checked, trained_in
from memsim.experiments.comparing import comparing
from memsim.experiments.experiment import Experiment
from memsim.experiments.keys import listed
from memsim.experiments.learners import name_without_device
from memsim.experiments.loading import load_experiment
from memsim.experiments.schema import ExperimentSpec
from memsim.profiles import DeviceProfile
from memsim.repeat import stored_experiment
from memsim.results.dataset import VARIABLES, load
from memsim.results.metric_values import values_of
from memsim.results.weights import has_weights
from memsim.simulate import compute, with_device_and_data
from memsim.tasks.base import Metric
from memsim.tasks.coordinates import SEVERITY
from memsim.tasks.job import Earlier, Progress
from memsim.units import moment

if TYPE_CHECKING:
    import xarray as xr

_AROUND_TRAINED = (READ, *CIRCUIT)
"""Imperfections that can change once cells have learned in place."""
MAX_RUNS = 1000
"""Most learners of the run."""


def limits(
    experiment: Experiment | str | Path,
    changes: Mapping[str, Any] | None = None,
    *,
    device: DeviceProfile | str | None = None,
    data: str | Path | None = None,
    learners: Collection[str] = (),
    imperfections: Collection[str] = (),
    metric: str | None = None,
    orders: int | None = None,
    backend: str = "auto",
    progress: Progress | None = None,
) -> xr.Dataset:
    """How much of the loss of the learners of an experiment each imperfection causes.

    Each combination of imperfections that is needed is a learner of one run, with the random numbers of all others.
    Networks are trained once.

    Parameters
    ----------
    experiment : Experiment, str or Path
        What to run, as for `memsim.run`; or the result of a run. If this holds weights, nothing is trained, and only
        what surrounds the cells and the noise of reads count where these have learned in place.
    changes : mapping, optional
        Settings to change, as for `Experiment.replace`.
    device : DeviceProfile or str, optional
        Used by every crossbar instead of its own.
    data : str or Path, optional
        Images, as for `memsim.run`.
    learners : collection of str, optional
        Names of learners with crossbars. If not given, those that are programmed, or all where there are none.
    imperfections : collection of str, optional
        Short names of those that count, see `memsim.attribution.imperfections.KEYS`; all others stay as they are. All
        that the learners have if not given.
    metric : str, optional
        Variable of the result, such as "snr_median", or its label, such as "under noise"; the first one of the task if
        not given. If time passes, the accuracy at the last time.
    orders : int, optional
        Number of sampled pairs of orders; see `memsim.attribute`.
    backend : {"auto", "cpu", "cuda"}
        Where to compute.
    progress : callable, optional
        As for `memsim.run`.

    Returns
    -------
    xarray.Dataset
        See `memsim.tasks.attribution`; the dimension repeat has the seeds, or the images, of the task.

    Raises
    ------
    MemsimError
        If a setting is not allowed, there are too many combinations, or a metric is not finite.
    """
    source = opened(experiment)
    return limits_of(
        with_device_and_data(source.experiment.replace(changes), device, data),
        source,
        learners=learners,
        imperfections=imperfections,
        metric=metric,
        orders=orders,
        backend=backend,
        progress=progress,
    )


def limits_of(
    whole: Experiment,
    source: Source,
    *,
    learners: Collection[str] = (),
    imperfections: Collection[str] = (),
    metric: str | None = None,
    orders: int | None = None,
    backend: str = "auto",
    progress: Progress | None = None,
) -> xr.Dataset:
    """The attribution of an experiment, perhaps with changes, and with what its source holds; see `limits`."""
    trained = source.trained
    whole = one_run(whole, trained)
    known, images_sha256 = ({}, source.images_sha256) if trained is None else checked(trained, whole)
    chosen = metric_of(whole, metric)
    ages = "time" in VARIABLES[chosen.source].dims and _last_time(whole) > 0
    players = [_player(whole, one, imperfections, orders, trained, ages) for one in explained(whole, learners)]
    count = sum(len(player.game.combinations) for player in players)
    if count > MAX_RUNS:
        raise InputError(
            f"{whole.document.name}: {count} combinations of imperfections; allowed: {MAX_RUNS} in one run. Choose "
            "fewer learners or imperfections, or sample fewer orders"
        )
    expanded, labels = _expanded(whole, players, chosen)
    earlier = None
    if trained is not None:
        labels = {label: known[old] for label, old in labels.items()}
        earlier = Earlier({label: trained.kept[old] for label, old in labels.items()}, trained.result, labels)
    result = compute(
        expanded, backend=backend, images_sha256=images_sha256, progress=progress, earlier=earlier, only=chosen
    )
    places = {str(name): place for place, name in enumerate(result[whole.spec.COMPARED].values)}
    scored = [
        Scored(
            player.label,
            tuple(Imperfection(kind.label, kind.ideal_state) for kind in player.kinds),
            player.game,
            {
                one: _finite(values_of(result, chosen, places[player.name_of(one)]), chosen, player, one)
                for one in player.game.combinations
            },
            player.device.name,
        )
        for player in players
    ]
    return result_of(
        scored,
        MetricName(chosen.label, chosen.unit or "1", chosen.better),
        title=f"Shares of the loss: {whole.spec.title}",
        seed=whole.spec.seed,
        backend=resolve(result.attrs["backend"]),
        attributes=_origin(whole, result, chosen, players),
    )


class _Player(NamedTuple):
    """A learner with its imperfections and the combinations of them that are needed."""

    number: int
    name: str
    label: str
    device: DeviceProfile
    kinds: list[Kind]
    game: Game

    def name_of(self, combination: int) -> str:
        """Name of the learner that has some of the imperfections."""
        return f"{self.number} {combination:b}"

    def missing(self, combination: int) -> list[str]:
        """Short names of the imperfections that a combination lacks."""
        return [kind.key for i, kind in enumerate(self.kinds) if not combination >> i & 1]


class Source(NamedTuple):
    """An experiment, and what the result that it comes from holds.

    Attributes
    ----------
    experiment : Experiment
        The experiment.
    trained : Trained or None
        The result with its weights; None if there is none.
    images_sha256 : str or None
        Hash that the images must have; None if they may be any.
    """

    experiment: Experiment
    trained: Trained | None = None
    images_sha256: str | None = None


def opened(experiment: Experiment | str | Path) -> Source:
    """An experiment by name or from a file, which may be the result of a run."""
    if isinstance(experiment, Experiment):
        return Source(experiment)
    if not str(experiment).endswith(".nc"):
        return Source(load_experiment(experiment))
    result = load(experiment)
    if has_weights(result):
        trained = trained_in(result)
        return Source(trained.experiment, trained)
    stored = stored_experiment(experiment)
    return Source(stored.experiment, images_sha256=stored.images_sha256)


def one_run(whole: Experiment, trained: Trained | None = None) -> Experiment:
    """The experiment at the one run of its sweep; itself where nothing is swept.

    Raises
    ------
    InputError
        If it has several, or its learners were trained in a sweep.
    """
    swept = whole.spec.sweep
    if not swept:
        return whole
    if trained is None and all(len(values) == 1 for values in swept.values()):
        return whole.variants()[0]
    several = {key: values for key, values in swept.items() if len(values) > 1}
    choice = " ".join(f"--set 'sweep.{key}=[{show(values[0])}]'" for key, values in several.items())
    how = f", such as {choice}," if trained is None else ","
    raise InputError(
        f"{whole.document.name}: sweeps {', '.join(swept)}; choose one value of each{how} so that there is one run to "
        "explain"
    )


def explained(experiment: Experiment, names: Collection[str]) -> list[Any]:
    """Settings of the learners of these names; by default of those that are programmed, or of all on crossbars.

    Raises
    ------
    InputError
        If a name is unknown, or nothing is on a crossbar.
    """
    spec = experiment.spec
    on_arrays = [one for one in spec.compared if "array" in one.sections and hasattr(one.array, "ideal")]
    if not on_arrays:
        what = f"has no learner on a crossbar, but each {spec.COMPARED} of the task '{spec.task}'"
        what += ", which has no parts that could be ideal" if spec.COMPARED != "learner" else " is digital"
        raise InputError(f"{experiment.document.name}: {what}, so nothing can be said about what limits it")
    if not names:
        programmed = [one for one in on_arrays if getattr(one, "programs", False)]
        return programmed or on_arrays
    by_label = {name_without_device(one.name): one for one in reversed(on_arrays)}
    by_label |= {one.name: one for one in reversed(on_arrays)} | {_label(spec, one): one for one in on_arrays}
    for name in names:
        if name not in by_label:
            raise InputError(
                f"{experiment.document.name}: unknown learner '{name}' on a crossbar{nearest(name, by_label)}"
            )
    return [by_label[name] for name in dict.fromkeys(names)]


def _label(spec: ExperimentSpec, learner: Any) -> str:
    """Name of a learner in the result of an experiment without a sweep."""
    return next(label for label, run in spec.runs.items() if run.spec is learner)


def _player(
    experiment: Experiment,
    learner: Any,
    keys: Collection[str],
    orders: int | None,
    trained: Trained | None,
    ages: bool,
) -> _Player:
    """A learner with its imperfections."""
    check_keys(keys)
    device = experiment.device(learner)
    present = of_device(device, learner.array.ideal, ages=ages)
    present += [key for key in CIRCUIT if getattr(learner.array, key) is not None]
    if any(getattr(section, "error", 0.0) for section in (getattr(learner, "programmed", None), learner.array)):
        present.append(ERROR)
    if trained is not None and not getattr(learner, "programs", False):
        present = [key for key in present if key in _AROUND_TRAINED]
    label = _label(experiment.spec, learner)
    chosen = [key for key in KEYS if key in present and (not keys or key in keys)]
    if not chosen:
        what = f"has none of these imperfections; allowed: {', '.join(present)}" if present else "is ideal already"
        raise InputError(f"{experiment.document.name}: '{label}' {what}")
    game = game_of(len(chosen), chains_of([("", key) for key in chosen]), orders, experiment.spec.seed)
    number = list(experiment.spec.compared).index(learner)
    return _Player(number, learner.name, label, device, kinds_of(device, chosen), game)


def _expanded(experiment: Experiment, players: Sequence[_Player], metric: Metric) -> tuple[Experiment, dict[str, str]]:
    """An experiment with a learner for each combination, and what each learner is called in the whole one."""
    authored = experiment.document.data[listed(experiment.spec)]
    pairs = zip(authored, experiment.spec.compared, strict=True)
    others = [learner for learner, spec in pairs if "array" not in spec.sections]
    labels = {learner["name"]: learner["name"] for learner in others}
    made = []
    for player in players:
        for combination in player.game.combinations:
            learner = copy.deepcopy(authored[player.number]) | {"name": player.name_of(combination)}
            _make_ideal(learner, experiment.spec.compared[player.number], player, player.missing(combination))
            made.append(learner)
            labels[learner["name"]] = player.label
    networks = {label: experiment.networks[old] for label, old in labels.items() if old in experiment.networks}
    changes = less_work(experiment, metric)
    return comparing(experiment, [*others, *made], networks=networks, changes=changes), labels


def less_work(experiment: Experiment, metric: Metric) -> dict[str, Any]:
    """Settings without which a run would compute what the metric does not need: all but one level of noise."""
    spec: Any = experiment.spec
    corruptions = getattr(spec, "corruptions", None)
    if not corruptions or set(SEVERITY) & set(VARIABLES[metric.source].dims):
        return {}
    name, levels = next(iter(corruptions.items()))
    less: dict[str, Any] = {"corruptions": {name: [levels[0]]}}
    if hasattr(spec, "attack"):
        less |= {"attack": {"steps": 1, "images": 1}, "perturbations": [spec.perturbations[0]]}
    return less


def _make_ideal(learner: dict[str, Any], spec: Any, player: _Player, missing: Collection[str]) -> None:
    """Let a learner, as written, lack some imperfections."""
    array = learner.setdefault("array", {})
    for key in CIRCUIT:
        if key in missing:
            array.pop(key, None)
    if ERROR in missing:
        for section in (learner.get("programmed"), array):
            if section and "error" in section:
                section["error"] = 0.0
    parts, changes = ideal_device(player.device, missing)
    if parts:
        array["ideal"] = list(dict.fromkeys([*spec.array.ideal, *parts]))
    if changes:
        choice = array.get("device", "ideal")
        section = dict(choice) if isinstance(choice, Mapping) else {"extends": choice}
        array["device"] = _laid_over(section, changes)


def _laid_over(section: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A section with changes of its values and of those of the sections in it."""
    made = dict(section)
    for key, value in changes.items():
        inner = made.get(key)
        made[key] = _laid_over(inner, value) if isinstance(inner, Mapping) and isinstance(value, Mapping) else value
    return made


def metric_of(experiment: Experiment, name: str | None) -> Metric:
    """One of the metrics of the task; where time passes, that at the last time."""
    metrics = experiment.task.metrics
    names = [(metric.variable, metric.variable.removesuffix("_mean"), metric.label) for metric in metrics]
    place = 0 if name is None else next((i for i, known in enumerate(names) if name in known), None)
    if place is None:
        raise InputError(f"unknown metric '{name}'{nearest(str(name), [variable for variable, _, _ in names])}")
    metric, last = metrics[place], _last_time(experiment)
    if not (last and metric.aged):
        return metric
    label = f"{metric.label} after {moment(last)}"
    return metric._replace(variable=f"{metric.aged}_mean", of=metric.aged, label=label, values=None)


def _last_time(experiment: Experiment) -> float:
    """Last time at which cells are read [s]; 0 if no time passes."""
    times = list(getattr(experiment.spec, "times", None) or ())
    return times[-1] if times else 0.0


def _finite(values: np.ndarray | None, metric: Metric, player: _Player, combination: int) -> np.ndarray:
    """Values (repeat,) of a metric.

    Raises
    ------
    InputError
        If a result has none, or one is not finite.
    """
    if values is None:
        raise InputError(f"metric '{metric.variable}': has no value of each repeat; choose another one")
    values = metric.factor * np.atleast_1d(values)
    if not np.isfinite(values).all():
        missing = ", ".join(kind.label for kind in player.kinds if kind.key in player.missing(combination))
        raise InputError(
            f"metric '{metric.variable}' of '{player.label}' is not finite without {missing or 'anything ideal'}; "
            "choose another metric, such as its median"
        )
    return values


def _origin(experiment: Experiment, result: xr.Dataset, metric: Metric, players: Sequence[_Player]) -> dict[str, str]:
    """Where the numbers come from."""
    copied = ("images_source", "images_sha256", "devices")
    aging = [getattr(experiment.spec.compared[one.number], "aging", None) for one in players]
    temperatures = [getattr(section, "temperature", None) for section in aging]
    devices = zip((one.device for one in players), temperatures, strict=True)
    notes = retention_notes(devices, _last_time(experiment))
    return {
        **({"notes": "\n".join(notes)} if notes else {}),
        "experiment": experiment.to_yaml(),
        "changes": json.dumps(dict(experiment.changed)),
        "metric_variable": metric.variable,
        **{name: result.attrs[name] for name in copied if name in result.attrs},
    }
