"""Records every random address that real work draws, and prints as JSON which were drawn for two purposes.

Runs as a script in a process of its own, with Numba's compiler off (NUMBA_DISABLE_JIT), so that all kernels are plain
Python and `philox` is a function that takes notes. A purpose is the chain of memsim's functions that asked for numbers.
Of numbers that are worked out again whenever they are needed, it is the innermost function, apart from those that only
fetch numbers for others. Learners of one experiment share numbers on purpose, so each is recorded by itself.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

PLUMBING = ("kernels.", "backends.", "arrays.site", "arrays.cell_numbers", "baselines.draws", "profiles.")
"""Modules that fetch numbers for others."""
PLACE = "memsim.arrays.place"
"""Module that draws parameters by path, and fetches other numbers."""
CELLS = ("D2D", "REFERENCE", "INITIAL", "FAULT", "STUCK", "WEAR", "RETENTION", "PATH")
LASTING = (*CELLS, "CONVERTER", "SCENE", "CORRUPTION")
"""Streams of numbers that are worked out again whenever they are needed, and do not change."""

ROUNDS = range(10)
WORD = 0xFFFFFFFF


def python_philox(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[int, ...]:
    """Philox4x32-10 in whole numbers of Python."""
    for _ in ROUNDS:
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = p1 >> 32 ^ c1 ^ k0, p1 & WORD, p0 >> 32 ^ c3 ^ k1, p0 & WORD
        k0, k1 = k0 + 0x9E3779B9 & WORD, k1 + 0xBB67AE85 & WORD
    return c0, c1, c2, c3


class Record:
    """The addresses of one piece of work, each with the purposes and the kernel launches that drew it."""

    def __init__(self) -> None:
        self.purposes: dict[tuple[int, ...], str] = {}
        self.collisions: Counter[str] = Counter()
        self.streams: Counter[int] = Counter()
        self.keys: set[tuple[int, ...]] = set()
        self.bits: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
        self._launch: Counter[tuple[int, ...]] = Counter()
        self._chain: list[str] = []

    def launch(self) -> None:
        """A kernel starts: who wants it?"""
        self._launch, self._chain = Counter(), []
        frame = sys._getframe(2)
        while frame is not None:
            module = frame.f_globals.get("__name__", "")
            if module.startswith("memsim.") and not module[7:].startswith(PLUMBING):
                path = frame.f_locals.get("path", "") if module == PLACE else ""
                if path or module != PLACE:
                    self._chain.append(f"{module[7:]}.{frame.f_code.co_qualname}{path and ' '}{path}")
            frame = frame.f_back  # type: ignore[assignment]

    def draw(self, *address: int) -> tuple[np.uint32, ...]:
        """The words of an address, c0 to c3 and the key, after taking note of it."""
        at = tuple(int(word) for word in address)
        stream = at[3] & 0xFF
        self.streams[stream] += 1
        self.keys.add(at[4:])
        self.bits[stream] = [one | more for one, more in zip(self.bits[stream], at[:3], strict=True)]
        self._launch[at] += 1
        # Write and verify draws the words of a group of four cells for each of them, which takes its own word.
        shared = 4 if self._chain[0] == "arrays.programming.write_verify._go_on" else 1
        if self._launch[at] > shared:
            self.collisions[f"stream {stream}: twice at once in {self._chain[0]}"] += 1
        chain = self._chain[:1] if stream in self.fixed else self._chain
        purpose = " < ".join(chain)
        before = self.purposes.setdefault(at, purpose)
        if before != purpose:
            self.collisions[f"stream {stream}: {before} AND {purpose}"] += 1
        return tuple(np.uint32(word) for word in python_philox(*at))

    fixed: frozenset[int] = frozenset()


RECORD = Record()


def prepare() -> None:
    """Let the kernels run in Python and take notes."""
    import memsim.arithmetic as arithmetic

    arithmetic.fma = lambda a, b, c: type(a)(float(a) * float(b) + float(c))
    arithmetic.nearest = np.rint
    arithmetic.popcount = lambda word: np.uint32(int(word).bit_count())
    arithmetic.prefetch = lambda array, place: None
    arithmetic.sum_of_products = lambda x, w, offset: float(np.sum(x * (w[: x.size] + offset)))

    import memsim.philox as philox

    philox.philox = RECORD.draw
    Record.fixed = frozenset(philox.Stream[name] for name in LASTING)

    from memsim.kernels.compile import Kernel

    def call(self: Any, *args: Any) -> None:
        RECORD.launch()
        self._dispatcher(0, self._units(*args), *args)

    Kernel.__call__ = call  # type: ignore[method-assign]


DEVICE = """
name: all-noise
title: A device with every kind of randomness
technology: none
status: assumed
conductance: {min: 1 uS, max: 10 uS}
update: {model: linear, pulses: 20, slope: {set: 0.5, reset: 0.5}}
variability:
  c2c: {sigma: 3 %, relative_to: range}
  write: {sigma: 1 %, relative_to: range}
  d2d:
    conductance.min: {sigma: 5 %, relative_to: value}
    conductance.max: {sigma: 5 %, relative_to: value}
    update.step: {sigma: 5 %, relative_to: value}
    update.slope.set: {sigma: 5 %, relative_to: value}
    read.noise.sigma: {sigma: 5 %, relative_to: value}
  per_pulse:
    update.step: {sigma: 5 %, relative_to: value}
    update.slope.set: {sigma: 5 %, relative_to: value}
