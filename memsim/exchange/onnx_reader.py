"""Networks from ONNX files."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from memsim.errors import InputError, MemsimError
from memsim.exchange.graph import Graph
from memsim.exchange.network_file import NetworkFile
from memsim.exchange.onnx_builder import Builder, supported
from memsim.exchange.onnx_file import OnnxFile, decoded, read_file
from memsim.exchange.onnx_operators import TRANSLATORS
from memsim.exchange.operators import Shape


def read_onnx(path: str | Path) -> NetworkFile:
    """The network in an ONNX file. No other file is opened, and nothing of the file is executed.

    Raises
    ------
    InputError
        If the file is missing, damaged, too large, of a version that is not known, or needs what memsim does not
        support; the message names the node.
    """
    path = Path(path)
    content = read_file(path)
    try:
        file = decoded(content)
        sample = file.axes[1:]
        network = NetworkFile.of(path, content, sample, partial(_graph, file))
        if None not in sample:
            network.graph(tuple(size for size in sample if size is not None))
        else:
            for step in file.steps:
                supported(step, TRANSLATORS)
    except MemsimError as error:
        text = str(error)
        raise InputError(text if text.startswith(str(path)) else f"{path}: {text}") from None
    return network


def _graph(file: OnnxFile, shape: Shape) -> Graph:
    return Builder(file, shape).graph(TRANSLATORS)
