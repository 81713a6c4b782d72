"""Networks of memsim's own architectures from their weights: files of trainings, and safetensors."""

from __future__ import annotations

from pathlib import Path

from memsim.errors import InputError, MemsimError
from memsim.exchange.architectures import graph_of
from memsim.exchange.network_file import NetworkFile
from memsim.exchange.safetensors_file import is_safetensors, read_safetensors
from memsim.networks import checkpoint
from memsim.networks.network import Network
from memsim.storage.inputs import no_file

MAX_BYTES = 1 << 30
"""Size of a file at most [byte]."""


def read_weights(path: str | Path) -> NetworkFile:
    """The network whose weights are in a file of a training (the best ones), or in a safetensors file of memsim.

    Raises
    ------
    InputError
        If the file is missing, damaged, too large, or of no architecture of memsim.
    """
    path = Path(path)
    if problem := no_file(path):
        raise InputError(f"{path}: {problem}; allowed: a training of memsim (.nc) or a safetensors file")
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(f"{path}: {size / 2**20:.0f} MiB; allowed: files of at most {MAX_BYTES >> 20} MiB")
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    network = _network(path, content)
    try:
        graph = graph_of(network.architecture, network.parameters)
    except MemsimError as error:
        raise InputError(f"{path}: {error}") from None
    return NetworkFile.of(path, content, network.architecture.shape, lambda shape: graph)


def _network(path: Path, content: bytes) -> Network:
    if is_safetensors(content):
        return read_safetensors(path, content)
    try:
        state = checkpoint.load(path)
    except MemsimError as error:
        raise InputError(str(error)) from None
    return state.network.replace(state.best)
