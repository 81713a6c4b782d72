"""The task `infer`: a trained network from a file, its products made by crossbars; nothing is trained."""

from __future__ import annotations

from memsim.tasks.base import Drawing, Metric, Panel, Task
from memsim.tasks.coordinates import IMAGE_TASK, LAYER, TIME
from memsim.tasks.energy_variables import ENERGY_COORDINATES
from memsim.tasks.infer.variables import VARIABLES

_HERE = "memsim.tasks.infer"

TASK = Task(
    name="infer",
    schema=f"{_HERE}.schema:InferSpec",
    load_images=f"{_HERE}.run:load_images",
    labelled=True,
    memory=f"{_HERE}.memory_estimate:memory_estimate",
    check=f"{_HERE}.networks:check",
    run=f"{_HERE}.run:infer",
    variables=VARIABLES,
    coordinates={
        **{name: IMAGE_TASK[name] for name in ("learner", "interval")},
        **ENERGY_COORDINATES,
        "layer": LAYER,
        "time": TIME,
    },
    figures={
        "inference": Drawing("accuracy on each array, and SNR of the layers", f"{_HERE}.figures.inference:inference"),
    },
    default_figure=lambda dataset: "inference",
    print_overview=f"{_HERE}.table:print_overview",
    print_metrics=f"{_HERE}.table:print_metrics",
    print_notes=f"{_HERE}.table:print_notes",
    metrics=(
        Metric("test_accuracy_mean", "test accuracy", "%", 100.0, ".2f", aged="aged_accuracy"),
        Metric("accuracy_loss_mean", "loss by the hardware", "%", 100.0, ".2f", better="lower"),
        Metric("product_snr_mean", "SNR of products", "dB", form=".1f"),
        Metric("weight_error_mean", "weight error", form=".4f", better="lower"),
        Metric("inference_energy_mean", "energy of an inference", "nJ", 1e9, better="lower"),
    ),
    panels=(
        Panel("test_accuracy_mean", "accuracy, test images [%]", 100.0),
        Panel("product_snr_mean", "SNR of products [dB]"),
    ),
    small={"data.samples": 60, "repeats": 1},
)
