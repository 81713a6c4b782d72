"""Networks of PyTorch on memristor hardware.

>>> import memsim.torch as mt
>>> chip = mt.convert(model, mt.Hardware(device="pcm-joshi2020", tile=(512, 512), seed=7))
>>> mt.program(chip)
>>> dataset = mt.evaluate(chip, loader, times=["25 s", "1 h", "1 y"])
"""

from __future__ import annotations

from memsim.errors import InputError

try:
    import torch as _torch  # noqa: F401
except ImportError:
    raise InputError("memsim.torch needs PyTorch; install it with: pip install 'memsim[torch]'") from None

from memsim.torch.aihwkit import AihwkitSettings, from_aihwkit
from memsim.torch.analog_layer import AnalogLayer
from memsim.torch.attribution import attribute
from memsim.torch.checkpoint import load, save
from memsim.torch.conversion import Conversion, convert, to_torch
from memsim.torch.evaluation import evaluate
from memsim.torch.hardware import Hardware
from memsim.torch.preparation import prepare
from memsim.torch.presets import preset
from memsim.torch.programming import calibrate, program
from memsim.torch.recurrent import AnalogLSTM
from memsim.torch.replacements import AnalogConv1d, AnalogConv2d, AnalogLinear
from memsim.torch.sensitivity import measure_sensitivity
from memsim.torch.training import Training

__all__ = [
    "AihwkitSettings",
    "AnalogConv1d",
    "AnalogConv2d",
    "AnalogLSTM",
    "AnalogLayer",
    "AnalogLinear",
    "Conversion",
    "Hardware",
    "Training",
    "attribute",
    "calibrate",
    "convert",
    "evaluate",
    "from_aihwkit",
    "load",
    "measure_sensitivity",
    "prepare",
    "preset",
    "program",
    "save",
    "to_torch",
]
