"""What commands that compute a result share: their options, the files they write, and what they print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from memsim.cli import completion
from memsim.cli.targets import output_option, targets, write
from memsim.errors import printable

if TYPE_CHECKING:
    import xarray as xr

    from memsim.experiments.experiment import Experiment
    from memsim.storage.files import Writer

Command = TypeVar("Command", bound=Callable[..., None])


def change_options(command: Command) -> Command:
    """Add the options that change an experiment before it runs, see `changed_by_options`."""
    device = click.option(
        "--device",
        metavar="NAME|FILE",
        shell_complete=completion.devices,
        help="Build all arrays from this device (see: memsim device list).",
    )
    return setting_options(device(command))


def setting_options(command: Command) -> Command:
    """Add the options that change an experiment, without that of the device."""
    options = (
        click.option(
            "--set",
            "settings",
            multiple=True,
            metavar="KEY=VALUE",
            shell_complete=completion.keys,
            help="Change one field, e.g. --set learning.rate=0.1 (every learner that has it), "
            "--set 'learners.Hebbian Physical.learning.rate=0.1' (one), --set data.samples=10. May be repeated.",
        ),
        click.option(
            "--data",
            metavar="PATH",
            help="Use these images: a folder of PNG/JPEG files (16-bit PNG: KITTI depth), one file, or an .npy/.npz "
            "array; for classification a folder with MNIST, CIFAR-10 or a sub-folder for each class.",
        ),
        click.option("--seed", type=int, metavar="N", help="Seed of every random number except the images' own."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def output_options(command: Command) -> Command:
    """Add the options on where to compute, and what becomes of the result."""
    options = (
        click.option(
            "--backend",
            type=click.Choice(["auto", "cpu", "cuda"]),
            default="auto",
            show_default=True,
            help="Where to compute.",
        ),
        output_option(
            metavar="FILE",
            help="Result file; the figure goes beside it [default: results/NAME.nc, numbered].",
        ),
        click.option("--force", is_flag=True, help="Replace the files that -o names."),
        click.option("--no-figure", is_flag=True, help="Do not draw the figure."),
        click.option("-q", "--quiet", is_flag=True, help="Print only the path of the result."),
    )
    for option in reversed(options):
        command = option(command)
    return command


class Outputs:
    """Where a result goes; refused at once if it could not be written there.

    Parameters
    ----------
    stem : str
        Start of the names of numbered files.
    output : str or None
        The file that the user names.
    force, no_figure, quiet
        The options.
    """

    def __init__(self, stem: str, output: str | None, *, force: bool, no_figure: bool, quiet: bool) -> None:
        self._stem, self._force, self._no_figure, self.quiet = stem, force, no_figure, quiet
        self._paths = targets(output, (".nc",) if no_figure else (".nc", ".png"), stem, force)

    def write(self, dataset: xr.Dataset) -> list[Path]:
        """Write a result and its figure; their paths. Quiet, print that of the result."""
        from memsim.results.dataset import writer

        writers: dict[str, Writer] = {".nc": writer(dataset)}
        if not self._no_figure:
            from memsim.cli.figure import picture

            png = picture(dataset, Path("figure.png"))
            writers[".png"] = lambda path: path.write_bytes(png)
        paths = write(self._paths, self._stem, writers, self._force)
        if self.quiet:
            click.echo(printable(paths[0]))
        return paths

    @staticmethod
    def print_paths(paths: Sequence[Path]) -> None:
        """Print where a result and its figure are."""
        for what, path in zip(("Results", "Figure"), paths, strict=False):
            click.echo(f"{what:<8} {printable(path)}")

    def finish(self, dataset: xr.Dataset, experiment: Experiment) -> None:
        """Write the result of an experiment and its figure, and print its table, its notes and the paths."""
        paths = self.write(dataset)
        if self.quiet:
            return

        from memsim.cli.notes import print_notes
        from memsim.experiments.schema import DataExperimentSpec
        from memsim.tasks.base import load_object

        load_object(experiment.task.print_overview)(dataset)
        spec = experiment.spec
        print_notes(dataset, spec.data.samples if isinstance(spec, DataExperimentSpec) else None)
        self.print_paths(paths)


def changed_by_options(
    experiment: Experiment, settings: tuple[str, ...], device: str | None, data: str | None, seed: int | None = None
) -> Experiment:
    """An experiment with what options change: ``--set``, ``--device``, ``--data`` and ``--seed``."""
    from memsim.document import parse_value
    from memsim.experiments.keys import sets_value, whole_key
    from memsim.experiments.loading import parse_setting

    changes: dict[str, Any] = {}
    for text in settings:
        written, value = parse_setting(text)
        key = whole_key(written)
        changes.pop(key, None)  # the last one counts, in its place
        changes[key] = parse_value(value, f"--set {written}")
    values = {key: changes.pop(key) for key in list(changes) if sets_value(key)}
    experiment = experiment.replace(changes, origin="--set")
    for option, key, given in (
        ("--device", "array.device", device),
        ("--data", "data.source", data),
        ("--seed", "seed", seed),
    ):
        if given is not None:
            experiment = experiment.replace({key: given}, origin=option)
    return experiment.replace(values, origin="--set") if values else experiment
