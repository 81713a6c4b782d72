"""Measured pulses: sweeps of reads with a pulse between two, of one or many devices; how they are split and scaled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from memsim.errors import DataError
from memsim.fit.pulses.axis import Axis
from memsim.fit.pulses.filter import Series
from memsim.fit.pulses.models import BRANCHES
from memsim.fit.pulses.resumed import Turn, go_on, turn_of
from memsim.fit.rounding import step_of
from memsim.units import format_quantity

FEWEST = 20
"""Reads of each direction that a fit needs."""
MOST = 500_000
"""Pulses that a fit takes, those between two reads included."""
_LEAST_SHOWN = 0.25
"""Share of the reads of a device and a direction that is at least shown, and hidden, to judge a model."""
_BLOCKS = 10
_COPIED = 8
"""Different reads of a sweep that are those of another one by no chance."""


@dataclass(frozen=True)
class Sweep:
    """Reads after successive pulses of one direction.

    Attributes
    ----------
    device, cycle : str
        Which device, and which turn of set and reset pulses.
    branch : int
        0 for set pulses, 1 for reset pulses.
    value : ndarray
        Conductance [S] or normalised weight, (pulse,); nan where no read was made between pulses. The first and the
        last value are reads.
    follows : bool
        Whether its first pulse acts on the state of the last read of the sweep before it.
    """

    device: str
    cycle: str
    branch: int
    value: np.ndarray
    follows: bool = False


@dataclass(frozen=True)
class PulseData:
    """Sweeps of a measurement.

    Attributes
    ----------
    name : str
        Name of the file.
    sweeps : tuple of Sweep
        In the order of the file.
    unit : str or None
        "S", or None for normalised weights.
    notes : tuple of str
        What the reader of the table decided by itself.
    read_voltage : float or None
        Voltage of all reads [V]; None where the table has none, or several.
    """

    name: str
    sweeps: tuple[Sweep, ...]
    unit: str | None
    notes: tuple[str, ...] = ()
    read_voltage: float | None = None

    @classmethod
    def checked(cls, name: str, sweeps: Sequence[Sweep], unit: str | None, notes: Sequence[str] = ()) -> PulseData:
        """Data that a fit can use.

        Raises
        ------
        DataError
            A direction of all devices or of one is missing or has too few reads, nothing changes, or there are too many
            pulses.
        """
        counts = _reads_of(sweeps)
        for b, count in enumerate(counts):
            if count == 0:
                raise DataError(
                    f"{name}: only {BRANCHES[1 - b]} pulses ({counts[1 - b]} reads); a fit needs both directions: add "
                    f"{BRANCHES[b]} pulses"
                )
        _check_directions(name, sweeps)
        trains = [train for train in _trains(sweeps) if sum(_reads_of(train)) >= 2]
        used = tuple(s for train in trains for s in train)
        left = _reads_of(used)
        for b, count in enumerate(left):
            if count < FEWEST:
                alone = f" beside {counts[b] - count} alone in their trains" if counts[b] > count else ""
                raise DataError(f"{name}: {count} reads of {BRANCHES[b]} pulses{alone}; at least {FEWEST} are needed")
        steps = [increments(trains, branch) for branch in range(2)]
        for b, (change, _) in enumerate(steps):
            if not len(change):
                raise DataError(f"{name}: no two successive reads of {BRANCHES[b]} pulses in the same sweep")
        single = sum(counts) - sum(left)
        if single:
            words = "reads alone in trains are" if single > 1 else "read alone in a train is"
            notes = (*notes, f"{single} {words} left out")
        notes = (*notes, *_copies(name, used))
        total = sum(len(s.value) for s in used)
        if total > MOST:
            raise DataError(f"{name}: {total:,} pulses; at most {MOST:,} are fitted: take fewer devices or cycles")
        values = np.concatenate([s.value for s in used])
        levels = np.unique(values[np.isfinite(values)])
        if len(levels) == 1:
            raise DataError(f"{name}: all reads are {levels[0]:g}; nothing changes")
        if len(levels) == 2:
            raise DataError(
                f"{name}: the reads have two values, {levels[0]:g} and {levels[1]:g}; the models need gradual steps"
            )
        _check_changes(name, used, unit or "1")
        return cls(name, used, unit, tuple(notes))

    @property
    def devices(self) -> list[str]:
        """Names of the devices, in the order of the file."""
        return list(dict.fromkeys(s.device for s in self.sweeps))

    @property
    def reads(self) -> int:
        """Number of reads."""
        return int(sum(np.isfinite(s.value).sum() for s in self.sweeps))

    @property
    def trains(self) -> list[tuple[Sweep, ...]]:
        """Sweeps that follow one another without a gap, in the order of the file."""
        return _trains(self.sweeps)

    @cached_property
    def cycle_of(self) -> np.ndarray:
        """Number of the cycle of every point of `series`; those of all devices are numbered together (point,)."""
        numbers = {name: n for n, name in enumerate(dict.fromkeys((s.device, s.cycle) for s in self.sweeps))}
        return np.concatenate([np.full(len(s.value), numbers[s.device, s.cycle]) for s in self.sweeps])

    @cached_property
    def resumed(self) -> np.ndarray:
        """Whether each train begins where an unfinished one of the other direction ended (train,); see `resumed`."""
        trains = self.trains
        turns: tuple[dict[int, Turn], ...] = ({}, {})
        for i, (train, following) in enumerate(pairwise(trains), 1):
            before, after = train[-1], following[0]
            turn = turn_of(before.value, after.value, before.branch)
            if before.device == after.device and before.branch != after.branch and turn is not None:
                turns[before.branch][i] = turn
        result = np.zeros(len(trains), bool)
        for of_branch in turns:
            result[list(of_branch)] = go_on(list(of_branch.values()))
        return result

    @cached_property
    def axis(self) -> Axis:
        """The linear axis from the smallest read to the largest."""
        return Axis(
            float(min(np.nanmin(s.value) for s in self.sweeps)), float(max(np.nanmax(s.value) for s in self.sweeps))
        )

    @cached_property
    def resolution(self) -> float:
        """Step to which the reads were rounded, in the data's unit; 0 where they do not repeat."""
        values = np.concatenate([s.value[np.isfinite(s.value)] for s in self.sweeps])
        return step_of(np.round(self.axis.scaled(values), 9)) * self.axis.span

    def average_step(self, branch: int) -> float:
        """Average change of a pulse in its own direction, as a share of the span; never quite 0."""
        sign = 1.0 if branch == 0 else -1.0
        change, pulses = increments(self.trains, branch)
        return float(np.clip(sign * change.sum() / pulses.sum() / self.axis.span, 1e-5, 0.5))

    def series(self, axis: Axis) -> Series:
        """The trains as the filter takes them, on an axis."""
        names, trains = self.devices, self.trains
        value = np.concatenate([axis.scaled(s.value) for s in self.sweeps])
        counts = np.array([sum(len(s.value) for s in train) for train in trains])
        stop = np.cumsum(counts)
        observed = np.isfinite(value)
        return Series(
            np.where(observed, value, 0.0),
            observed,
            np.concatenate([np.full(len(s.value), s.branch) for s in self.sweeps]),
            stop - counts,
            stop,
            np.array([names.index(train[0].device) for train in trains]),
            self.resumed,
        )

    def held_out(self) -> tuple[np.ndarray, str]:
        """Which points of `series` a model is not shown when it is judged by predicting them, and how they were chosen.

        Every second sweep of a direction where that leaves each device enough reads of each direction, else every
        second tenth of each sweep.
        """
        turns: dict[tuple[str, int], int] = {}
        hidden = []
        for s in self.sweeps:
            turn = turns[s.device, s.branch] = turns.get((s.device, s.branch), -1) + 1
            hidden.append(np.full(len(s.value), turn % 2 == 1))
        if all(_LEAST_SHOWN <= share <= 1 - _LEAST_SHOWN for share in self._shares(hidden)):
            return np.concatenate(hidden), "every second sweep"
        blocks = [np.arange(len(s.value)) * _BLOCKS // len(s.value) % 2 == 1 for s in self.sweeps]
        return np.concatenate(blocks), "every second tenth of each sweep"

    def _shares(self, hidden: list[np.ndarray]) -> list[float]:
        """Shares of the reads of each device and direction that are hidden; `hidden` has an array for each sweep."""
        reads: dict[tuple[str, int], list[np.ndarray]] = {}
        for s, out in zip(self.sweeps, hidden, strict=True):
            reads.setdefault((s.device, s.branch), []).append(out[np.isfinite(s.value)])
        return [float(np.concatenate(parts).mean()) for parts in reads.values()]


def _reads_of(sweeps: Sequence[Sweep]) -> list[int]:
    """Number of reads of set and of reset pulses."""
    return [sum(int(np.isfinite(s.value).sum()) for s in sweeps if s.branch == branch) for branch in range(2)]


def _check_directions(name: str, sweeps: Sequence[Sweep]) -> None:
    """Refuse a device with one direction among others."""
    has: dict[str, set[int]] = {}
    for sweep in sweeps:
        has.setdefault(sweep.device, set()).add(sweep.branch)
    alone = {device: min(branches) for device, branches in has.items() if len(branches) == 1}
    if not alone:
        return
    words = [f"device {device} has only {BRANCHES[branch]} pulses" for device, branch in alone.items()]
    if len(has) == 2 and len(set(alone.values())) == 2:
        raise DataError(
            f'{name}: {" and ".join(words)}; if they are directions of one device, say so with columns="device = 1"'
        )
    raise DataError(
        f"{name}: {words[0]}, others have both directions; leave it out, or give both directions of a device one name"
    )


def _check_changes(name: str, sweeps: Sequence[Sweep], unit: str) -> None:
    """Refuse a direction, or a device, whose reads are all equal."""
    for branch in range(2):
        level = _only_level([s for s in sweeps if s.branch == branch])
        if level is not None:
            raise DataError(
                f"{name}: all reads of {BRANCHES[branch]} pulses are {format_quantity(level, unit, 4)}; either the "
                "pulses change nothing, or the column holds no reads"
            )
    for device in dict.fromkeys(s.device for s in sweeps):
        own = [s for s in sweeps if s.device == device]
        level = _only_level(own)
        if level is not None:
            raise DataError(
                f"{name}: all {sum(_reads_of(own))} reads of device {device} are {format_quantity(level, unit, 4)}; "
                "leave out a cell that is stuck"
            )


def _only_level(sweeps: Sequence[Sweep]) -> float | None:
    """The value of all reads; None where they differ."""
    low, high = min(float(np.nanmin(s.value)) for s in sweeps), max(float(np.nanmax(s.value)) for s in sweeps)
    return low if low == high else None


def _copies(name: str, sweeps: Sequence[Sweep]) -> list[str]:
    """A note on the first sweep whose reads are, to the last digit, those of an earlier sweep.

    Raises
    ------
    DataError
        These reads scatter: one of the sweeps is a copy.
    """
    earlier: dict[tuple[int, bytes], Sweep] = {}
    for sweep in sweeps:
        other = earlier.setdefault((sweep.branch, sweep.value.tobytes()), sweep)
        reads = sweep.value[np.isfinite(sweep.value)]
        if other is sweep or len(np.unique(reads)) < _COPIED:
            continue
        same = (
            f"{BRANCHES[sweep.branch]} sweeps of device {other.device}, cycle {other.cycle} and device {sweep.device}, "
            f"cycle {sweep.cycle} have the same {len(reads)} reads"
        )
        steps = np.sign(np.diff(reads))
        if (steps > 0).any() and (steps < 0).any():
            raise DataError(f"{name}: the {same}, to the last digit; leave the copy out")
        return [f"the {same}: if one is a copy, leave it out"]
    return []


def _trains(sweeps: Sequence[Sweep]) -> list[tuple[Sweep, ...]]:
    trains: list[list[Sweep]] = []
    for sweep in sweeps:
        if sweep.follows and trains and trains[-1][-1].device == sweep.device:
            trains[-1].append(sweep)
        else:
            trains.append([sweep])
    return [tuple(train) for train in trains]


def increments(trains: Sequence[Sequence[Sweep]], branch: int) -> tuple[np.ndarray, np.ndarray]:
    """Changes between successive reads of one direction (change,), and the numbers of pulses between them (change,)."""
    changes, pulses = [np.empty(0)], [np.empty(0, int)]
    for train in trains:
        before: float | None = None
        for sweep in train:
            value = sweep.value if before is None else np.concatenate([[before], sweep.value])
            at = np.flatnonzero(np.isfinite(value))
            before = float(value[at[-1]])
            if sweep.branch == branch:
                changes.append(np.diff(value[at]))
                pulses.append(np.diff(at))
    return np.concatenate(changes), np.concatenate(pulses)
