"""Notes below the table of a result: what was changed, where the images come from, and how many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memsim.cli.console import console
from memsim.errors import printable
from memsim.experiments.schema import DataExperimentSpec
from memsim.results.dataset import require, stored
from memsim.results.evaluations import evaluations_of
from memsim.results.settings import any_settings_of, changes_of, device_values_of, task_of
from memsim.tasks.base import load_object

if TYPE_CHECKING:
    import xarray as xr


_MOST = 4
"""Devices whose values are printed."""


def print_notes(dataset: xr.Dataset, asked: int | None = None) -> None:
    """Print what a reader must know besides the numbers, the notes of the task first.

    Parameters
    ----------
    dataset : xarray.Dataset
        The result.
    asked : int, optional
        Number of images that the experiment names.
    """
    task = task_of(dataset)
    if task.print_notes is not None:
        load_object(task.print_notes)(dataset)
    print_origin(dataset, asked)


def print_origin(dataset: xr.Dataset, asked: int | None = None) -> None:
    """Print the notes of a run, what was changed in it, and where its images come from; see `print_notes`."""
    screen = console()
    for note in str(dataset.attrs.get("notes", "")).splitlines():
        screen.print(f"Note     {printable(note)}", soft_wrap=True)
    changes = ", ".join(f"{key}={value}" for key, value in changes_of(dataset).items())
    if changes:
        screen.print(f"Changed  {printable(changes)}", soft_wrap=True)
    images = str(dataset.attrs.get("images_sha256", ""))
    for step in evaluations_of(dataset)[-1:]:
        screen.print(f"Weights  {printable(step.in_words(images))}", soft_wrap=True)
    for text in _device_values(dataset):
        screen.print(f"Device   {printable(text)}", soft_wrap=True)
    if isinstance(any_settings_of(dataset), DataExperimentSpec):
        count = dataset.sizes.get("image", 0)
        fewer = f" ({count} found, {asked} asked for)" if asked is not None and 0 < count < asked else ""
        screen.print(f"Images   {printable(stored(dataset, 'images_source'))}{fewer}", soft_wrap=True)


def _device_values(dataset: xr.Dataset) -> list[str]:
    """Lines on the devices whose values were set, each once: its name and the values with their status."""
    compared = any_settings_of(dataset).COMPARED
    require(dataset, compared, "device")
    device = dict(zip(dataset[compared].values, dataset["device"].values, strict=True))
    values = device_values_of(dataset)
    lines = list(dict.fromkeys(f"{device.get(name, name)}: {text}" for name, text in values.items()))
    more = [f"and {len(lines) - _MOST} more, see the attribute device_values"] if len(lines) > _MOST else []
    return lines[:_MOST] + more
