"""Variables of the task `classify` about confidence: its distribution, its calibration, and a monitor of decisions."""

from __future__ import annotations

from memsim.tasks.variable import SHARE, Variable

_REPEAT = ("learner", "repeat")
_NOISY = (*_REPEAT, "noise_type", "noise_level")
_SOFTMAX = "largest softmax output"
_SCALED = "largest softmax output, of outputs over the temperature of the clean validation images"
_UNSAFE = "share of images whose score is under unsafe_below, or not a number"
_SAFE = "share of right decisions among those that are not unsafe; NaN where all are"
_RISK = (
    "share of errors among the accepted images, those with the largest scores; images of equal scores are accepted in "
    "random order (El-Yaniv & Wiener 2010; Geifman & El-Yaniv 2017)"
)
_AREA = "mean risk over the coverages 1/n, 2/n, ..., 1 of n images (Geifman, Uziel & El-Yaniv 2019)"
_ON = {"test": ("", "test images"), "noisy": (" under noise", "corrupted test images")}


def _distributions(start: str) -> tuple[Variable, ...]:
    """Means and histograms of confidence and margin, on clean or on corrupted images."""
    dims, (when, images) = _REPEAT if start == "test" else _NOISY, _ON[start]
    clean = start == "test"
    return (
        Variable(
            f"{start}_confidence",
            dims,
            "1",
            f"confidence{when}",
            f"mean over {images} of the {_SOFTMAX}",
            summary=clean,
            bounds=SHARE,
        ),
        Variable(
            f"{start}_scaled_confidence",
            dims,
            "1",
            f"scaled confidence{when}",
            f"mean over {images} of the {_SCALED}",
            summary=clean,
            bounds=SHARE,
        ),
        Variable(
            f"{start}_confidence_share",
            (*dims, "confidence_bin"),
            "1",
            f"share of images by confidence{when}",
            f"share of {images} by the {_SOFTMAX}",
            bounds=SHARE,
        ),
        Variable(
            f"{start}_margin_share",
            (*dims, "margin_bin"),
            "1",
            f"share of images by margin{when}",
            f"share of {images} by the right output minus the largest other one",
            bounds=SHARE,
        ),
    )


def _monitor(start: str) -> tuple[Variable, ...]:
    """What a monitor makes of decisions about clean or corrupted images."""
    dims, (when, images) = _REPEAT if start == "test" else _NOISY, _ON[start]
    clean = start == "test"
    names = (
        ("unsafe", "unsafe decisions", _UNSAFE),
        ("safe_accuracy", "accuracy of safe decisions", _SAFE),
        ("risk_area", "area under risk against coverage", _AREA),
    )
    return (
        *(
            Variable(
                f"{start}_{name}",
                (*dims, "score"),
                "1",
                f"{long_name}{when}",
                f"of {images}: {meaning}",
                summary=clean,
                bounds=SHARE,
            )
            for name, long_name, meaning in names
        ),
        Variable(
            f"{start}_risk",
            (*dims, "score", "coverage"),
            "1",
            f"risk{when}",
            f"of {images}: {_RISK}",
            bounds=SHARE,
        ),
    )


CONFIDENCE_VARIABLES = (
    *_distributions("test"),
    *_distributions("noisy"),
    Variable(
        "noisy_scaled_confidence_share",
        (*_NOISY, "confidence_bin"),
        "1",
        "share of images by scaled confidence under noise",
        f"share of corrupted test images by the {_SCALED}; bin_share is that of clean ones",
        bounds=SHARE,
    ),
    Variable(
        "noisy_margin",
        _NOISY,
        "1",
        "margin under noise",
        "mean over corrupted test images of the right output minus the largest other one; negative where wrong",
    ),
    Variable(
        "noisy_calibration_error",
        _NOISY,
        "1",
        "calibration error under noise",
        "expected calibration error of the softmax of the outputs on corrupted test images, 15 bins",
        bounds=SHARE,
    ),
    Variable(
        "noisy_scaled_calibration_error",
        _NOISY,
        "1",
        "calibration error under noise, scaled",
        "the same of outputs over the temperature of the clean validation images",
        bounds=SHARE,
    ),
    *_monitor("test"),
    *_monitor("noisy"),
    Variable(
        "noise_mean_confidence",
        _REPEAT,
        "1",
        "confidence under noise",
        "mean of noisy_confidence over noise types and levels",
        summary=True,
        bounds=SHARE,
    ),
    Variable(
        "noise_mean_scaled_confidence",
        _REPEAT,
        "1",
        "scaled confidence under noise",
        "mean of noisy_scaled_confidence over noise types and levels",
        summary=True,
        bounds=SHARE,
    ),
    Variable(
        "noise_mean_unsafe",
        (*_REPEAT, "score"),
        "1",
        "unsafe decisions under noise",
        "mean of noisy_unsafe over noise types and levels",
        summary=True,
        bounds=SHARE,
    ),
    Variable(
        "noise_mean_safe_accuracy",
        (*_REPEAT, "score"),
        "1",
        "accuracy of safe decisions under noise",
        "share of right decisions among all that are not unsafe, of all noise types and levels together; NaN where "
        "there are none",
        summary=True,
        bounds=SHARE,
    ),
    Variable(
        "noise_mean_risk_area",
        (*_REPEAT, "score"),
        "1",
        "area under risk against coverage under noise",
        "mean of noisy_risk_area over noise types and levels",
        summary=True,
        bounds=SHARE,
    ),
)
