"""Memory that a run will need, estimated and compared with the machine's before anything is allocated."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from memsim.errors import InputError
from memsim.memorise_schema import DataSpec, MemoriseSpec

if TYPE_CHECKING:
    from memsim.classify_schema import ClassifySpec
    from memsim.select_schema import SelectSpec

BLOCK = 1 << 26
"""Largest block of corrupted images held at once, unless one image alone takes more [byte]."""

_CGROUP = Path("/sys/fs/cgroup")
_SHARE = 0.5  # of free memory that images done at once may take
_METRICS = 70  # bytes a reading of one image takes in the results on (image, noise_type, noise_level), assumed
_SUMMARIES = 20  # metrics of a learner whose means over images have intervals
_COPIES = 3  # of results while they are joined, summarised and written, assumed
_CELL = 100  # bytes a cell takes while it learns: state, parameters, draws and their temporaries, assumed
_KEPT = 12  # bytes a cell of a trained classifier keeps; up to 11 measured with 8.4 million cells of float32
_TAUGHT = 40  # bytes more that a cell of a classifier takes while it learns or is measured; up to 23 measured
_WIRED = 60  # bytes a cell takes while its effective conductance is found: what is solved, found and kept, assumed
_SOLVER = 1 << 29  # bytes of the wire solver at work, assumed: about a hundred a cell and right-hand side
_NODE = 400  # bytes a cell of an array takes while its circuit is solved; up to 190 measured
_WEIGHT = 30  # bytes a first-layer weight takes: itself, its draw and their temporaries, assumed


def images_at_once(pixels: int, copies: int, taught: float = 0.0, card: float = math.inf) -> int:
    """How many images are done at once; at least 1.

    Their corrupted copies fit into `BLOCK`, and they and what learns them into half of the memory that is free now. No
    result depends on it.

    Parameters
    ----------
    pixels, copies : int
        Of an image.
    taught : float
        Memory that what learns it takes [byte], see `taught`.
    card : float
        Free memory of the card that computes [byte], if one does.
    """
    size = pixels * 4 * copies
    return max(1, min(BLOCK // size, int(_SHARE * min(free_memory(), card) / (2 * size + taught))))


def taught(spec: MemoriseSpec, pixels: int) -> float:
    """Memory that the arrays which learn an image take [byte]."""
    lines = 4 if any(learner.array.column == "pair" for learner in spec.learners) else 2
    wired = (lines + 1) * _WIRED if any(learner.array.wires for learner in spec.learners) else 0
    return pixels * (lines * _CELL + wired)


def require_memory(spec: MemoriseSpec, data: DataSpec, images: int) -> None:
    """Refuse an experiment whose results or images would not fit into this machine's memory.

    Parameters
    ----------
    spec : MemoriseSpec
        The settings.
    data : DataSpec
        The images of one run of its sweep.
    images : int
        How many there are.

    Raises
    ------
    InputError
        Says how much is needed, how much there is, and which settings take it.
    """
    pixels = data.shape[0] * data.shape[1]
    copies = len(spec.levels) * len(spec.corruptions)
    learners = len(spec.labels)
    block = min(images, images_at_once(pixels, copies, taught(spec, pixels)))
    units = max((learner.network.hidden for learner in spec.learners if learner.network), default=0)
    needs = {
        "data.samples and data.shape": images * pixels * 8,
        "data.shape and the number of noise levels": block * (2 * 4 * copies * pixels + taught(spec, pixels)),
        "data.shape and network.hidden": units * pixels * _WEIGHT + copies * (units + pixels) * 8,
        "data.samples, learners and noise levels": learners * images * copies * _METRICS * _COPIES,
        "resamples and learners": spec.resamples * learners * _SUMMARIES * 8 * 5,
    }
    if any(learner.array.wires for learner in spec.learners):
        needs["array.wires with data.shape"] = _SOLVER
    if "conductance" in spec.keep:
        lines = 4 if any(learner.array.column == "pair" for learner in spec.learners) else 2
        needs["keep: [conductance]"] = learners * images * pixels * lines * 8 * _COPIES
    _require(needs)


def require_class_memory(spec: ClassifySpec, shape: tuple[int, ...], tested: int, classes: Sequence[str]) -> None:
    """Refuse a classification whose arrays or outputs would not fit into this machine's memory.

    Parameters
    ----------
    spec : ClassifySpec
        The settings.
    shape : (image, y, x)
        Of the training images.
    tested : int
        Number of test images.
    classes : sequence of str
        Their classes.

    Raises
    ------
    InputError
        Says how much is needed, how much there is, and which settings take it.
    """
    count, pixels = shape[0], math.prod(shape[1:])
    learners = [spec.learners[run.place] for run in spec.runs.values()]
    columns = [max(len(classes), learner.features.units if learner.features else 0) for learner in learners]
    cells = [spec.seeds * pixels * 2 * count for count in columns]
    needs = {
        "data.samples and data.shape": count * pixels * 4 * _COPIES,
        "data.shape, features.units, seeds and learners": sum(cells) * _KEPT + max(cells) * _TAUGHT,
        "seeds, data.samples and noise levels": spec.seeds * len(spec.levels) * tested * len(classes) * 4 * _COPIES,
    }
    if any(learner.array.wires for learner in learners):
        needs["array.wires with seeds and data.shape"] = max(cells) * _WIRED + _SOLVER
    _require(needs)


def require_select_memory(spec: SelectSpec) -> None:
    """Refuse reads of passive arrays whose circuits or results would not fit into this machine's memory.

    Raises
    ------
    InputError
        Says how much is needed, how much there is, and which settings take it.
    """
    results = len(spec.labels) * len(spec.schemes) * 8 * _COPIES
    needs = {
        "lines": spec.lines[-1] ** 2 * (_NODE + 8 * len(spec.backgrounds)),
        "arrays, schemes and map_lines": results * spec.map_lines**2,
        "arrays, lines and random_backgrounds": results * len(spec.lines) * spec.reads * 8,
    }
    _require(needs)


def _require(needs: Mapping[str, float]) -> None:
    needed, available = sum(needs.values()), memory()
    if needed > available:
        largest = max(needs, key=lambda name: needs[name])
        raise InputError(
            f"this run needs about {needed / 2**30:.3g} GiB of memory, this machine has {available / 2**30:.3g} GiB; "
            f"make less of {largest}"
        )


def memory() -> float:
    """Memory that this process may use [byte]: the machine's, or its container's if that is less."""
    try:
        total = float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return float("inf")
    return min(total, _container()[0])


def free_memory() -> float:
    """Memory that this process may still take [byte]: the machine's, or its container's if that is less."""
    limit, used = _container()
    try:
        (line,) = (row for row in Path("/proc/meminfo").read_text().splitlines() if row.startswith("MemAvailable:"))
        free = 1024.0 * int(line.split()[1])
    except (OSError, ValueError, IndexError):
        free = memory()
    return max(0.0, min(free, limit - used))


def _container() -> tuple[float, float]:
    """Memory that the container may use, without end if there is none, and what it uses, less cached files [byte]."""
    try:
        limit, used = (float((_CGROUP / f"memory.{name}").read_text()) for name in ("max", "current"))
        stat = dict(row.split() for row in (_CGROUP / "memory.stat").read_text().splitlines())
        return limit, used - float(stat.get("inactive_file", 0))
    except (OSError, ValueError):
        return float("inf"), 0.0