retention: RETENTION
programming: {model: saturating, sigma: 10 nA, scale: 1 uA}
faults: {stuck_on: 2 %, stuck_off: 2 %, stuck_at: {share: 10 %, state: 50 %, half_width: 5 %}}
read:
  voltage: 0.2 V
  duration: 1 us
  noise: {sigma: 2 %, relative_to: value}
  telegraph: {amplitude: 10 %, relative_to: value, empty: 1 us, filled: 1 us}
  flicker: {sigma: 1 %, relative_to: value, fastest: 1 us, slowest: 1 s}
"""
RETENTIONS = (
    "{model: drift, exponent: 0.05, spread: 0.01, reference_time: 1 s}",
    "{model: relaxation, shift: 0 uS, spread: 0.1 uS, growth: 0.05 uS, reference_time: 1 s}",
)


def arrays() -> None:
    """The lives of crossbars: all draws of cells, pulses and reads."""
    import memsim as ms
    from memsim.profiles import device_from_text

    rows, samples = 20, 2
    x, t = np.linspace(0, 1, samples * rows).reshape(samples, rows), np.ones((samples, 2))
    converter: dict[str, Any] = {"bits": 3, "gain": 0.02, "offset": 0.1, "dnl": 0.1}
    text = DEVICE.replace("RETENTION", RETENTIONS[0])
    quiet = DEVICE.replace("RETENTION", RETENTIONS[1]).partition("  telegraph:")[0]
    for device, count, column, encoding in ((text, 1, "reference", "stochastic"), (quiet, 2, "pair", "counted")):
        array = ms.Crossbar(
            device_from_text(device),
            rows,
            2,
            arrays=count,
            column=column,
            tile=(12, 64),
            dac=ms.DAC(**converter, polarity="phases"),
            adc=ms.ADC(**converter, range=20.0, noise=0.1),
            seed=((5 + count) << 32) + 7,
        )
        array.train(ms.Delta(0.2), x, t, encoding="counted")
        array.train(ms.Hebbian(0.2), x, t, encoding=encoding)
        array.read(x)
        array.wait(10.0)
        array.program(np.full((rows, 1), 0.5), algorithm="pulses", cycles=2, error=0.01)
        array.wait(10.0)
        array.program(np.full((rows, 1), 0.5), algorithm="model")
        array.read(x, first_sample=samples, index=0)

    write = "  write: {sigma: 1 %, relative_to: range}\n"
    verified = ms.Crossbar(device_from_text(quiet.replace(write, "")), rows, 2, column="pair", seed=(8 << 32) + 7)
    verified.program(np.full((rows, 1), 0.5), "radar", window=0.2).read(x)
    states = np.full((rows, 1), 0.5)
    verified.program(states, "selective", window=0.2, sensitivities=np.arange(float(rows))[:, None], share=0.5)
    verified.program(states, "gradient-descent", inputs="random", max_batches=3).read(x)
    verified.program(states, "hadamard", block=4, window=0.2, rounds=2, max_pulses=20).read(x)
    waiting = ms.Crossbar(device_from_text(text.replace(write, "")), rows, 2, seed=(10 << 32) + 7)
    waiting.program(states, "radar", window=0.3, max_pulses=20, delay=1e-3).read(x)
    stuck = f"{quiet}endurance: {{model: stuck-cells, rows: [{{cycles: 10, stuck_on: 5 %, stuck_off: 5 %}}]}}\n"
    ms.Crossbar(device_from_text(stuck), rows, 2, column="pair", seed=(9 << 32) + 7).wear(10).read(x)


MEMORISE = """
name: memorise
title: All kinds of learners
task: memorise
data: {samples: 10, shape: [4, 4]}
learners:
  - LEARNER
