"""What is run to compile kernels ahead, step by step."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from memsim.errors import InputError, nearest
from memsim.experiments.loading import experiment_names
from memsim.kernels.cache import folder_problem
from memsim.kernels.compile import Loads, loads
from memsim.profiles import device_names
from memsim.warm.data import use_data
from memsim.warm.devices import use_device, use_trains
from memsim.warm.experiments import use_experiment
from memsim.warm.wires import use_wires


class Step(NamedTuple):
    """A small run: its name, which may be asked for, its kind, and the run."""

    name: str
    kind: str
    run: Callable[[], None]


class Warmed(NamedTuple):
    """What a step has brought: kernels by where they came from, and its time [s]."""

    name: str
    kind: str
    kernels: Loads
    seconds: float


def chosen_steps(names: Iterable[str] = ()) -> list[Step]:
    """The steps of these names, all if there are none: parts, then shipped devices, then shipped experiments.

    Raises
    ------
    InputError
        If there is no such step.
    """
    parts = {"wires": use_wires, "data": use_data, "trains": use_trains}
    steps = [Step(name, "part", run) for name, run in parts.items()]
    steps += [Step(name, "device", functools.partial(use_device, name)) for name in device_names()]
    steps += [Step(name, "experiment", functools.partial(use_experiment, name)) for name in experiment_names()]
    known, wanted = {step.name for step in steps}, set(names)
    for name in names:
        if name not in known:
            raise InputError(f"--warm: '{name}' is no device, experiment or part of memsim{nearest(name, known)}")
    return [step for step in steps if not wanted or step.name in wanted]


def warm(steps: Iterable[Step]) -> Iterator[Warmed]:
    """Run some steps; what each has brought, as soon as it is done.

    Raises
    ------
    InputError
        If there is no place where compiled kernels could be kept.
    """
    if problem := folder_problem():
        raise InputError(f"--warm: {problem}")
    for step in steps:
        before, start = loads(), time.perf_counter()
        step.run()
        yield Warmed(step.name, step.kind, loads().since(before), time.perf_counter() - start)
