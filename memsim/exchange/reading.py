"""Networks from files, by the kind of the file."""

from __future__ import annotations

from pathlib import Path

from memsim.exchange.network_file import NetworkFile


def read_network(kind: str, path: Path) -> NetworkFile:
    """The network in a file.

    Parameters
    ----------
    kind : {"onnx", "weights"}
        An ONNX file, or weights of one of memsim's architectures.
    path : Path
        The file.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    if kind == "onnx":
        from memsim.exchange.onnx_reader import read_onnx

        return read_onnx(path)
    from memsim.exchange.weights_reader import read_weights

    return read_weights(path)
