"""Weights of memsim's own architectures as safetensors, with the architecture in the metadata.

Source: the format, https://github.com/huggingface/safetensors.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from memsim.errors import InputError, MemsimError
from memsim.networks.architecture import Architecture
from memsim.networks.checkpoint import weights_of
from memsim.networks.network import Network
from memsim.storage.files import write_file

ARCHITECTURE = "memsim_architecture"
"""Key of the metadata that holds the settings of the architecture as JSON."""
_HEADER = 8
"""Bytes that hold the length of the header."""
_LONGEST = 1 << 20
"""Length of a header at most [byte]."""


def is_safetensors(content: bytes) -> bool:
    """Whether bytes begin as those of a safetensors file do: the length of a header, and the header."""
    length = int.from_bytes(content[:_HEADER], "little")
    return 2 <= length <= len(content) - _HEADER and content[_HEADER : _HEADER + 1] == b"{"


def write_safetensors(network: Network, path: str | Path, *, force: bool = False) -> Path:
    """Write the weights of a network of memsim as safetensors, and return the path; needs the extra onnx or torch.

    Raises
    ------
    InputError
        If the package safetensors is missing.
    OutputError
        If the file exists and `force` is false, or it cannot be written.
    """
    save = _package("numpy").save
    arrays = {name: np.ascontiguousarray(array) for name, array in network.host.parameters.items()}
    metadata = {ARCHITECTURE: json.dumps(network.architecture.settings(), default=float)}
    content = save(arrays, metadata)
    return write_file(Path(path), lambda place: place.write_bytes(content), force=force)


def read_safetensors(path: Path, content: bytes) -> Network:
    """The network in the bytes of a safetensors file that memsim wrote.

    Raises
    ------
    InputError
        If they are damaged, or hold other weights than the architecture has.
    """
    load = _package("numpy").load
    length = int.from_bytes(content[:_HEADER], "little")
    if length > _LONGEST:
        raise InputError(f"{path}: damaged (a header of {length:,} bytes; allowed: {_LONGEST:,})")
    try:
        header = json.loads(content[_HEADER : _HEADER + length])
        settings = json.loads(header["__metadata__"][ARCHITECTURE])
        architecture = Architecture(**settings)
    except (KeyError, TypeError, ValueError, RecursionError, MemsimError) as error:
        what = f"its metadata have no {error}" if isinstance(error, KeyError) else str(error)[:200]
        raise InputError(
            f"{path}: no weights of an architecture of memsim ({what}); other networks are read as ONNX"
        ) from None
    try:
        arrays = load(content)
    except Exception as error:  # the package raises an error of its own
        raise InputError(f"{path}: damaged ({' '.join(str(error).split())[:100]})") from None
    held = sum(array.size for array in arrays.values())
    if weights_of(architecture) > held:  # an architecture of any size can be written down
        text = f"its architecture has {weights_of(architecture):,} weights, but it holds {held:,} numbers"
        raise InputError(f"{path}: damaged ({text})")
    like = Network.fresh(architecture, seed=0).parameters
    for name, expected in like.items():
        array = arrays.get(name)
        if array is None or array.shape != expected.shape or array.dtype != expected.dtype:
            kind = "missing" if array is None else f"{array.dtype} {list(array.shape)}"
            raise InputError(f"{path}: damaged ({name} is {kind}, not {expected.dtype} {list(expected.shape)})")
        if not np.isfinite(array).all() or math.prod(array.shape) == 0:
            raise InputError(f"{path}: damaged ({name} contains NaN or infinity)")
    return Network(architecture, {name: arrays[name] for name in like})


def _package(module: str) -> Any:
    """A module of the package safetensors."""
    import importlib

    try:
        return importlib.import_module(f"safetensors.{module}")
    except ImportError:
        raise InputError('safetensors files need the extra onnx: pip install "memsim[onnx]"') from None
