"""Layers of memsim.torch beside `torch.nn.Linear` and, if installed, aihwkit: ``torch_layers.py [DEVICE [REPEATS]]``.

One layer of 1024 x 1024 weights, a batch of 256, converters of 8 bits. Each figure is the median time of a call and its
ratio to that of `nn.Linear` in the same run. Inference reads the cells with noise of one sigma for all cells, or of a
sigma for each cell. A training step is a forward pass, a backward pass and a step of SGD with noise of the weights.
"""

from __future__ import annotations

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


def step(layer: nn.Module, x: torch.Tensor) -> Callable[[], object]:
    optimiser = torch.optim.SGD(layer.parameters(), 1e-3)

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
    """Layers of aihwkit's torch tile with the same converters and noise, where it is installed."""
    try:
        from aihwkit.nn import AnalogLinear
        from aihwkit.simulator.configs import TorchInferenceRPUConfig
    except ImportError:
        print("aihwkit is not installed")
        return []
    config = TorchInferenceRPUConfig()
    config.forward.inp_res = config.forward.out_res = 2.0**-BITS
    config.forward.out_noise, config.forward.w_noise = 0.0, 0.01
    config.modifier.std_dev = 0.05
    layer = AnalogLinear(linear.in_features, linear.out_features, rpu_config=config).to(x.device)
    return [
        ("inference, aihwkit's torch tile", inference(layer.eval(), x), 0),
        ("training step, aihwkit's torch tile", step(layer.train(), x), 3),
    ]


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "cpu", int(sys.argv[2]) if len(sys.argv) > 2 else 15)
