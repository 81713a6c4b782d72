"""Networks of other tools as graphs of NumPy operators, read from files and written to them; nothing here is trained.

`read_onnx` and `read_weights` give a `NetworkFile`, whose `graph` computes outputs; `ProgrammedNetwork` makes its
products on crossbars. `write_onnx` and `write_safetensors` export trained networks. `from_crosssim` reads the
parameters of CrossSim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from memsim.lazy_names import lazy_names

if TYPE_CHECKING:
    from memsim.exchange.crosssim import CrossSimSettings, from_crosssim
    from memsim.exchange.graph import Graph, Node
    from memsim.exchange.network_file import NetworkFile
    from memsim.exchange.onnx_reader import read_onnx
    from memsim.exchange.onnx_writer import write_onnx
    from memsim.exchange.programmed import ProgrammedNetwork
    from memsim.exchange.reading import read_network
    from memsim.exchange.safetensors_file import write_safetensors
    from memsim.exchange.weights_reader import read_weights

_MODULES = {
    "CrossSimSettings": ".crosssim",
    "Graph": ".graph",
    "NetworkFile": ".network_file",
    "Node": ".graph",
    "ProgrammedNetwork": ".programmed",
    "from_crosssim": ".crosssim",
    "read_network": ".reading",
    "read_onnx": ".onnx_reader",
    "read_weights": ".weights_reader",
    "write_onnx": ".onnx_writer",
    "write_safetensors": ".safetensors_file",
}

__all__ = [
    "CrossSimSettings",
    "Graph",
    "NetworkFile",
    "Node",
    "ProgrammedNetwork",
    "from_crosssim",
    "read_network",
    "read_onnx",
    "read_weights",
    "write_onnx",
    "write_safetensors",
]

__getattr__ = lazy_names("memsim.exchange", _MODULES)
