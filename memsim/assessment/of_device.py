"""From a measurement to what its device does in a task; see `assess`."""

from __future__ import annotations

import copy
import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from memsim.assessment.ranking import Ranked, ranking
from memsim.attribution.of_experiment import explained, less_work, limits_of, metric_of, one_run, opened
from memsim.costs import cost
from memsim.energy.components import ComponentTable, components_of, load_components
from memsim.energy.prices import prices_of
from memsim.errors import DataError, InputError, OutputError, shown
from memsim.experiments.comparing import comparing
from memsim.experiments.devices import Devices
from memsim.experiments.experiment import Experiment
from memsim.experiments.keys import listed
from memsim.experiments.learners import LABEL
from memsim.fit import PulseFit, check_name, checked_window, fit_device, kind_of, profile_of, read_measurement
from memsim.profiles import DeviceProfile, device_names, device_of, load_device
from memsim.simulate import compute
from memsim.tasks.base import Metric
from memsim.tasks.compared import prepare
from memsim.tasks.job import Progress

if TYPE_CHECKING:
    import xarray as xr

PROFILES = (".yaml", ".yml")
"""Endings of files that are profiles; others are measurements."""
_OF_READS = ("conductance.min", "conductance.max", "read.voltage", "read.duration")
"""Numbers from which the energy of a read follows."""
_LONGEST = 50
"""Characters of the name of a learner to which the name of its device is added."""
COMPONENTS, NODE = "generic", "22 nm"
"""Component table and node of experiments that state none."""


class Assessment(NamedTuple):
    """What one device does in a task.

    Attributes
    ----------
    task : str
        Name of the experiment.
    device : DeviceProfile
        The device.
    fit : PulseFit or None
        The fit that made it; None if it was a profile.
    comparison : xarray.Dataset
        Result of the task, with costs where the task has any. On the dimension of what is compared, the networks that
        are programmed come first, then the device, then all others, each with every learner that was chosen.
    limits : xarray.Dataset or None
        How the loss is divided among the imperfections of the device, see `memsim.limits`; None if it cannot be.
    metric : Metric
        What the devices are compared by.
    left_out : mapping of str to str
        Devices that cannot do the task, with the reason.
    costs_left_out, limits_left_out : str
        Why there are no costs, and no division of the loss; empty if there are.
    """

    task: str
    device: DeviceProfile
    fit: PulseFit | None
    comparison: xr.Dataset
    limits: xr.Dataset | None
    metric: Metric
    left_out: Mapping[str, str]
    costs_left_out: str
    limits_left_out: str

    @property
    def ranking(self) -> list[Ranked]:
        """All devices and digital networks, the best first."""
        return ranking(self.comparison, self.metric)