corruptions: {gaussian: [0.1, 0.5], salt-and-pepper-masks: [0.1, 0.5], fog: [0.1, 0.5], occlusion: [0.1, 0.5]}
"""
CLASSIFY = """
name: classify
title: All kinds of classifiers
task: classify
data: {source: digits, samples: 60, shape: [4, 4]}
learners:
  - LEARNER
corruptions: {gaussian: [0.1], fog: [0.1]}
seeds: 2
"""


LEARNERS = {
    "memorise with pulses": MEMORISE.replace(
        "LEARNER", "{name: A, array: {device: taox-hfox-wu2018}, learning: {rule: oja, steps: 2}}"
    ),
    "memorise with gradients": MEMORISE.replace(
        "LEARNER", "{name: A, network: {hidden: 3}, training: {loss: mse, rate: 0.01, steps: 1}}"
    ),
    "classify in place": CLASSIFY.replace(
        "LEARNER",
        "{name: A, array: {device: taox-hfox-wu2018}, learning: {rule: delta, rate: 0.01, epochs: 2, batch: 8}, "
        "features: {kind: competitive, units: 4, epochs: 1, batch: 8}}",
    ),
    "classify with a programmed network": CLASSIFY.replace(
        "LEARNER",
        "{name: A, network: {architecture: cnn, channels: [2, 3], dropout: 0.2}, "
        "training: {rate: 0.01, epochs: 2, batch: 16, mixup: 0.2, weight_noise: 0.1}}\n"
        "  - {name: B, array: {device: taox-hfox-wu2018}, programmed: {learner: A}}",
    ),
}


PROGRAM = """
name: program
task: program
arrays:
  - name: A
    array:
      device: {extends: hfox-wan2022, faults: {stuck_on: 2 %}}
      mapping: reference
      adc: {range: 20, noise: 0.1}
    aging: {compensation: affine, refresh: {after: 2 day}}
rows: 20
columns: 3
inputs: 4
repeats: 2
times: [0 s, 1 day, 3 day]
"""


def experiment(text: str) -> Callable[[], None]:
    """What runs an experiment."""

    def run() -> None:
        import memsim as ms
        from memsim.experiments.loading import experiment_from_text

        ms.run(experiment_from_text(text, "the test"))

    return run


def drawn_by(work: Callable[[], None]) -> dict[str, Any]:
    """What a piece of work drew."""
    RECORD.__init__()  # type: ignore[misc]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        work()
    return {
        "collisions": dict(RECORD.collisions),
        "streams": {str(number): count for number, count in RECORD.streams.items()},
        "keys": len(RECORD.keys),
        "bits": {str(stream): bits for stream, bits in RECORD.bits.items()},
    }


WORKS: dict[str, Callable[[], None]] = {
    "arrays": arrays,
    **{name: experiment(text) for name, text in LEARNERS.items()},
    "program": experiment(PROGRAM),
}
EXPECTED = {
    "arrays": "INITIAL D2D REFERENCE FAULT STUCK WEAR RETENTION PATH CONVERTER READ REFERENCE_READ READOUT TRAP "
    "FLICKER C2C PULSE SHAKE WRITE ROW_TRAIN COLUMN_TRAIN PROGRAM PROGRAM_MODEL PROGRAM_INPUT VERIFY",
    "memorise with pulses": "SCENE CORRUPTION BOOTSTRAP INITIAL D2D C2C READ",
    "memorise with gradients": "SCENE CORRUPTION BOOTSTRAP INITIAL",
    "classify in place": "SPLIT CORRUPTION ORDER INITIAL D2D REFERENCE C2C READ REFERENCE_READ",
    "classify with a programmed network": "SPLIT CORRUPTION WEIGHTS ORDER MIXUP DROPOUT C2C READ",
    "program": "TARGET PROGRAM_MODEL PATH FAULT READ REFERENCE_READ READOUT",
}
"""Streams that each of these must draw from, so that the record is not empty."""

if __name__ == "__main__":
    if os.environ.get("NUMBA_DISABLE_JIT") != "1":
        sys.exit("NUMBA_DISABLE_JIT must be 1")
    prepare()
    json.dump({name: drawn_by(WORKS[name]) for name in sys.argv[1:]}, sys.stdout)
