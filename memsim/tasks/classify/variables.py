"""Variables of the task `classify`: learners with many classes, each trained with several seeds."""

from __future__ import annotations

from memsim.tasks.classify.confidence_variables import CONFIDENCE_VARIABLES
from memsim.tasks.energy_variables import ENERGY_VARIABLES
from memsim.tasks.kept import KEPT_VARIABLES
from memsim.tasks.on_cells_variables import ON_CELLS, over_repeats
from memsim.tasks.variable import POSITIVE, SHARE, SUMMARY, Variable

REPEAT = ("learner", "repeat")
EPOCH = ("learner", "repeat", "epoch")
NOISY = ("learner", "repeat", "noise_type", "noise_level")
ATTACK = ("learner", "repeat", "attack", "epsilon")
BIN = ("learner", "repeat", "confidence_bin")
TILE = ("learner", "word_line", "bit_line")
OVER_TIME = ("learner", "repeat", "time")

_RUN = "pulses of training, programming and all refreshes; prior cycles are not among them"
_WRITTEN = "of networks that write and verify programs"
_OTHERS = "the largest of the other outputs"
_ATTACKED = "of the first attack.images test images"
_PROCESSOR = (
    "multiply-accumulates and bits of weights and activations, of energy.bits each, that a digital processor moves; a "
    "lower bound, see memsim.energy.digital"
)