def assess(
    measurement: str | os.PathLike[str] | DeviceProfile,
    task: Experiment | str | Path = "digits-01",
    changes: Mapping[str, Any] | None = None,
    *,
    name: str | None = None,
    model: str | None = None,
    window: str | None = None,
    columns: str | Mapping[str, str] | None = None,
    table: int | None = None,
    decimal: str | None = None,
    repeats: str | None = None,
    force: bool = False,
    against: Collection[str | DeviceProfile] | None = None,
    learners: Collection[str] = (),
    metric: str | None = None,
    orders: int | None = None,
    components: str | os.PathLike[str] | None = None,
    node: str | None = None,
    backend: str = "auto",
    progress: Progress | None = None,
) -> Assessment:
    """What a measured device does in a task: fit, accuracy, what limits it, costs, and other devices beside it.

    Parameters
    ----------
    measurement : path or DeviceProfile
        Measured pulses, as for `memsim.fit_device`; or a profile, its file (.yaml), or the name of a shipped one.
    task : Experiment, str or Path
        The experiment in which the device takes the place of others.
    changes : mapping, optional
        Settings of the experiment to change, as for `Experiment.replace`.
    name : str, optional
        Name of the fitted profile; that of the file if not given.
    model, columns, table, decimal, repeats : optional
        How pulses are read and fitted, as for `memsim.fit_device`.
    window : str, optional
        Window of weights without a unit, such as "1 uS, 100 uS".
    force : bool
        Whether a fit with faults becomes a profile.
    against : collection of str or DeviceProfile, optional
        Names or files of the devices beside it; all shipped ones if not given.
    learners : collection of str, optional
        Names of learners on crossbars; if not given, the first one that is programmed, or else the first one.
    metric, orders : optional
        As for `memsim.limits`.
    components, node : optional
        As for `memsim.cost`; those of the experiment if not given, or else "generic" at "22 nm".
    backend, progress : optional
        As for `memsim.run`.

    Returns
    -------
    Assessment
        The device and all results.

    Raises
    ------
    MemsimError
        If the measurement, a setting or a device is not allowed.
    """
    whole = one_run(opened(task).experiment.replace(changes))
    prices = _prices(whole, components, node)
    learners = [learners] if isinstance(learners, str) else learners
    chosen = explained(whole, learners)
    chosen = chosen if learners else chosen[:1]
    metric_shown = metric_of(whole, metric)
    against = [against] if isinstance(against, str) else against
    others = [device_of(other) for other in (device_names() if against is None else against)]
    device, fit = _device(
        measurement,
        name,
        force,
        window,
        {"columns": columns, "table": table, "decimal": decimal, "repeats": repeats},
        model,
        progress,
    )
    others = _others(device, others, fit is not None)
    possible, left_out = _possible(whole, chosen, [device, *others])
    if device.name in left_out:
        raise InputError(f"device '{device.name}' cannot do '{whole.name}': {left_out[device.name]}")
    title = f"{whole.spec.title}: {device.name} beside {len(possible) - 1} other devices"
    described = {"name": f"{device.name}-{whole.name}"[:64], "title": title}
    compared = _with_devices(whole, chosen, possible, described | less_work(whole, metric_shown))
    comparison = compute(compared, backend=backend, progress=progress)
    comparison, costs_left_out = _with_costs(comparison, *prices)
    alone = _with_devices(whole, chosen, [device], {"title": f"{whole.spec.title}, on {device.name}"})
    named = [learner.name for learner in alone.spec.compared if "array" in learner.sections]
    limits, limits_left_out = None, ""
    try:
        limits = limits_of(
            alone, opened(alone), learners=named, metric=metric, orders=orders, backend=backend, progress=progress
        )
    except InputError as error:  # such as an ideal device; the comparison must not be lost
        limits_left_out = str(error)
    return Assessment(
        whole.name, device, fit, comparison, limits, metric_shown, left_out, costs_left_out, limits_left_out
    )


def _device(
    measurement: str | os.PathLike[str] | DeviceProfile,
    name: str | None,
    force: bool,
    window: str | None,
    reading: Mapping[str, Any],
    model: str | None,
    progress: Progress | None,
) -> tuple[DeviceProfile, PulseFit | None]:
    """A device, and the fit that made it if it was measured."""
    if isinstance(measurement, DeviceProfile) or is_profile(measurement):
        options = {"name": name, "window": window, "model": model, **reading}
        if stated := [f"{option}=..." for option, value in options.items() if value is not None]:
            raise InputError(f"{stated[0]} is for measurements; {measurement} is a profile")
        return measurement if isinstance(measurement, DeviceProfile) else load_device(str(measurement)), None
    if name is not None:
        check_name(name)
    ends = checked_window(window) if window is not None else None
    read = read_measurement(measurement, **reading)
    try:
        kind = kind_of(read)
    except DataError:  # of several kinds, only pulses make a device
        kind = "pulses"
    if kind != "pulses":
        raise InputError(
            f"{measurement}: holds {kind}, which is a part of a device; allowed: pulses. memsim device fit adds it to "
            "a profile, which can be assessed"
        )
    fit = fit_device(read, kind=kind, model=model, window=ends, progress=progress)
    assert isinstance(fit, PulseFit)
    return profile_of(fit, name, ends, force=force), fit


