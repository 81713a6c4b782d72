"""Runs an experiment: the one place that joins data, arrays, learning, metrics and results."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from memsim.arrays import Crossbar, check_bounds
from memsim.backends import resolve
from memsim.capacity import images_at_once, require_memory
from memsim.data.corruptions import CORRUPTIONS, corrupt
from memsim.data.depth import Grey
from memsim.data.images import Images, load_data
from memsim.errors import DataError, InputError
from memsim.experiment import SCENES, Experiment
from memsim.experiment_schema import LearnerSpec
from memsim.learning import RULES, Encoding
from memsim.metrics import (
    bootstrap,
    geometric_margin,
    negative_denominator,
    normalised_difference,
    saturated_share,
    snr,
)
from memsim.profiles import DeviceProfile
from memsim.results import build_dataset
from memsim.variables import READ, SUMMARISED, VARIABLES

if TYPE_CHECKING:
    import xarray as xr

# Cell updates between two chances to stop a run from the keyboard; a second or less on one core.
_UPDATES = 1 << 28
_LIBRARIES = ("numpy", "numba", "llvmlite", "xarray", "netCDF4", "pillow", "pydantic")
TARGETS = (1.0, 0.0)

Progress = Callable[[str, int, int], None]


def run(
    experiment: Experiment,
    *,
    device: DeviceProfile | None = None,
    data: str | Path | None = None,
    backend: str = "auto",
    images_sha256: str | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Results of an experiment as a labelled Dataset.

    Parameters
    ----------
    experiment : Experiment
        What to run.
    device : DeviceProfile, optional
        Used by every learner instead of its own.
    data : str or Path, optional
        A folder of images, an image, or an ``.npy``/``.npz`` file, instead of the experiment's data.
    backend : {"auto", "cpu", "cuda"}
        Where to compute.
    images_sha256 : str, optional
        Hash that the images must have, to repeat an earlier run.
    progress : callable, optional
        Called as ``progress(learner, images_done, images)``.

    Returns
    -------
    xarray.Dataset
        The variables of `memsim.variables` on the dimensions learner, image, noise_type and noise_level.

    Raises
    ------
    MemsimError
        If a setting, device or image is not allowed; nothing is computed then.
    """
    if device is not None:
        experiment = experiment.replace({"array.device": device}, origin="--device")
    if data is not None:
        experiment = experiment.replace({"data.source": str(data)}, origin="--data")
    chosen = resolve(backend).name
    devices = prepare(experiment)
    if experiment.spec.data.source == SCENES:
        require_memory(experiment.spec, experiment.spec.data.samples, len(TARGETS))
    images = load_images(experiment)
    require_memory(experiment.spec, len(images), len(TARGETS))
    if images_sha256 is not None and images.sha256 != images_sha256:
        raise DataError(
            f"{images.source}: these are not the images of the earlier run (hash {images.sha256[:12]}, then "
            f"{images_sha256[:12]}); give the same ones with --data, or run the experiment anew"
        )
    parts = [
        _Learner(experiment, spec, devices[spec.name], chosen).run(images, progress)
        for spec in experiment.spec.learners
    ]
    variables = {name: np.stack([part[name] for part in parts]) for name in parts[0]}
    variables |= _summaries(variables, experiment)
    variables |= _examples(experiment, images)
    coordinates = {
        "learner": [spec.name for spec in experiment.spec.learners],
        "device": [devices[spec.name].name for spec in experiment.spec.learners],
        "image": np.arange(len(images.pixels)),
        "image_label": list(images.labels),
        "noise_type": list(experiment.spec.corruptions),
        "noise_level": np.array(experiment.spec.levels),
        "interval": ["low", "high"],
    }
    if "conductance" in variables:
        coordinates["column"] = ["target", "control"]
    return build_dataset(variables, coordinates, _provenance(experiment, devices, images, chosen))


def prepare(experiment: Experiment) -> dict[str, DeviceProfile]:
    """The device of every learner, checked against the learner's bounds before anything is computed."""
    devices = {}
    for spec in experiment.spec.learners:
        profile = devices[spec.name] = experiment.device(spec)
        try:
            check_bounds(spec.array.bounds, profile)
        except InputError as error:
            path = f"learners.{spec.name}.array"
            where = experiment.document.where(experiment.document.find(f"{path}.bounds") or ())
            raise InputError(f"{where}: {path}.{error}; for example --set array.bounds=[0,1]") from None
    return devices


def load_images(experiment: Experiment) -> Images:
    """The images of an experiment."""
    data = experiment.spec.data
    grey = Grey(cap=data.grey.cap, scale=data.grey.scale)
    return load_data(
        experiment.data_path() or SCENES, shape=data.shape, samples=data.samples, seed=data.seed, grey=grey
    )


