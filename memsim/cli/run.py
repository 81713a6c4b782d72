"""`memsim run`: an experiment from its name to a table, a file and a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from memsim.cli import completion
from memsim.cli.bar import progress
from memsim.cli.loading import experiment_of
from memsim.cli.results import Outputs, changed_by_options, output_options

if TYPE_CHECKING:
    from memsim.experiments.experiment import Experiment


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
@output_options
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
    chosen = changed_by_options(chosen, settings, device, data, seed)
    outputs = Outputs(chosen.name, output, force=force, no_figure=no_figure, quiet=quiet)

    from memsim.kernels.compile import spare_linear_algebra
    from memsim.simulate import run as simulate

    spare_linear_algebra()

    with progress(quiet, chosen.task.progress, lines=True) as advance:
        how: dict[str, Any] = {"images_sha256": images_sha256, "notes": notes, "progress": advance}
        dataset = simulate(chosen, backend=backend, **how)
    outputs.finish(dataset, chosen)


def _experiment(name: str) -> tuple[Experiment, str | None, tuple[str, ...]]:
    """The experiment to run; when a result file is repeated, the hash its images must have, and notes."""
    if name.endswith(".nc"):
        from memsim.repeat import stored_experiment

        return stored_experiment(name)
    return experiment_of(name), None, ()