def _others(device: DeviceProfile, others: Sequence[DeviceProfile], fitted: bool) -> list[DeviceProfile]:
    """The devices beside one, each once; refused where two profiles have one name."""
    by_name: dict[str, DeviceProfile] = {}
    for other in others:
        if other.name == device.name and other != device:
            advice = "choose another with name=..." if fitted else "change 'name' in one of the profiles"
            raise InputError(f"name '{device.name}' is that of the assessed device and of another one; {advice}")
        if by_name.setdefault(other.name, other) != other:
            raise InputError(f"against: two devices are called '{other.name}'; change 'name' in one of the profiles")
    return [other for other in by_name.values() if other.name != device.name]


def is_profile(measurement: str | os.PathLike[str]) -> bool:
    """Whether a name is that of a profile: a .yaml file, or a shipped device of which there is no file."""
    if not isinstance(measurement, str | os.PathLike):
        raise InputError(
            f"measurement: {shown(measurement)} is not allowed; allowed: a path, a name or a DeviceProfile"
        )
    text = os.fspath(measurement)
    return text.lower().endswith(PROFILES) or (text in device_names() and not Path(text).exists())


def _possible(
    whole: Experiment, chosen: Sequence[Any], devices: Sequence[DeviceProfile]
) -> tuple[list[DeviceProfile], dict[str, str]]:
    """Devices that the learners can be built from, and the reasons of the others."""
    possible, left_out = list[DeviceProfile](), dict[str, str]()
    for device in devices:
        try:
            prepare(_with_devices(whole, chosen, [device], {}))
        except InputError as error:
            left_out[device.name] = str(error)
        else:
            possible.append(device)
    return possible, left_out


def _with_devices(
    whole: Experiment, chosen: Sequence[Any], devices: Sequence[DeviceProfile], changes: Mapping[str, Any]
) -> Experiment:
    """The experiment with each of the chosen learners on each of the devices, and the networks that they program."""
    authored = whole.document.data[listed(whole.spec)]
    programmed = {learner.programmed.learner for learner in chosen if getattr(learner, "programmed", None)}
    made = [copy.deepcopy(text) for text in authored if text["name"] in programmed]
    profiles: Devices = whole.devices
    for device in devices:
        profiles = profiles.with_profile(device.name, device)
        for learner in chosen:
            text = copy.deepcopy(authored[whole.place(learner)])
            text["name"] = text["name"] if LABEL in text["name"] else f"{text['name'][:_LONGEST]}, {LABEL}"
            text.setdefault("array", {})["device"] = device.name
            made.append(text)
    return comparing(whole, made, devices=profiles, changes=changes)


def _prices(
    whole: Experiment, components: str | os.PathLike[str] | None, node: str | None
) -> tuple[ComponentTable, float | str | None]:
    """The component table and the node by which inferences are priced; refused if they do not suit each other."""
    stated: Any = getattr(whole.spec, "energy", None)
    if components is None and stated is not None:
        table, place = whole.component_table(stated.components), stated.node if node is None else node
    elif components is None:
        table, place = load_components(COMPONENTS), NODE if node is None else node
    else:
        table, place = components_of(components), node
    prices_of(table, place)
    return table, place


def _with_costs(result: xr.Dataset, table: ComponentTable, node: float | str | None) -> tuple[xr.Dataset, str]:
    """A result with its costs; if it has none, as it is, with the reason."""
    try:
        return cost(result, table, node), ""
    except OutputError as error:
        return result, str(error)


def assumptions(device: DeviceProfile) -> list[str]:
    """Numbers of a device that are assumed, and on which the energy of its reads depends."""
    return [row.field for row in device.rows() if row.field in _OF_READS and row.status == "assumed"]
