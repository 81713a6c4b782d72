"""Stored weights, evaluated again without training: under other noise, on other images, on other devices."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from memsim.errors import InputError, OutputError
from memsim.experiments.devices import DEVICE, whole_key
from memsim.experiments.experiment import Experiment
from memsim.experiments.keys import listed
from memsim.experiments.schema import Run
from memsim.philox import LAYOUT
from memsim.profiles import DeviceProfile
from memsim.repeat import stored_in
from memsim.results.dataset import load, source
from memsim.results.differences import WORDS, differing, flat
from memsim.results.evaluations import Evaluation, evaluations_of, set_evaluations
from memsim.results.settings import any_settings_of
from memsim.results.weights import Kept, has_weights, unpacked
from memsim.simulate import compute, with_device_and_data
from memsim.storage.inputs import no_file
from memsim.tasks.compared import Entry, prepare
from memsim.tasks.job import Earlier, Progress
from memsim.tasks.kept import NUMBERS

if TYPE_CHECKING:
    import xarray as xr

_MOST = 4
"""Keys that an error names."""


class Trained(NamedTuple):
    """A result with the weights of its learners.

    Attributes
    ----------
    result : xarray.Dataset
        The result.
    experiment : Experiment
        What it was computed from.
    kept : mapping of str to Kept
        What was trained, by the labels of the result.
    evaluations : sequence of Evaluation
        Those that made it, and the one that is about to be made, still without changes.
    """

    result: xr.Dataset
    experiment: Experiment
    kept: Mapping[str, Kept]
    evaluations: Sequence[Evaluation]


def evaluate(
    result: str | Path | xr.Dataset,
    changes: Mapping[str, Any] | None = None,
    *,
    device: DeviceProfile | str | None = None,
    data: str | Path | None = None,
    backend: str = "auto",
    progress: Progress | None = None,
    **settings: Any,
) -> xr.Dataset:
    """The result of evaluating again what a run trained, without training; unchanged, the same numbers on the CPU.

    Parameters
    ----------
    result : str, Path or Dataset
        A result of an experiment with ``keep: [weights]``.
    changes : mapping, optional
        Settings to change, as for `Experiment.replace`; those that would need training are refused.
    device : DeviceProfile or str, optional
        Used by every crossbar instead of its own, where networks are programmed onto it.
    data : str or Path, optional
        Where images lie: others, or those of the run, if these were local ones.
    backend : {"auto", "cpu", "cuda"}
        Where to compute.
    progress : callable, optional
        As for `memsim.run`.
    **settings
        Further changes, of top-level keys, e.g. ``perturbations=[0.1]``.

    Returns
    -------
    xarray.Dataset
        A result like that of `memsim.run`. Its attribute ``evaluations`` says what was evaluated and what was changed.
        Curves, pulses and operations of training are those of the run.

    Raises
    ------
    MemsimError
        If the result holds no weights or is damaged, or a change needs training.

    Examples
    --------
    >>> ms.evaluate("digits-01.nc", {"array.adc": {"bits": 6, "range": 4.0}})  # doctest: +SKIP
    """
    trained = trained_in(result)
    experiment = with_device_and_data(trained.experiment.replace(changes, **settings), device, data)
    return evaluate_as(trained, experiment, backend=backend, progress=progress)


def trained_in(result: str | Path | xr.Dataset) -> Trained:
    """A result with the weights that it holds.

    Raises
    ------
    MemsimError
        If it cannot be read, is none, holds no weights, or was made with another layout of random addresses.
    """
    if isinstance(result, str | Path):
        file, digest, dataset = Path(result).name, _digest(Path(result)), load(result)
    else:
        file, digest, dataset = Path(str(result.encoding.get("source", ""))).name, "", result
    name, spec = source(dataset), any_settings_of(dataset)
    if not spec.evaluation_keys(spec):
        raise OutputError(
            f"{name}: the task '{spec.task}' trains nothing, so no weights are stored; run it with other settings: "
            f"memsim run {name} --set KEY=VALUE"
        )
    steps = evaluations_of(dataset)
    if not has_weights(dataset):
        again = f"evaluate {steps[-1].file}" if steps else f"run {name} --set 'keep=[weights]'"
        raise OutputError(f"{name}: holds no weights; an experiment stores them with 'keep: [weights]': memsim {again}")
    if not np.array_equal(dataset.attrs.get("random_addresses", 1), LAYOUT):
        raise OutputError(
            f"{name}: was made with another layout of random addresses, by which its cells would be others; train "
            f"anew: memsim run {name}"
        )
    experiment, images_sha256, _ = stored_in(dataset)
    kept = unpacked(dataset)
    lacking = [label for label in experiment.spec.labels if label not in kept]
    if lacking:
        raise OutputError(f"{name}: its weights are damaged (there are none of '{lacking[0]}')")
    seeds, repeats = getattr(experiment.spec, "seeds", None), dataset.sizes.get("repeat")
    if None not in (seeds, repeats) and seeds != repeats:
        raise OutputError(f"{name}: holds {repeats} repeats, its weights are of {seeds}; give the whole result")
    weights = hashlib.sha256(dataset[NUMBERS].values.tobytes()).hexdigest()
    return Trained(dataset, experiment, kept, [*steps, Evaluation(file, digest, weights, images_sha256 or "", {})])


def evaluate_as(
    trained: Trained, experiment: Experiment, *, backend: str = "auto", progress: Progress | None = None
) -> xr.Dataset:
    """The result of evaluating weights as a changed experiment says, see `evaluate`."""
    labels, images_sha256 = checked(trained, experiment)
    last = trained.evaluations[-1]
    changes = {k: v for k, v in experiment.changed.items() if trained.experiment.changed.get(k) != v}
    weights = {label: trained.kept[old] for label, old in labels.items()}
    result = compute(
        experiment,
        backend=backend,
        images_sha256=images_sha256,
        progress=progress,
        earlier=Earlier(weights, trained.result, labels),
    )
    set_evaluations(result, [*trained.evaluations[:-1], last._replace(changes=changes)])
    return result


def checked(trained: Trained, experiment: Experiment) -> tuple[dict[str, str], str | None]:
    """What each learner of a changed experiment is called in the run, and the hash that its images must have, if any.

    Raises
    ------
    InputError
        If a change needs training.
    """
    before = {entry.label: entry for entry in prepare(trained.experiment)}
    labels: dict[str, str] = {}
    moved = False
    for entry in prepare(experiment):
        label = _earlier(experiment.spec.runs[entry.label], trained.experiment.spec.runs)
        if label is None:
            raise InputError(f"{source(trained.result)}: has no weights of '{entry.label}'; run it anew to train it")
        keys = _changed(before[label], entry)
        moved |= any(key.startswith("data.") for key in keys)
        _check(trained, before[label], entry, keys)
        labels[entry.label] = label
    return labels, None if moved else trained.evaluations[-1].images_sha256 or None


def _earlier(run: Run, before: Mapping[str, Run]) -> str | None:
    """Label of the learner of the earlier run that a learner of the evaluation is; None if there is none.

    A sweep of the evaluation may have keys of its own, so a learner of the earlier run may be evaluated several times.
    """
    same = {label: other.values for label, other in before.items() if other.place == run.place}
    values = {whole_key(key): value for key, value in run.combination.items()}
    fitting = [label for label, own in same.items() if all(key in values and values[key] == own[key] for key in own)]
    return next(iter([*fitting, *same]), None)


def _changed(before: Entry, after: Entry) -> list[str]:
    """Keys in which two learners and their experiments differ, those of the learner as in "array.adc.bits"."""
    keys = [key for key, _, _ in differing(*(_settings(entry) for entry in (before, after)))]
    if before.authored is not None and after.authored is not None:
        profiles = [entry.experiment.base(entry.spec) for entry in (before, after)]
        keys += [DEVICE] if profiles[0] != profiles[1] and DEVICE not in keys else []
    return keys


def _settings(entry: Entry) -> dict[str, Any]:
    """Settings of a learner and of its experiment, flat."""
    spec = entry.experiment.spec
    shared = spec.model_dump(mode="json", by_alias=True, exclude={*WORDS, "sweep", listed(spec)})
    return flat(shared) | flat(entry.spec.model_dump(mode="json", by_alias=True))


def _check(trained: Trained, before: Entry, after: Entry, keys: Sequence[str]) -> None:
    """Refuse a change that needs training."""
    own = after.spec.evaluation_keys(before.spec)
    shared = after.experiment.spec.evaluation_keys(before.experiment.spec)
    refused = [key for key in keys if not any(key == one or key.startswith(f"{one}.") for one in (*own, *shared))]
    if not refused:
        return
    of_learner = f"{', '.join(own)} of this learner, and " if own else ""
    more = f" and {len(refused) - _MOST} more" if len(refused) > _MOST else ""
    raise InputError(
        f"{source(trained.result)}: another {', '.join(refused[:_MOST])}{more} needs training of '{after.label}'; an "
        f"evaluation may change {of_learner}{', '.join(shared)}"
    )


def _digest(path: Path) -> str:
    """Hash of a file; empty if it cannot be read, which `load` reports."""
    if no_file(path):
        return ""
    try:
        with path.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return ""
