"""Layers of memsim.torch beside `torch.nn.Linear` and, if installed, aihwkit: ``torch_layers.py [DEVICE [REPEATS]]``.

One layer of 1024 x 1024 weights, a batch of 256, converters of 8 bits. Each figure is the median time of a call and its
ratio to that of `nn.Linear` in the same run. Inference reads the cells with noise of one sigma for all cells, or of a
sigma for each cell. A training step is a forward pass, a backward pass and a step of SGD with noise of the weights.
"""

from __future__ import annotations

import copy
import statistics
import sys
import time
from collections.abc import Callable

import torch
from torch import nn

import memsim as ms
import memsim.torch as mt

SIZE, BATCH, BITS = 1024, 256, 8
SAME = {"sigma": "1 %", "relative_to": "range", "status": "assumed"}
OWN = {"sigma": "1 %", "relative_to": "value", "status": "assumed"}


def seconds(call: Callable[[], object], repeats: int) -> float:
    """Median time of a call [s], after two that are not counted."""
    times = []
    for number in range(repeats + 2):
        start = time.perf_counter()
        call()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        if number > 1:
            times.append(time.perf_counter() - start)
    return statistics.median(times)


def inference(layer: nn.Module, x: torch.Tensor) -> Callable[[], object]:
    def call() -> object:
        with torch.no_grad():
            return layer(x)

    return call


def step(layer: nn.Module, x: torch.Tensor, optimiser: torch.optim.Optimizer | None = None) -> Callable[[], object]:
    optimiser = optimiser or torch.optim.SGD(layer.parameters(), 1e-3)

    def call() -> None:
        optimiser.zero_grad()
        layer(x).square().mean().backward()
        optimiser.step()

    return call


def programmed(layer: nn.Module, noise: dict[str, str], x: torch.Tensor) -> nn.Module:
    device = ms.load_device("ideal").replace({"read.noise": noise})
    return mt.program(mt.calibrate(mt.convert(layer, mt.Hardware(device, dac=BITS, adc=BITS), quiet=True), x))


def main(device: str, repeats: int) -> None:
    torch.manual_seed(0)
    x = torch.randn(BATCH, SIZE, device=device)
    linear = nn.Linear(SIZE, SIZE, device=device)
    train = mt.calibrate(mt.convert(linear, mt.Hardware(dac=BITS, adc=BITS), quiet=True), x)
    mt.prepare(train, mt.Training(weight_noise=0.05)).train()
    cases = [
        ("inference, nn.Linear", inference(linear, x), 0),
        ("inference, converters, one sigma", inference(programmed(linear, SAME, x), x), 0),
        ("inference, converters, a sigma for each cell", inference(programmed(linear, OWN, x), x), 0),
        ("training step, nn.Linear", step(linear, x), 3),
        ("training step, converters, weight noise", step(train, x), 3),
    ]
    cases += peers(linear, x)
    times = [seconds(call, repeats) for _, call, _ in cases]
    for (name, _, of), own in zip(cases, times, strict=True):
        print(f"{name:<50}{1e3 * own:9.2f} ms{own / times[of]:8.2f} times {cases[of][0].partition(', ')[2]}")


def peers(linear: nn.Linear, x: torch.Tensor) -> list[tuple[str, Callable[[], object], int]]:
    """Layers of aihwkit with the same converters and noise, as far as it has them, where it is installed.

    Inputs are scaled by the largest of each sample, its default. Outputs beyond the range are cut off, not read again
    with smaller inputs. Its torch tile has no noise of weights in reads, so it gets noise of the outputs instead.
    """
    try:
        from aihwkit.nn import AnalogLinear
        from aihwkit.optim import AnalogSGD
        from aihwkit.simulator.configs import InferenceRPUConfig, TorchInferenceRPUConfig
        from aihwkit.simulator.parameters.enums import BoundManagementType, WeightModifierType, WeightNoiseType
    except ImportError:
        print("aihwkit is not installed")
        return []
    layers = {}
    for name, config in (("torch tile", TorchInferenceRPUConfig()), ("C++ tile", InferenceRPUConfig())):
        config.mapping.max_input_size = config.mapping.max_output_size = 0  # one tile
        config.forward.inp_res = config.forward.out_res = 1 / (2**BITS - 2)
        config.forward.bound_management = BoundManagementType.NONE
        if name == "C++ tile":
            config.forward.out_noise, config.forward.w_noise = 0.0, 0.01
            config.forward.w_noise_type = WeightNoiseType.ADDITIVE_CONSTANT
        config.modifier.type, config.modifier.std_dev = WeightModifierType.ADD_NORMAL, 0.05
        layers[name] = AnalogLinear(linear.in_features, linear.out_features, rpu_config=config).to(x.device)
    cases = []
    for name, layer in layers.items():
        cases.append((f"inference, aihwkit's {name}", inference(copy.deepcopy(layer).eval(), x), 0))
        optimiser = AnalogSGD(layer.train().parameters(), 1e-3)
        optimiser.regroup_param_groups(layer)
        cases.append((f"training step, aihwkit's {name}", step(layer, x, optimiser), 3))
    return cases


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "cpu", int(sys.argv[2]) if len(sys.argv) > 2 else 15)
