"""`memsim run`: an experiment from its name to a table, a file and a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from memsim.cli import completion
from memsim.cli.bar import progress
from memsim.cli.loading import experiment_of
from memsim.cli.results import Outputs, change_options, changed_by_options, output_options

if TYPE_CHECKING:
    from memsim.experiments.experiment import Experiment


@click.command(short_help="Run an experiment: metrics, result file, figure.")
@click.argument("experiment", metavar="NAME|FILE", shell_complete=completion.experiments)
@change_options
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
