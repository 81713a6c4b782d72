"""The task `memorise`: each learner learns single images, one model for each image, and reads corrupted copies."""

from __future__ import annotations

from memsim.tasks.base import Coordinate, Drawing, Metric, Panel, Task
from memsim.tasks.coordinates import IMAGE_TASK, TIME
from memsim.tasks.energy_variables import IMAGES, energy_coordinates
from memsim.tasks.kept import KEPT_COORDINATES
from memsim.tasks.memorise.variables import VARIABLES

_HERE = "memsim.tasks.memorise"
_FIGURES = f"{_HERE}.figures"

TASK = Task(
    name="memorise",
    schema=f"{_HERE}.schema:MemoriseSpec",
    load_images=f"{_HERE}.run:load_images",
    memory=f"{_HERE}.memory_estimate:memory_estimate",
    run=f"{_HERE}.run:memorise",
    variables=VARIABLES,
    coordinates={
        **IMAGE_TASK,
        **KEPT_COORDINATES,
        **energy_coordinates(IMAGES),
        "image": Coordinate("image", "number of the image", "1"),
        "image_label": Coordinate("image", "where the image comes from"),
        "column": Coordinate("column", "what the column learns"),
        "time": TIME,
    },
    figures={
        "overview": Drawing("images, what was learned, SNR and difference", f"{_FIGURES}.overview:overview"),
        "ranking": Drawing("learners ranked by SNR, beside margin and accuracy", f"{_FIGURES}.ranking:ranking"),
        "noise": Drawing("SNR and accuracy against noise, for every noise type", f"{_FIGURES}.noise:noise"),
        "sweep": Drawing("SNR, accuracy and margin against a swept setting", f"{_FIGURES}.sweep:sweep"),
        "bounds": Drawing("SNR, saturation and weight spread against the bound", f"{_FIGURES}.bounds:bounds"),
        "lambda": Drawing("SNR, output difference and margin against lambda", f"{_FIGURES}.weighting:weighting"),
        "stability": Drawing("accuracy and SNR against the step size rate |x|^2", f"{_FIGURES}.stability:stability"),
        "margins": Drawing("distributions of geometric margin and confidence", f"{_FIGURES}.margins:margins"),
        "weights": Drawing("histograms of the weights", f"{_FIGURES}.weights:weights"),
        "layers": Drawing("SNR from layer to layer, and the loss of each", f"{_FIGURES}.layers:layers"),
        "aging": Drawing("SNR and accuracy over time", f"{_FIGURES}.aging:aging"),
        "maps": Drawing("learned conductances, sensitivities of networks", f"{_FIGURES}.maps:maps"),
        "samples": Drawing("corrupted copies of the first image", f"{_FIGURES}.maps:samples"),
    },
    default_figure=f"{_FIGURES}.default:default_figure",
    print_overview=f"{_HERE}.table:print_overview",
    print_metrics=f"{_HERE}.table:print_metrics",
    print_notes=f"{_HERE}.table:print_notes",
    metrics=(
        Metric("snr_mean", "SNR, mean", marked=f"{_HERE}.ratio_means:without_expectation"),
        Metric("snr_median", "SNR, median", of="snr", values=f"{_HERE}.shared:median_ratio"),
        Metric("correct_mean", "accuracy", "%", 100.0, ".1f"),
        Metric("geometric_margin_mean", "geometric margin", form=".4f"),
        Metric("normalised_difference_mean", "normalised diff.", form=".4f"),
        Metric("unsafe_mean", "unsafe reads", "%", 100.0, ".1f", defined_by=("unsafe_below",), better="lower"),
        Metric("image_inference_energy_mean", "energy of a read", "nJ", 1e9, better="lower"),
        Metric("image_training_energy_mean", "energy of a training", "nJ", 1e9, better="lower"),
    ),
    panels=(
        Panel("snr_mean", "SNR, target / control output", axis="ratio"),
        Panel("geometric_margin_mean", "geometric margin", axis="share"),
    ),
    small={"data.samples": 2, "data.shape": [8, 8], "learning.steps": 1, "training.steps": 1},
    progress="images",
    sampled="image",
    interval=f"{_HERE}.shared:interval",
)
