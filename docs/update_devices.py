"""Write the tables of docs/devices.md anew.

`python docs/update_devices.py` writes that of the profiles, which a test compares; with `--measure` also that of the
results of physical-01 on every device, which takes some minutes.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import memsim as ms
from memsim.profiles.overview import overview_markdown

GUIDE = Path(__file__).with_name("devices.md")
COLUMNS = ("single", "reference")


def profiles() -> str:
    """Table of the shipped profiles."""
    return overview_markdown(map(ms.load_device, ms.device_names()))


def results() -> str:
    """Table of physical-01 on every shipped device, read in single columns and against a reference column."""
    experiment = ms.load_experiment("physical-01")
    ideal = measured(experiment, "ideal", "single")
    rows = ["| device | single column | window alone | reference column |", "| --- | --- | --- | --- |"]
    for name in ms.device_names():
        single, reference = (measured(experiment, name, column) for column in COLUMNS)
        alone = window_alone(ms.load_device(name).spec.conductance, ideal)
        against = f"{reference['snr']:.4g}"
        if reference["negative"] > 0:
            against += f" (ill-conditioned: {100 * reference['negative']:.0f} % of denominators are not above 0)"
        rows.append(f"| `{name}` | {single['snr']:.4g} | {alone:.4g} | {against} |")
    return "\n".join(rows) + "\n"


def measured(experiment: ms.Experiment, device: str, column: str) -> dict[str, float]:
    """Mean SNR of an experiment on a device, its mean outputs, and the share of denominators that are not above 0."""
    result = ms.run(experiment.replace({"array.device": device, "array.column": column}))
    return {
        "snr": float(result.snr.mean()),
        "target": float(result.output_target.mean()),
        "control": float(result.output_control.mean()),
        "negative": float((result.output_control <= 0).mean()),
    }


def window_alone(conductance: Any, ideal: dict[str, float]) -> float:
    """SNR of ideal cells in a window that starts above 0 S: both outputs gain the current of G_min."""
    inputs = ideal["control"] / 0.005  # the ideal control column holds w = 0.005 on average
    offset = inputs * conductance.min / (conductance.max - conductance.min)
    return (ideal["target"] + offset) / (ideal["control"] + offset)


def rewritten(text: str, name: str, table: str) -> str:
    """The guide with the table between two comments replaced."""
    return re.sub(
        f"(<!-- {name} -->\n).*?(<!-- end -->)", lambda m: m[1] + table + m[2], text, count=1, flags=re.DOTALL
    )


if __name__ == "__main__":
    guide = rewritten(GUIDE.read_text(encoding="utf-8"), "profiles", profiles())
    if "--measure" in sys.argv[1:]:
        guide = rewritten(guide, "results", results())
    GUIDE.write_text(guide, encoding="utf-8")