class _Learner:
    """One learner on all images, in blocks of images that fit in memory; blocks do not change a bit of the result."""

    def __init__(self, experiment: Experiment, spec: LearnerSpec, device: DeviceProfile, backend: str) -> None:
        self.experiment = experiment
        self.spec = spec
        self.device = device
        self.backend = backend
        self.bounds = check_bounds(spec.array.bounds, device)
        self.levels = experiment.spec.levels

    def run(self, images: Images, progress: Progress | None) -> dict[str, np.ndarray]:
        """Variables of this learner without the learner dimension."""
        x = images.pixels.reshape(len(images.pixels), -1)
        block = images_at_once(x.shape[1], len(self.levels))
        parts = []

        def report(done: float) -> None:
            if progress is not None:
                progress(self.spec.name, int(done), len(x))

        for first in range(0, len(x), block):
            report(first)
            parts.append(self._block(x[first : first + block], first, report))
        report(len(x))
        joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        joined["example_conductance"] = joined.pop("example_conductance")[0].reshape(images.pixels.shape[1:])
        return joined

    def _block(self, x: np.ndarray, first: int, report: Callable[[float], None]) -> dict[str, np.ndarray]:
        spec, seed = self.spec, self.experiment.spec.seed
        crossbar = Crossbar(
            self.device,
            rows=x.shape[1],
            cols=len(TARGETS),
            arrays=len(x),
            seed=seed,
            bounds=spec.array.bounds,
            initial=spec.array.initial,
            column=spec.array.column,
            dtype=spec.array.dtype,
            backend=self.backend,
            first_array=first,
        )
        learning = spec.learning
        encoding = Encoding(
            learning.encoding or self.device.spec.encoding, learning.rounding, learning.max_pulses, learning.threshold
        )
        rule = RULES[learning.rule](learning.rate)
        at_once = max(1, _UPDATES // (x.size * len(TARGETS)))
        for step in range(0, learning.steps, at_once):
            steps = min(at_once, learning.steps - step)
            crossbar.train(rule, x[:, None, :], TARGETS, steps=steps, encoding=encoding)
            report(first + len(x) * (step + steps) / learning.steps)

        corruptions = self.experiment.spec.corruptions
        shape = (len(x), len(corruptions), len(self.levels))
        outputs = np.full((*shape, len(TARGETS)), np.nan)
        for k, (kind, given) in enumerate(corruptions.items()):
            noisy = corrupt(kind, x, given, seed=seed, first_image=first)
            where = np.searchsorted(self.levels, given)
            outputs[:, k, where] = crossbar.output(noisy, index=CORRUPTIONS[kind])
        return self._metrics(crossbar, x, outputs)

    def _metrics(self, crossbar: Crossbar, x: np.ndarray, outputs: np.ndarray) -> dict[str, np.ndarray]:
        target, control = outputs[..., 0], outputs[..., 1]
        clean = crossbar.output(x[:, None, :], noise=False)[:, 0]
        variance = crossbar.difference_variance(x[:, None, :])[:, 0]
        weights = crossbar.weights
        learned = weights[:, :, 0]
        cells = weights.reshape(len(x), -1)
        pulses = crossbar.pulses
        sigma = np.sqrt(variance)
        values = {
            "output_target": target,
            "output_control": control,
            "snr": snr(target, control),
            "correct": target > control,
            "normalised_difference": normalised_difference(target, control),
            "negative_denominator": negative_denominator(control),
            "geometric_margin": geometric_margin(clean[:, 0], clean[:, 1], learned - weights[:, :, 1], x),
            "read_margin": np.divide(clean[:, 0] - clean[:, 1], sigma, out=np.full(len(x), np.nan), where=sigma > 0),
            "weight_mean": cells.mean(1, dtype=float),
            "weight_std": cells.std(1, dtype=float),
            "weight_min": cells.min(1),
            "weight_max": cells.max(1),
            "saturated_share": saturated_share(learned, *self.bounds),
            "pulses_set": pulses.set.sum(1),
            "pulses_reset": pulses.reset.sum(1),
            "half_selects": pulses.half_selected.sum(1),
        }
        low, high = crossbar.window
        values["example_conductance"] = low + learned[:1] * (high - low)
        if "conductance" in self.experiment.spec.keep:
            values["conductance"] = crossbar.conductance
        return values


def _summaries(variables: dict[str, np.ndarray], experiment: Experiment) -> dict[str, np.ndarray]:
    """Means over noise and images with their intervals, and the median of the ratio."""
    seed, resamples = experiment.spec.seed, experiment.spec.resamples
    columns = []
    for name in SUMMARISED:
        values = variables[name].astype(float)
        if VARIABLES[name].dims == READ:
            values = np.nanmean(values, axis=(2, 3))
        columns.append(values.T)
    mean, low, high = bootstrap(np.stack(columns, axis=1), seed, resamples)
    summaries: dict[str, np.ndarray] = {"snr_median": np.nanmedian(variables["snr"], axis=(1, 2, 3))}
    for i, name in enumerate(SUMMARISED):
        summaries[f"{name}_mean"] = mean[i]
        summaries[f"{name}_interval"] = np.stack([low[i], high[i]], axis=-1)
    return summaries


def _examples(experiment: Experiment, images: Images) -> dict[str, np.ndarray]:
    """The first image, clean and at the middle level of the first corruption."""
    kind, level = experiment.spec.example
    first = images.pixels[:1].reshape(1, -1)
    noisy = corrupt(kind, first, [level], seed=experiment.spec.seed)
    return {"example_image": images.pixels[0], "example_noisy": noisy.reshape(images.pixels.shape[1:])}


def _provenance(
    experiment: Experiment, devices: dict[str, DeviceProfile], images: Images, backend: str
) -> dict[str, str | int]:
    versions = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    return {
        "title": experiment.spec.title,
        "memsim_version": importlib.metadata.version("memsim"),
        "experiment": experiment.to_yaml(),
        "changes": json.dumps(dict(experiment.changed)),
        "devices": json.dumps({spec.array.device: devices[spec.name].to_yaml() for spec in experiment.spec.learners}),
        "seed": str(experiment.spec.seed),
        "backend": backend,
        "images_source": images.source,
        "images_sha256": images.sha256,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "python_version": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "libraries": json.dumps(versions),
    }
