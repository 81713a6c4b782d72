"""What the user's commands do with a file before they compute: one function for each kind of input."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py  # noqa: F401  (starts a program when it is imported)
import numpy as np

import memsim as ms
from memsim.cli.figure import picture
from memsim.cli.main import cli
from memsim.data.images import load_images
from memsim.data.labelled import load_labelled
from memsim.energy.components import load_components
from memsim.errors import MemsimError
from memsim.evaluation import trained_in
from memsim.exchange import read_network
from memsim.fit import fit_device, kind_of, read_measurement
from memsim.fit.maps.conductance_map import read_conductance_map
from memsim.fit.reading.layouts import pulse_data
from memsim.networks import checkpoint
from memsim.repeat import stored_experiment
from memsim.results.settings import kind_of as kind_of_result
from memsim.studies.plan import plan
from memsim.studies.study import load_study
from memsim.tasks.compared import prepare

from .faults import FAULTS

Load = Callable[[], object]
_SHAPE = (8, 8)


def _command(*arguments: object) -> object:
    """Run a command of memsim and return its exit code; the errors that it raises are left as they are."""
    return cli.main([str(argument) for argument in arguments], prog_name="memsim", standalone_mode=False)


def _device(path: Path) -> list[Load]:
    return [
        lambda: _command("device", "validate", path),
        lambda: _command("device", "show", path),
        lambda: _command("device", "show", path, "--yaml"),
        lambda: ms.Crossbar(ms.load_device(path), 2, 2, seed=1),
    ]


def _table(path: Path) -> list[Load]:
    def measurement() -> None:
        table = read_measurement(path)
        kind = kind_of(table)
        if kind == "pulses":
            pulse_data(table)  # its fit takes seconds
        else:
            fit_device(table, kind=kind)

    return [
        measurement,
        lambda: fit_device(path, kind="retention"),
        lambda: fit_device(path, kind="read-noise"),
        lambda: read_conductance_map(path),
    ]


def _picture(path: Path) -> list[Load]:
    return [
        lambda: load_images(path, _SHAPE, 4),
        lambda: load_labelled(path, shape=_SHAPE),
        lambda: load_labelled(path, shape=_SHAPE, colour="rgb"),
    ]


def _array(path: Path) -> list[Load]:
    return [
        lambda: load_images(path, _SHAPE, 4),
        lambda: ms.Crossbar.from_conductance(read_conductance_map(path, unit="S"), "epiram-choi2018"),
    ]


def _folder(path: Path) -> list[Load]:
    return [lambda: load_labelled(path), lambda: load_labelled(path, shape=_SHAPE, samples=30, colour="rgb")]


def _result(path: Path) -> list[Load]:
    return [
        lambda: _command("show", path),
        lambda: _command("compare", path, path, "--no-figure"),
        lambda: _command("cost", path, "--components", "generic"),
        lambda: stored_experiment(path),
        lambda: trained_in(path),
    ]


def _figures(path: Path) -> list[Load]:
    """Draw every figure of a result; what is wrong is printed as the command prints it."""

    def draw() -> None:
        result = ms.load(path)
        for name in kind_of_result(result).figures:
            try:
                picture(result, Path("figure.png"), name, 40)
            except MemsimError as error:
                print(error, file=sys.stderr)

    return [draw]


def torch_model() -> Any:
    """A small converted model."""
    import torch

    import memsim.torch as mt

    torch.manual_seed(0)
    return mt.convert(torch.nn.Linear(4, 3), mt.Hardware(device="pcm-joshi2020", seed=3), quiet=True)


@functools.cache
def _torch() -> Callable[[Path], Any]:
    import memsim.torch as mt

    model = torch_model()
    return lambda path: mt.load(path, model, random_state=True)


def _network(path: Path) -> list[Load]:
    """Read a network, compute it, and name it in an experiment."""
    kind = "onnx" if path.suffix == ".onnx" else "weights"

    def computed() -> None:
        file = read_network(kind, path)
        shape = tuple(2 if size is None else size for size in file.sample)
        graph = file.graph(shape)
        if graph.operations < 1 << 24 and max(map(math.prod, graph.shapes.values())) < 1 << 16:
            graph.outputs(np.zeros((1, *shape), np.float32))

    def named() -> None:
        prepare(ms.load_experiment("infer-01").replace({f"network.{kind}": path}))

    return [computed, named]


LOADERS: dict[str, Callable[[Path], list[Load]]] = {
    "device": _device,
    "components": lambda path: [lambda: load_components(path)],
    "experiment": lambda path: [lambda: _command("validate", path), lambda: _command("show", path)],
    "study": lambda path: [lambda: plan(load_study(path), ())],
    "table": _table,
    "fit": lambda path: [lambda: fit_device(path, kind="pulses")],
    "picture": _picture,
    "picture-folder": _picture,
    "array": _array,
    "idx": _folder,
    "cifar": _folder,
    "result": _result,
    "figure": _figures,
    "attribution": lambda path: [lambda: _command("show", path), *_figures(path)],
    "training": lambda path: [lambda: checkpoint.load(path)],
    "crossbar": lambda path: [lambda: ms.Crossbar.from_netcdf(path, backend="cpu")],
    "torch": lambda path: [lambda: _torch()(path)],
    "onnx": _network,
    "safetensors": _network,
    "fault": lambda path: [FAULTS[path.read_text()][0]],
}
"""What reads an input, by kind."""
