"""Names of devices in legends, rows and titles."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memsim.plotting.style import SMALL, fitted, lines_of, plain, text_width
from memsim.results.dataset import NO_DEVICE, require

if TYPE_CHECKING:
    import xarray as xr

DIGITAL = "digital"
"""Stands for the device of what runs on none, beside learners that run on one."""


@dataclass(frozen=True)
class DeviceNames:
    """The device of every learner of a result, or of every array.

    Attributes
    ----------
    labels : tuple of str
        Names of the learners.
    devices : tuple of str
        Names of their devices, "none" for learners on none.
    known : tuple of str
        Names of all devices of the learners that the figure shows.
    """

    labels: tuple[str, ...]
    devices: tuple[str, ...]
    known: tuple[str, ...]

    @property
    def heading(self) -> str:
        """Title of a legend: the device that is the only one; empty if there are none or several."""
        return f"device: {self.known[0]}" if len(self.known) == 1 else ""

    def label(self, number: int) -> str:
        """The label of a learner, with its device where they differ."""
        return self.of([number], self.labels[number])

    def row(self, number: int, width: float, size: float = SMALL, before: str = "") -> str:
        """As `label`, with a text in front, cut to a width [inch] in which the device stays whole."""
        text, addition = self.labels[number], plain(self._addition([number], self.labels[number]))
        return fitted(f"{before}{text}", width - text_width(addition, size), size) + addition

    def title(self, number: int, width: float, size: float = SMALL) -> str:
        """Title of the panel of a learner, see `title_of`."""
        return self.title_of([number], self.labels[number], width, size)

    def title_of(self, numbers: Iterable[int], text: str, width: float, size: float = SMALL) -> str:
        """As `of`, in at most two lines of a width [inch], of which the second ends with the device."""
        addition = self._addition(numbers, text)
        lines = lines_of(text + addition, width, size)
        if len(lines) <= 2:
            return "\n".join(lines)
        second = addition.removeprefix(", ") or lines_of(text, width, size)[-1]
        return f"{fitted(text, width, size)}\n{fitted(second, width, size)}"

    def of(self, numbers: Iterable[int], text: str) -> str:
        """A text about some learners, with their device if they have the same one and not all learners have it."""
        return text + self._addition(numbers, text)

    def _addition(self, numbers: Iterable[int], text: str) -> str:
        here = {self.devices[number] for number in numbers}
        if len(here) != 1 or not self.known:
            return ""
        (device,) = here
        if device == NO_DEVICE:
            return "" if _names(text, DIGITAL) else f", {DIGITAL}"
        return "" if len(self.known) == 1 or _names(text, device) else f", {device}"


def device_names(dataset: xr.Dataset, shown: Iterable[int] | None = None) -> DeviceNames:
    """The device of every learner of a result, or of every array.

    Parameters
    ----------
    dataset : xarray.Dataset
        A result.
    shown : iterable of int, optional
        Numbers of the learners that the figure shows; all by default.

    Raises
    ------
    OutputError
        If the result does not name them.
    """
    require(dataset, "device")
    dimension = str(dataset["device"].dims[0])
    labels = tuple(str(label) for label in dataset[dimension].values)
    devices = tuple(str(device) for device in dataset["device"].values)
    of_shown = devices if shown is None else [devices[number] for number in shown]
    return DeviceNames(labels, devices, tuple(name for name in dict.fromkeys(of_shown) if name != NO_DEVICE))


def _names(text: str, device: str) -> bool:
    """Whether a text has the name of a device as a whole word."""
    return re.search(rf"(?<![\w-]){re.escape(device)}(?![\w-])", text) is not None
