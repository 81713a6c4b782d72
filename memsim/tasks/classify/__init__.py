"""The task `classify`: learners tell many classes of images apart; each is trained with several seeds."""

from __future__ import annotations

from memsim.tasks.base import Coordinate, Drawing, Metric, Panel, Task
from memsim.tasks.classify.variables import VARIABLES
from memsim.tasks.coordinates import IMAGE_TASK, LAYER, MOST_PULSES, PULSES, TIME
from memsim.tasks.energy_variables import ENERGY_COORDINATES
from memsim.tasks.kept import KEPT_COORDINATES

_HERE = "memsim.tasks.classify"
_FIGURES = f"{_HERE}.figures"
_WORD_LINE = "number of the word line of the tile, from its drivers' end of bit lines"

TASK = Task(
    name="classify",
    schema=f"{_HERE}.schema:ClassifySpec",
    load_images=f"{_HERE}.run:load_images",
    labelled=True,
    memory=f"{_HERE}.memory_estimate:memory_estimate",
    check=f"{_HERE}.trials:check",
    run=f"{_HERE}.run:classify",
    variables=VARIABLES,
    coordinates={
        **IMAGE_TASK,
        **KEPT_COORDINATES,
        **ENERGY_COORDINATES,
        "true_class": Coordinate("true_class", "class of the image"),
        "predicted_class": Coordinate("predicted_class", "class it is taken for"),
        "epsilon": Coordinate("epsilon", "largest change of a pixel by an attack", "1"),
        "attack": Coordinate("attack", "how images are moved so that their margin falls"),
        "epoch": Coordinate("epoch", "epoch of training, from 1", "1"),
        "confidence_bin": Coordinate("confidence_bin", "middle of a bin of confidence", "1"),
        "score": Coordinate("score", "what decisions are judged by; larger is surer"),
        "unsafe_below": Coordinate("score", "threshold of the score under which a decision is unsafe", "1"),
        "coverage": Coordinate("coverage", "accepted share of the images", "1"),
        "margin_bin": Coordinate("margin_bin", "lower end of a bin of the margin", "1"),
        "margin_bin_end": Coordinate("margin_bin", "upper end of a bin of the margin", "1"),
        "layer": LAYER,
        "time": TIME,
        "pulses": PULSES,
        "most_pulses": MOST_PULSES,
        "word_line": Coordinate("word_line", _WORD_LINE, "1"),
        "bit_line": Coordinate("bit_line", "number of the bit line of the tile, from the drivers on", "1"),
        "training_part": Coordinate("training_part", "part of crossbars or of a digital processor that costs energy"),
        "trial": Coordinate("trial", "trial of the tuning; 0 has the learner's own settings", "1"),
        "chosen": Coordinate("learner", "settings that tuning chose, as JSON; {} are the learner's own"),
    },
    figures={
        "classes": Drawing("accuracy and calibration of all learners", f"{_FIGURES}.classes:classes"),
        "learning": Drawing("loss, accuracy and lead after every epoch", f"{_FIGURES}.learning:learning"),
        "robustness": Drawing("accuracy, its fall and SNR against noise", f"{_FIGURES}.robustness:robustness"),
        "attacks": Drawing("accuracy against the radius of attacks", f"{_FIGURES}.attacks:attacks"),
        "sweep": Drawing("accuracy, lead and SNR against a swept setting", f"{_FIGURES}.sweep:sweep"),
        "confusion": Drawing("which class is taken for which", f"{_FIGURES}.confusion:confusion"),
        "reliability": Drawing("accuracy by confidence", f"{_FIGURES}.reliability:reliability"),
        "calibration": Drawing("calibration error against noise", f"{_FIGURES}.calibration:calibration"),
        "confidence": Drawing("histograms of confidence and margin", f"{_FIGURES}.confidence:confidence"),
        "risk-coverage": Drawing("errors against accepted images", f"{_FIGURES}.risk_coverage:risk_coverage"),
        "devices": Drawing("accuracy against the device", f"{_FIGURES}.devices:devices"),
        "two-settings": Drawing(
            "accuracy against a swept setting, in panels by another", f"{_FIGURES}.two_settings:two_settings"
        ),
        "products": Drawing("accuracy and SNR of analog products", f"{_FIGURES}.products:products"),
        "aging": Drawing("accuracy and weight error over time", f"{_FIGURES}.aging:aging"),
        "programming": Drawing("what write and verify takes, and gives", f"{_FIGURES}.programming:programming"),
        "energy": Drawing("accuracy against the energy of an inference", f"{_FIGURES}.energy:energy"),
        "energy-training": Drawing("accuracy against the energy of a training", f"{_FIGURES}.energy_training:training"),
        "wire-maps": Drawing("what wires do to the cells of a tile", f"{_FIGURES}.wire_maps:wire_maps"),
    },
    default_figure=f"{_FIGURES}.default:default_figure",
    print_overview=f"{_HERE}.table:print_overview",
    print_metrics=f"{_HERE}.table:print_metrics",
    print_notes=f"{_HERE}.table:print_notes",
    metrics=(
        Metric(
            "test_accuracy_mean",
            "test accuracy",
            "%",
            100.0,
            ".2f",
            aged="aged_accuracy",
            alone=f"{_HERE}.accuracy:accuracy_alone",
        ),
        Metric(
            "noise_mean_accuracy_mean",
            "under noise",
            "%",
            100.0,
            ".2f",
            of="noisy_accuracy",
            aged="aged_noise_accuracy",
        ),
        Metric(
            "mean_corruption_error_mean",
            "corruption error",
            form=".3f",
            of="noisy_accuracy",
            values=f"{_HERE}.shared:corruption_errors",
            defined_by=("reference_label", "reference_settings"),
            better="lower",
        ),
        Metric(
            "mean_relative_corruption_error_mean",
            "relative corruption error",
            form=".3f",
            of="noisy_accuracy",
            values=f"{_HERE}.shared:relative_corruption_errors",
            defined_by=("reference_label", "reference_settings"),
            better="lower",
        ),
        Metric("test_normalised_margin_mean", "normalised margin", form=".4f"),
        Metric("test_geometric_margin_mean", "geometric margin", form=".4f"),
        Metric("scaled_calibration_error_mean", "calibration error, scaled", form=".4f", better="lower"),
        Metric("training_pulses_set_mean", "set pulses", better="lower"),
        Metric("product_snr_mean", "SNR of products", "dB", form=".1f"),
        Metric("inference_energy_mean", "energy of an inference", "nJ", 1e9, better="lower"),
        Metric(
            "energy_to_accuracy_mean",
            "energy until the accuracy",
            "uJ",
            1e6,
            defined_by=("energy.accuracy",),
            better="lower",
        ),
    ),
    panels=(
        Panel("test_accuracy_mean", "accuracy, test images [%]", 100.0),
        Panel("noise_mean_accuracy_mean", "with noise [%]", 100.0),
    ),
    small={"data.samples": 60, "seeds": 2, "learning.epochs": 1, "training.epochs": 1},
)
