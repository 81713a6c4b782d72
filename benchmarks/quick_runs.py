"""Writes results of small runs of all tasks into a folder: ``python benchmarks/quick_runs.py FOLDER [NAME ...]``.

The runs are shipped experiments with few images, epochs or lines. Together they use all kinds of learners, local rules,
losses and converters, wires, sweeps, tuning and a device of the command line. Two folders that were written by two
versions of memsim are compared by `compare_results.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from memsim.cli.main import run_command

_IMAGES = ("data.samples=3", "data.shape=[16,16]")
_CLASSES = ("data.samples=120", "seeds=2")
_KINDS = ("gaussian", "salt-and-pepper", "salt-and-pepper-masks", "fog", "occlusion", "occlusion-patches")

RUNS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "physical": ("physical-01", _IMAGES, ()),
    "physical-kept": ("physical-01", (*_IMAGES, "keep=[conductance]"), ("--device", "agsi-jo2010", "--seed", "7")),
    "decomposition": ("decomposition-01", _IMAGES, ()),
    "corruptions": ("corruptions-01", _IMAGES, ()),
    "bounds": ("bounds-01", _IMAGES, ()),
    "lambda": ("lambda-01", _IMAGES, ()),
    "layers": ("layers-01", ("data.samples=2", "data.shape=[16,16]"), ()),
    "rule": ("rule-01", _IMAGES, ()),
    "size": ("size-01", ("data.samples=2",), ()),
    "classify": ("classify-01", _CLASSES, ()),
    "digits": ("digits-01", (*_CLASSES, "learning.epochs=2", "training.epochs=2"), ()),
    "rules": ("rules-01", (*_CLASSES, "learning.epochs=2"), ()),
    "hybrid": (
        "hybrid-01",
        (*_CLASSES, "learning.epochs=1", "training.epochs=1", "tuning={trials: 2, seeds: 1}"),
        (),
    ),
    "converters": (
        "converters-01",
        (*_CLASSES, "training.epochs=1", "sweep={array.adc.bits: [3, 8], array.adc.range: [max, rms]}"),
        (),
    ),
    "energy": (
        "energy-01",
        (*_CLASSES, "training.epochs=1", "sweep={array.adc.bits: [4, 8], array.tile: [[32, 32], [64, 64]]}"),
        (),
    ),
    "energy-training": ("energy-training-01", (*_CLASSES, "learning.epochs=1", "training.epochs=1"), ()),
    "wires": ("wires-01", (*_CLASSES, "training.epochs=1"), ()),
    "robustness": (
        "robustness-01",
        (*_CLASSES, "learning.epochs=1", "training.epochs=1", *(f"corruptions.{kind}=[0.1,0.5]" for kind in _KINDS)),
        (),
    ),
    "sneak": ("sneak-01", ("lines=[4,16]", "map_lines=8"), ()),
    "products": ("products-01", ("rows=16", "columns=16", "repeats=2"), ()),
    "levels": ("levels-01", ("rows=16", "columns=16", "repeats=2"), ()),
    "infer": ("infer-01", ("data.samples=200", "repeats=2"), ()),
    "sneak-seed": ("sneak-01", ("lines=[8]", "map_lines=4", "schemes=[floating,V/3]"), ("--seed", "7")),
}
"""Name of the result file -> experiment, settings that make it small, and other options of `memsim run`."""


def write(folder: Path, name: str) -> int:
    """Run one entry and write its result; the exit code of `memsim run`."""
    experiment, settings, options = RUNS[name]
    changes = [part for setting in settings for part in ("--set", setting)]
    target = ["-o", str(folder / f"{name}.nc"), "--force", "--no-figure", "--quiet", "--backend", "cpu"]
    return run_command(["run", experiment, *changes, *options, *target])


def main() -> int:
    if len(sys.argv) < 2:
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    folder, names = Path(sys.argv[1]), sys.argv[2:] or list(RUNS)
    folder.mkdir(parents=True, exist_ok=True)
    return max(write(folder, name) for name in names)


if __name__ == "__main__":
    sys.exit(main())