DECLARED = (
    ON_CELLS["test_accuracy"],
    Variable(
        "train_accuracy",
        REPEAT,
        "1",
        "training accuracy",
        "the same of the training images",
        summary=True,
        bounds=SHARE,
    ),
    Variable(
        "validation_accuracy",
        REPEAT,
        "1",
        "validation accuracy",
        "the same of validation images",
        summary=True,
        bounds=SHARE,
    ),
    Variable(
        "noisy_accuracy",
        NOISY,
        "1",
        "accuracy under noise",
        "share of corrupted test images that are recognised",
        bounds=SHARE,
    ),
    Variable(
        "noise_mean_accuracy",
        REPEAT,
        "1",
        "accuracy under noise",
        "mean of noisy_accuracy over noise types and levels above 0; NaN where there is no other than level 0, the "
        "image itself",
        summary=True,
        bounds=SHARE,
    ),
    Variable("noisy_lead", NOISY, "1", "lead under noise", "mean lead of corrupted test images, see test_lead"),
    Variable(
        "noisy_snr",
        NOISY,
        "1",
        "SNR under noise",
        "median over corrupted test images of the ratio in test_snr; ill-conditioned as that is",
    ),
    Variable(
        "corruption_error",
        ("learner", "repeat", "noise_type"),
        "1",
        "corruption error",
        "errors summed over noise levels above 0, over those of the reference learner of that seed; NaN where it makes "
        "none",
    ),
    Variable(
        "relative_corruption_error",
        ("learner", "repeat", "noise_type"),
        "1",
        "relative corruption error",
        "error minus that on clean test images, summed over noise levels above 0, over the same of the reference "
        "learner of that seed; NaN where the errors of the reference do not rise, negative where those of the learner "
        "fall",
    ),
    Variable(
        "mean_corruption_error",
        REPEAT,
        "1",
        "mean corruption error",
        "mean of corruption_error over noise types (Hendrycks & Dietterich 2019, there times 100)",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "mean_relative_corruption_error",
        REPEAT,
        "1",
        "mean relative corruption error",
        "mean of relative_corruption_error over noise types (Hendrycks & Dietterich 2019, there times 100)",
        summary=True,
    ),
    Variable(
        "perturbed_accuracy",
        ("learner", "repeat", "epsilon"),
        "1",
        "worst-case accuracy",
        "share of test images recognised at both ends, the image itself and the image moved by epsilon in every pixel "
        "along the sign of the gradient that lowers its margin, cut to [0, 1]; one read of each, with its noise",
        bounds=SHARE,
    ),
    Variable(
        "attack_clean_accuracy",
        REPEAT,
        "1",
        "accuracy without attack",
        f"share of the attacked images that are recognised as they are, by expected outputs; {_ATTACKED}",
        bounds=SHARE,
    ),
    Variable(
        "attacked_accuracy",
        ATTACK,
        "1",
        "accuracy under attack",
        "share of images that are recognised at all points of the path of an attack, which moves no pixel by more than "
        "epsilon or out of [0, 1], by expected outputs, so that read noise is not mistaken for robustness. One step: "
        "the image, and the image moved by epsilon along the sign of the gradient that lowers its margin. Projected "
        "gradient: these, and all points of attack.steps steps of 2.5 epsilon / attack.steps (Madry et al. 2018) from "
        f"the image on; what another class takes at a smaller epsilon is lost; {_ATTACKED}",
        bounds=SHARE,
    ),
    Variable(
        "attacked_read_accuracy",
        ATTACK,
        "1",
        "accuracy of one read under attack",
        "share of images that count in attacked_accuracy and are recognised by one read, with its noise, of the point "
        "of the path with the smallest margin",
        bounds=SHARE,
    ),
    Variable(
        "test_margin",
        REPEAT,
        "1",
        "margin",
        f"mean over test images of the right output minus {_OTHERS}; negative where wrong",
        summary=True,
    ),
    Variable(
        "test_normalised_margin",
        REPEAT,
        "1",
        "normalised margin",
        f"mean of the margin over the sum of the magnitudes of the right output and {_OTHERS}",
        summary=True,
        bounds=(-1.0, 1.0),
    ),
    Variable(
        "test_geometric_margin",
        REPEAT,
        "1",
        "geometric margin",
        "mean of margin / (|grad_x margin| |x|): distance to the decision boundary of the linearised learner over the "
        "length of the image, on expected outputs",
        summary=True,
    ),
    Variable(
        "test_lead",
        REPEAT,
        "1",
        "lead",
        "mean of the largest output minus the second, right or wrong; what robust-vision calls SNR",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "test_snr",
        REPEAT,
        "1",
        "SNR, top over runner-up",
        "median over test images of the largest output over the second + 1e-9; see snr_ill_conditioned",
        summary=True,
    ),
    Variable(
        "snr_ill_conditioned",
        REPEAT,
        "1",
        "ill-conditioned ratios",
        "share of test images whose second output is below a tenth of the largest's magnitude, or negative: the "
        "ratio divides by almost nothing or changes its sign",
        summary=True,
        bounds=SHARE,
    ),
    Variable(
        "calibration_error",
        REPEAT,
        "1",
        "expected calibration error",
        "of the softmax of the outputs on test images, 15 bins",
        summary=True,
        bounds=SHARE,
    ),
    Variable(
        "scaled_calibration_error",
        REPEAT,
        "1",
        "calibration error, scaled",
        "the same of outputs over the temperature that suits the validation images best",
        summary=True,
        bounds=SHARE,
    ),
    Variable(
        "temperature", REPEAT, "1", "temperature", "divisor of the outputs with the smallest validation cross-entropy"
    ),
    Variable("bin_share", BIN, "1", "share of images", "share of test images by confidence, outputs over temperature"),
    Variable("bin_confidence", BIN, "1", "confidence", "mean largest softmax probability in the bin"),
    Variable("bin_accuracy", BIN, "1", "accuracy", "share of images in the bin that are right"),
    Variable(
        "recall",
        ("learner", "repeat", "true_class"),
        "1",
        "recall",
        "share of a class's test images that is recognised",
    ),
    Variable(
        "confusion",
        ("learner", "repeat", "true_class", "predicted_class"),
        "1",
        "test images",
        "number of test images of a class that are taken for a class",
    ),
    Variable("epoch_loss", EPOCH, "1", "validation loss", "mean loss of the validation images after an epoch"),
    Variable(
        "epoch_accuracy",
        EPOCH,
        "1",
        "training accuracy",
        "of the training images: crossbars after the epoch, networks at the steps of it",
        bounds=SHARE,
    ),
    Variable("epoch_validation_accuracy", EPOCH, "1", "validation accuracy", "after an epoch", bounds=SHARE),
    Variable(
        "epoch_lead",
        EPOCH,
        "1",
        "lead",
        "mean lead of the validation images after an epoch, see test_lead",
        bounds=POSITIVE,
    ),
    Variable("epochs", REPEAT, "1", "epochs", "epochs that were trained", summary=True, bounds=POSITIVE),
    Variable(
        "best_epoch",
        REPEAT,
        "1",
        "best epoch",
        "epoch of the best validation score, from 1; a network is used as it was then, a crossbar as it ends",
    ),
    ON_CELLS["parameters"],
    ON_CELLS["cells"],
    ON_CELLS["operations"],
    Variable(
        "training_operations",
        REPEAT,
        "1",
        "training operations",
        "multiply-accumulate operations of training: reads of a crossbar; three times the outputs of every shown image "
        "for a network (forward, and backward by inputs and by weights), also where that is programmed; without "
        "validation and tuning",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "training_pulses_set",
        REPEAT,
        "1",
        "set pulses",
        "programming pulses that raise w, all cells",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "training_pulses_reset",
        REPEAT,
        "1",
        "reset pulses",
        "programming pulses that lower w, all cells",
        summary=True,
        bounds=POSITIVE,
    ),
    ON_CELLS["weight_error"],
    ON_CELLS["layer_snr"],
    ON_CELLS["product_snr"],
    Variable(
        "example_tile_voltage",
        TILE,
        "1",
        "voltage of the cells",
        "of networks on crossbars with wires, first tile of the first layer, repeat 0: voltage between the word and "
        "the bit line at each cell over the read voltage, which drives all word lines",
    ),
    Variable(
        "example_tile_error",
        TILE,
        "1",
        "error of the effective conductance",
        "of the same tile: what a cell adds to the current of its bit line for a voltage on its word line, over its "
        "conductance, minus 1; NaN for cells that conduct nothing",
    ),
    Variable(
        "network_pulses_mean",
        REPEAT,
        "1",
        "pulses of a cell",
        f"set and reset pulses of a cell until programming ended, mean over cells; {_WRITTEN}",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "network_pulses_95",
        REPEAT,
        "1",
        "95th percentile of the pulses of a cell",
        f"percentile 95 of the set and reset pulses over cells; {_WRITTEN}",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "network_verify_reads",
        REPEAT,
        "1",
        "verify reads of a cell",
        f"mean over cells; {_WRITTEN}",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "network_programming_time",
        REPEAT,
        "s",
        "programming time of the network",
        f"sum over all cells of the time of pulses, delays and verify reads, one cell after the other; {_WRITTEN}",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "network_programming_energy",
        REPEAT,
        "J",
        "programming energy of the network",
        f"sum over all cells of V I t of pulses and verify reads; {_WRITTEN}",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "network_success",
        REPEAT,
        "1",
        "accepted cells",
        f"share of cells whose last verify reads lay inside the acceptance window; {_WRITTEN}",
        summary=True,
        bounds=SHARE,
    ),
    Variable(
        "network_state_error",
        REPEAT,
        "1",
        "error of the states",
        f"root mean square over cells of the state w minus its target right after programming; {_WRITTEN}",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "network_pulse_count",
        ("learner", "pulses"),
        "1",
        "cells by pulses",
        f"number of cells whose set and reset pulses lie in a bin, all seeds together; {_WRITTEN}",
        bounds=POSITIVE,
    ),
    Variable(
        "wear_pulses_mean",
        REPEAT,
        "1",
        "pulses of a cell in the whole run",
        f"set and reset pulses of a cell, mean over cells; {_RUN}",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "wear_pulses_95",
        REPEAT,
        "1",
        "95th percentile of the pulses of a cell in the whole run",
        f"percentile 95 over cells; {_RUN}",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "wear_pulses_max",
        REPEAT,
        "1",
        "most pulses of a cell in the whole run",
        f"largest over cells; {_RUN}",
        summary=True,
        bounds=POSITIVE,
    ),
    ON_CELLS["aged_accuracy"],
    Variable(
        "aged_noise_accuracy",
        OVER_TIME,
        "1",
        "accuracy under noise over time",
        "the same of corrupted test images, mean over noise types and levels above 0",
        summary=True,
        bounds=SHARE,
    ),
    ON_CELLS["aged_weight_error"],
    Variable(
        "aged_weight_drift",
        OVER_TIME,
        "1",
        "mean drift of the weights",
        "slope of the weights in cells by the programmed or learned ones (least squares), minus 1",
        summary=True,
    ),
    Variable(
        "aged_weight_spread",
        OVER_TIME,
        "1",
        "spread of the weights",
        "root mean square of what that line leaves, over that of the programmed or learned weights",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "aged_weight_noise",
        OVER_TIME,
        "1",
        "noise of the weights",
        "standard deviation of the weights by noise of the cells, slow noise included, root mean square, over that of "
        "the programmed or learned weights",
        summary=True,
        bounds=POSITIVE,
    ),
    ON_CELLS["lifetime"],
    ON_CELLS["mean_lifetime"],
    ON_CELLS["refreshes"],
    ON_CELLS["refresh_pulses"],
    ON_CELLS["compensation_reads"],
    Variable(
        "tuning_accuracy",
        ("learner", "trial"),
        "1",
        "validation accuracy of a trial",
        "mean over the tuning seeds; trial 0 has the learner's own settings",
    ),
    Variable("chosen_trial", SUMMARY, "1", "chosen trial", "trial whose settings were taken; NaN without tuning"),
    Variable("example_class_image", ("true_class", "y", "x"), "1", "example", "first test image of every class"),
    Variable(
        "example_class_noisy",
        ("noise_type", "noise_level", "y", "x"),
        "1",
        "example, corrupted",
        "the corrupted copies of the first test image",
    ),
    Variable(
        "epoch_energy",
        EPOCH,
        "J",
        "energy of the training",
        "until the end of an epoch: of learners in place, reads and pulses of the training, without validation; of "
        f"networks, {_PROCESSOR}; by the component table of the result",
        bounds=POSITIVE,
    ),
    Variable(
        "energy_to_accuracy",
        REPEAT,
        "J",
        "energy until the accuracy",
        "epoch_energy of the first epoch whose validation accuracy is at least energy.accuracy of the experiment; of "
        "programmed networks, that of their network until then and of their programming, if they reach the accuracy "
        "themselves (the weights that are programmed are those of the best epoch); NaN where it is not reached or not "
        "known",
        summary=True,
        bounds=POSITIVE,
    ),
    Variable(
        "energy_to_accuracy_part",
        ("learner", "training_part"),
        "J",
        "energy of a part until the accuracy",
        "mean of energy_to_accuracy over the repeats that reach the accuracy, by part",
        bounds=POSITIVE,
    ),
    Variable(
        "energy_to_accuracy_range",
        ("learner", "limit"),
        "J",
        "range of the energy until the accuracy",
        "of the mean over the repeats that reach the accuracy: ends by the uncertainty of the components, whose errors "
        "are independent; no interval over repeats",
        bounds=POSITIVE,
    ),
    Variable(
        "processor_energy",
        ("learner", "repeat", "phase"),
        "J",
        "energy in a digital processor",
        f"of networks: {_PROCESSOR}; inference: of one test image, for which each weight is read once; training: of "
        "all epochs; by the component table of the result",
        bounds=POSITIVE,
    ),
    Variable(
        "processor_energy_range",
        ("learner", "phase", "limit"),
        "J",
        "range of the energy in a digital processor",
        "of the mean over repeats: ends by the uncertainty of the components, whose errors are independent; no "
        "interval over repeats",
        bounds=POSITIVE,
    ),
    Variable(
        "processor_time",
        ("learner", "phase"),
        "s",
        "time in a digital processor",
        "of the multiply-accumulates in 1,024 units at the same time; inference: of one test image; training: of all "
        "epochs, mean over repeats",
        bounds=POSITIVE,
    ),
    Variable(
        "processor_area",
        ("learner",),
        "m2",
        "area of a digital processor",
        "of 1,024 units, and of the memories for weights and activations whose area the component table has",
        bounds=POSITIVE,
    ),
    Variable(
        "processor_efficiency",
        REPEAT,
        "J-1",
        "operations per joule in a digital processor",
        "two operations for each multiply-accumulate, over processor_energy of an inference",
        bounds=POSITIVE,
    ),
    *CONFIDENCE_VARIABLES,
    *ENERGY_VARIABLES,
    *KEPT_VARIABLES,
)

VARIABLES = over_repeats(DECLARED)
"""All variables by name, means over seeds and their intervals included."""
SUMMARISED: tuple[str, ...] = tuple(v.name for v in DECLARED if v.summary)
"""Variables whose mean over seeds is stored."""
