"""`memsim run`: an experiment from its name to a table, a file and a figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from memsim.cli import completion
from memsim.cli.bar import progress
from memsim.cli.console import printable
from memsim.cli.loading import experiment_of
from memsim.cli.targets import targets, write

if TYPE_CHECKING:
    from memsim.experiments.experiment import Experiment
    from memsim.storage.files import Writer


@click.command(short_help="Run an experiment: metrics, result file, figure.")
@click.argument("experiment", metavar="NAME|FILE", shell_complete=completion.experiments)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    shell_complete=completion.keys,
    help="Change one field, e.g. --set learning.rate=0.1 (every learner that has it), "
    "--set 'learners.Hebbian Physical.learning.rate=0.1' (one), --set data.samples=10. May be repeated.",
)
@click.option(
    "--device",
    metavar="NAME|FILE",
    shell_complete=completion.devices,
    help="Build all arrays from this device (see: memsim device list).",
)
@click.option(
    "--data",
    metavar="PATH",
    help="Use these images: a folder of PNG/JPEG files (16-bit PNG: KITTI depth), one file, or an .npy/.npz array; "
    "for classification a folder with MNIST, CIFAR-10 or a sub-folder for each class.",
)
@click.option("--seed", type=int, metavar="N", help="Seed of every random number except the images' own.")
@click.option(
    "--backend", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True, help="Where to compute."
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Result file; the figure goes beside it [default: results/NAME.nc, numbered].",
)
@click.option("--force", is_flag=True, help="Replace the files that -o names.")
@click.option("--no-figure", is_flag=True, help="Do not draw the figure.")
@click.option("-q", "--quiet", is_flag=True, help="Print only the path of the result.")
def run(
    experiment: str,
    settings: tuple[str, ...],
    device: str | None,
    data: str | None,
    seed: int | None,
    backend: str,
    output: str | None,
    force: bool,
    no_figure: bool,
    quiet: bool,
) -> None:
    """Run an experiment: print its metrics, write its results and draw its figure.

    NAME is an experiment that comes with memsim (see: memsim list), FILE one of your own in YAML, or the .nc file of an
    earlier run, which is then repeated on the same images and gives the same numbers.

    \b
    Examples:
      memsim run physical-01
      memsim run physical-01 --device agsi-jo2010 --set array.column=reference
      memsim run physical-01 --data ~/kitti-depth --seed 7 -o kitti.nc
      memsim run results/physical-01.nc
    """
    chosen, images_sha256, notes = _experiment(experiment)
    chosen = _with_options(chosen, settings, device, data, seed)
    endings = (".nc",) if no_figure else (".nc", ".png")
    paths = targets(output, endings, chosen.name, force)

    from memsim.kernels.compile import spare_linear_algebra
    from memsim.results.dataset import writer
    from memsim.simulate import run as simulate

    spare_linear_algebra()

    with progress(quiet, chosen.task.progress, lines=True) as advance:
        how: dict[str, Any] = {"images_sha256": images_sha256, "notes": notes, "progress": advance}
        dataset = simulate(chosen, backend=backend, **how)
    writers: dict[str, Writer] = {".nc": writer(dataset)}
    if not no_figure:
        from memsim.cli.figure import picture

        png = picture(dataset, Path("figure.png"))
        writers[".png"] = lambda path: path.write_bytes(png)
    paths = write(paths, chosen.name, writers, force)
    if quiet:
        click.echo(printable(paths[0]))
        return

    from memsim.cli.notes import print_notes
    from memsim.experiments.schema import ImageExperimentSpec
    from memsim.tasks.base import load_object

    load_object(chosen.task.print_overview)(dataset)
    print_notes(dataset, chosen.spec.data.samples if isinstance(chosen.spec, ImageExperimentSpec) else None)
    for what, path in zip(("Results", "Figure"), paths, strict=False):
        click.echo(f"{what:<8} {printable(path)}")


def _experiment(name: str) -> tuple[Experiment, str | None, tuple[str, ...]]:
    """The experiment to run; when a result file is repeated, the hash its images must have, and notes."""
    if name.endswith(".nc"):
        from memsim.repeat import stored_experiment

        return stored_experiment(name)
    return experiment_of(name), None, ()


def _with_options(
    experiment: Experiment, settings: tuple[str, ...], device: str | None, data: str | None, seed: int | None
) -> Experiment:
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
