"""Trained networks of results and trainings as files that other tools read: ONNX and safetensors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.errors import InputError, OutputError, nearest
from memsim.exchange import write_onnx, write_safetensors
from memsim.networks import checkpoint
from memsim.networks.architecture import Architecture
from memsim.networks.network import Network
from memsim.results.dataset import load, require, source
from memsim.results.settings import any_settings_of
from memsim.results.weights import stored_weights
from memsim.storage.netcdf import OtherContentError

if TYPE_CHECKING:
    import xarray as xr

_WRITERS = {".onnx": write_onnx, ".safetensors": write_safetensors}
_PREFIX = "network."
"""Start of the names of the parameters of networks among stored weights."""


def export_network(
    trained: str | Path | xr.Dataset,
    path: str | Path,
    *,
    learner: str | None = None,
    repeat: int = 0,
    force: bool = False,
) -> Path:
    """Write a network that memsim trained as ONNX or safetensors, and return the path; needs the extra onnx.

    Parameters
    ----------
    trained : str, Path or Dataset
        A result of an experiment with ``keep: [weights]``, or the file of a training.
    path : str or Path
        Ends in .onnx or .safetensors. An ONNX file has the samples on a first axis of any size. A safetensors file has
        the architecture in its metadata, so that memsim reads it as ``network.weights``.
    learner : str, optional
        Label of a learner of the result; its only network if not given.
    repeat : int
        Number of the repeat in the result.
    force : bool
        Replace an existing file.

    Raises
    ------
    MemsimError
        If there is no such network, the ending is another one, or the file cannot be written.

    Examples
    --------
    >>> export_network("results/digits-01.nc", "cnn.onnx", learner="CNN")
    """
    target = Path(path)
    if target.suffix not in _WRITERS:
        hint = nearest(target.suffix, _WRITERS)
        raise InputError(f"path: '{target}' ends in none of {', '.join(_WRITERS)}{hint if 'did' in hint else ''}")
    write: Any = _WRITERS[target.suffix]
    written: Path = write(_network(trained, learner, repeat), target, force=force)
    return written


def _network(trained: str | Path | xr.Dataset, learner: str | None, repeat: int) -> Network:
    if isinstance(trained, str | Path):
        try:
            dataset = load(trained)
        except OtherContentError as error:
            if error.attribute != checkpoint.VERSION_ATTRIBUTE:
                raise
            if learner is not None or repeat:
                raise InputError(
                    f"{trained}: is a training, which has one network; leave learner and repeat out"
                ) from None
            state = checkpoint.load(trained)
            return state.network.replace(state.best)
    else:
        dataset = trained
    return _of_result(dataset, learner, repeat)


def _of_result(dataset: xr.Dataset, learner: str | None, repeat: int) -> Network:
    """The network of a learner whose weights a result holds."""
    weights = stored_weights(dataset)
    arrays = {
        label: {name.removeprefix(_PREFIX): values for name, values in stored.items() if name.startswith(_PREFIX)}
        for label, stored in weights.items()
    }
    arrays = {label: parameters for label, parameters in arrays.items() if parameters}
    runs = any_settings_of(dataset).runs
    settings_of_networks: dict[str, Any] = {label: getattr(runs[label].spec, "network", None) for label in arrays}
    networks = [label for label, section in settings_of_networks.items() if hasattr(section, "architecture")]
    if learner is None and len(networks) == 1:
        learner = networks[0]
    if learner not in networks:
        problem = "none is named" if learner is None else f"'{learner}' is none of them"
        raise InputError(f"learner: {problem}; networks of this result: {', '.join(networks) or 'none'}")
    require(dataset, "true_class", "example_class_image")
    parameters = arrays[learner]
    count = len(next(iter(parameters.values())))
    if not 0 <= repeat < count:
        raise InputError(f"repeat: {repeat} is not allowed; allowed: 0 to {count - 1}")
    network = settings_of_networks[learner]
    settings = {key: getattr(network, key) for key in ("hidden", "channels", "dropout", "dtype")}
    pixels = tuple(int(size) for size in dataset["example_class_image"].shape[-2:])
    first = next(iter(parameters.values()))
    channels = first.shape[2] if first.ndim == 5 else first.shape[-1] // int(np.prod(pixels))
    architecture = Architecture(network.architecture, (channels, *pixels), dataset.sizes["true_class"], **settings)
    like = Network.fresh(architecture, seed=0).parameters
    for name, expected in like.items():
        if name not in parameters or parameters[name].shape[1:] != expected.shape:
            raise OutputError(
                f"{source(dataset)}: the weights of '{learner}' are not those of its architecture ({name})"
            )
    return Network(architecture, {name: parameters[name][repeat].astype(like[name].dtype) for name in like})
