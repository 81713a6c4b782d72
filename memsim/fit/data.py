"""Measured pulses: sweeps of reads with a pulse between two, of one or many devices; how they are split and scaled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from memsim.errors import DataError
from memsim.fit.filter import Series
from memsim.fit.models import BRANCHES

FEWEST = 20
"""Reads of each direction that a fit needs."""
MOST = 500_000
"""Pulses that a fit takes, those between two reads included."""
_BLOCKS = 10


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
        Conductance [S] or normalised weight, (pulse,); nan where no read was made between pulses.
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
        What reading the file understood that the user should know.
    """

    name: str
    sweeps: tuple[Sweep, ...]
    unit: str | None
    notes: tuple[str, ...] = ()

    @classmethod
    def checked(cls, name: str, sweeps: Sequence[Sweep], unit: str | None) -> PulseData:
        """Data that a fit can use.

        Raises
        ------
        DataError
            A direction is missing or has too few reads, nothing changes, or there are too many pulses.
        """
        counts = [sum(int(np.isfinite(s.value).sum()) for s in sweeps if s.branch == b) for b in range(2)]
        for b, count in enumerate(counts):
            if count == 0:
                raise DataError(
                    f"{name}: only {BRANCHES[1 - b]} pulses ({counts[1 - b]} reads); a fit needs both directions: add "
                    f"{BRANCHES[b]} pulses"
                )
        for b, count in enumerate(counts):
            if count < FEWEST:
                raise DataError(f"{name}: {count} reads of {BRANCHES[b]} pulses; at least {FEWEST} are needed")
        long = tuple(s for s in sweeps if np.isfinite(s.value).sum() >= 2)
        for b in range(2):
            if not any(s.branch == b for s in long):
                raise DataError(f"{name}: no two successive reads of {BRANCHES[b]} pulses in the same sweep")
        total = sum(len(s.value) for s in long)
        if total > MOST:
            raise DataError(f"{name}: {total:,} pulses; at most {MOST:,} are fitted: take fewer devices or cycles")
        values = np.concatenate([s.value for s in long])
        if np.nanmax(values) == np.nanmin(values):
            raise DataError(f"{name}: all reads are {np.nanmin(values):g}; nothing changes")
        return cls(name, long, unit)

    @property
    def devices(self) -> list[str]:
        """Names of the devices, in the order of the file."""
        return list(dict.fromkeys(s.device for s in self.sweeps))

    @property
    def reads(self) -> int:
        """Number of reads."""
        return int(sum(np.isfinite(s.value).sum() for s in self.sweeps))

    @property
    def origin(self) -> float:
        """Smallest read, in the data's unit: 0 of the fit's scale."""
        return float(min(np.nanmin(s.value) for s in self.sweeps))

    @property
    def span(self) -> float:
        """Largest read minus smallest, in the data's unit: 1 of the fit's scale."""
        return float(max(np.nanmax(s.value) for s in self.sweeps)) - self.origin

    @property
    def resolution(self) -> float:
        """Step to which the reads were rounded, in the data's unit; 0 where they do not repeat."""
        values = np.concatenate([s.value[np.isfinite(s.value)] for s in self.sweeps])
        near = np.unique(np.round((values - self.origin) / self.span, 9))
        return float(np.diff(near).min()) * self.span if 2 <= len(near) <= len(values) / 2 else 0.0

    def average_step(self, branch: int) -> float:
        """Average change of a pulse in its own direction, as a share of the span; never quite 0."""
        sign = 1.0 if branch == 0 else -1.0
        gone, pulses = 0.0, 0
        for s in self.sweeps:
            if s.branch == branch:
                ends = s.value[np.isfinite(s.value)]
                few = max(1, len(ends) // 10)
                gone += sign * (ends[-few:].mean() - ends[:few].mean())
                pulses += len(s.value) - few
        return float(np.clip(gone / max(pulses, 1) / self.span, 1e-5, 0.5))

    def series(self) -> Series:
        """The sweeps as the filter takes them, scaled to 0 to 1."""
        names = self.devices
        value = np.concatenate([(s.value - self.origin) / self.span for s in self.sweeps])
        stop = np.cumsum([len(s.value) for s in self.sweeps])
        start = stop - [len(s.value) for s in self.sweeps]
        seen = np.isfinite(value)
        return Series(
            np.where(seen, value, 0.0),
            seen,
            start,
            stop,
            np.array([s.branch for s in self.sweeps]),
            np.array([names.index(s.device) for s in self.sweeps]),
        )

    def held_out(self) -> tuple[np.ndarray, str]:
        """Which points of `series` a model is not shown when it is judged by predicting them, and how they were chosen.

        Every second sweep of a direction where each device has several, else every second tenth of each sweep.
        """
        turns: dict[tuple[str, int], int] = {}
        for s in self.sweeps:
            turns[s.device, s.branch] = turns.get((s.device, s.branch), 0) + 1
        hidden, counted = [], dict.fromkeys(turns, 0)
        whole = min(turns.values()) >= 2
        for s in self.sweeps:
            count = len(s.value)
            if whole:
                key = (s.device, s.branch)
                hidden.append(np.full(count, counted[key] % 2 == 1))
                counted[key] += 1
            else:
                hidden.append(np.arange(count) * _BLOCKS // count % 2 == 1)
        how = "every second sweep" if whole else "every second tenth of each sweep"
        return np.concatenate(hidden), how
