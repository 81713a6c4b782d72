"""Memory that a run of the task `memorise` takes, estimated from its settings."""

from __future__ import annotations

from memsim.data.images import Images
from memsim.philox import padded
from memsim.tasks.capacity import COPIES, SOLVER, WIRED, images_at_once
from memsim.tasks.kept import NUMBER, NUMBERS_OF_A_CELL, WEIGHTS
from memsim.tasks.memorise.learners.block import TARGETS
from memsim.tasks.memorise.schema import SCENES, DataSpec, LearnerSpec, MemoriseSpec

_METRICS = 70  # bytes a reading of one image takes in the results on (image, noise_type, noise_level), assumed
_SUMMARIES = 20  # metrics of a learner whose means over images have intervals
_CELL = 100  # bytes a cell takes while it learns: state, parameters, draws and their temporaries, assumed
_EVENTS = 3000  # bytes that the events of a tile take until they are written, assumed
_WEIGHT = 30  # bytes a first-layer weight takes: itself, its draw and their temporaries, assumed


def training_memory(spec: MemoriseSpec, pixels: int) -> float:
    """Memory that the arrays which learn an image take [byte]."""
    lines = 4 if any(learner.array.column == "pair" for learner in spec.learners) else 2
    wired = (lines + 1) * WIRED if any(learner.array.wires for learner in spec.learners) else 0
    return pixels * (lines * _CELL + wired)


def memory_estimate(spec: MemoriseSpec, data: DataSpec, loaded: Images | None) -> dict[str, float]:
    """Memory that the parts of a run take [byte], by the settings that make them large; none if not yet known.

    Parameters
    ----------
    spec : MemoriseSpec
        The settings.
    data : DataSpec
        The images of one run of the sweep.
    loaded : Images or None
        These images; None before they are loaded.
    """
    if loaded is None and data.source != SCENES:
        return {}
    images = data.samples if loaded is None else len(loaded)
    pixels = data.shape[0] * data.shape[1]
    copies = len(spec.levels) * len(spec.corruptions)
    learners = len(spec.labels)
    block = min(images, images_at_once(pixels, copies, training_memory(spec, pixels)))
    units = max((learner.network.hidden for learner in spec.learners if learner.network), default=0)
    needs: dict[str, float] = {
        "data.samples and data.shape": images * pixels * 8,
        "data.shape and the number of noise levels": block * (2 * 4 * copies * pixels + training_memory(spec, pixels)),
        "data.shape and network.hidden": units * pixels * _WEIGHT + copies * (units + pixels) * 8,
        "data.samples, learners and noise levels": learners * images * copies * _METRICS * COPIES,
        "resamples and learners": spec.resamples * learners * _SUMMARIES * 8 * 5,
    }
    needs["data.samples, learners and array.tile"] = (
        images * _EVENTS * sum(_tiles(spec.learners[run.place], pixels) for run in spec.runs.values())
    )
    if any(learner.array.wires for learner in spec.learners):
        needs["array.wires with data.shape"] = SOLVER
    if "conductance" in spec.keep:
        lines = 4 if any(learner.array.column == "pair" for learner in spec.learners) else 2
        needs["keep: [conductance]"] = learners * images * pixels * lines * 8 * COPIES
    if WEIGHTS in spec.keep:
        numbers = sum(_numbers(spec.learners[run.place], pixels) for run in spec.runs.values())
        needs["keep: [weights] with data.samples, data.shape and learners"] = images * numbers * NUMBER * COPIES
    return needs


def _tiles(learner: LearnerSpec, pixels: int) -> int:
    """Tiles whose events are counted of the model of one image."""
    if learner.network is not None:
        return 0
    tile = learner.array.tile
    lines = len(TARGETS) * (2 if learner.array.column in (None, "pair") else 1)
    return 1 if tile is None else -(-pixels // tile[0]) * -(-(lines + 1) // tile[1])


def _numbers(learner: LearnerSpec, pixels: int) -> int:
    """Numbers that are kept of the model of one image."""
    if learner.network is not None:
        return (learner.network.hidden or len(TARGETS)) * (1 + len(TARGETS))
    lines = len(TARGETS) * (2 if learner.array.column in (None, "pair") else 1)
    return (lines + 1) * padded(pixels) * NUMBERS_OF_A_CELL
