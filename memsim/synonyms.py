"""Words of other programs and papers for keys and choices of memsim, for the hints of errors."""

from __future__ import annotations

SYNONYMS: dict[str, tuple[str, ...]] = {
    # Keys.
    "adc_bits": ("bits",),
    "batch_size": ("batch",),
    "criterion": ("loss",),
    "dataset": ("data",),
    "early_stopping": ("patience",),
    "epoch": ("epochs", "steps"),
    "epochs": ("steps",),
    "eta": ("rate",),
    "hidden_size": ("hidden",),
    "hidden_units": ("hidden",),
    "images": ("data", "samples"),
    "iterations": ("steps", "epochs"),
    "l2": ("weight_decay",),
    "lam": ("lambda",),
    "learning_rate": ("rate",),
    "lr": ("rate",),
    "methods": ("learners",),
    "model": ("architecture",),
    "models": ("learners",),
    "n_epochs": ("epochs", "steps"),
    "n_samples": ("samples",),
    "neurons": ("hidden", "units"),
    "noise": ("corruptions",),
    "noise_levels": ("corruptions",),
    "noise_types": ("corruptions",),
    "num_epochs": ("epochs", "steps"),
    "num_samples": ("samples",),
    "objective": ("loss",),
    "precision": ("dtype",),
    "random_seed": ("seed",),
    "random_state": ("seed",),
    "resolution": ("shape",),
    "size": ("shape",),
    "steps": ("epochs",),
    "temp": ("temperature",),
    "units": ("hidden",),
    "wd": ("weight_decay",),
    # Choices.
    "adaline": ("delta",),
    "awgn": ("gaussian",),
    "bce": ("cross-entropy",),
    "ce": ("cross-entropy",),
    "conv": ("cnn",),
    "cutout": ("occlusion",),
    "haze": ("fog",),
    "impulse": ("salt-and-pepper",),
    "lms": ("delta",),
    "mlp": ("two-layer",),
    "mnist": ("digits",),
    "nll": ("cross-entropy",),
    "normal": ("gaussian",),
    "resnet": ("residual",),
    "softmax": ("cross-entropy",),
    "squared_error": ("mse",),
    "widrow_hoff": ("delta",),
    "xent": ("cross-entropy",),
}
"""Word in lower case with '_' between its parts -> words of memsim, the likeliest first."""


def synonyms(word: str) -> tuple[str, ...]:
    """What memsim calls a word; empty if it has no other name for it."""
    return SYNONYMS.get(word.lower().replace("-", "_").replace(" ", "_"), ())
