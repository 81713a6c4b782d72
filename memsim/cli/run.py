"""`memsim run`: an experiment from its name to a table, a file and a figure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from memsim.experiment import Experiment

RESULTS = Path("results")


@click.command(short_help="Run an experiment: metrics, result file, figure.")
@click.argument("experiment", metavar="NAME|FILE")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change one field, e.g. --set learning.rate=0.1 (every learner that has it), "
    "--set 'learners.Hebbian Physical.learning.rate=0.1' (one), --set data.samples=10. May be repeated.",
)
@click.option("--device", metavar="NAME|FILE", help="Build all arrays from this device (see: memsim device list).")
@click.option(
    "--data",
    metavar="PATH",
    help="Use these images: a folder of PNG/JPEG files (16-bit PNG: KITTI depth), one file, or an .npy/.npz array.",
)
@click.option("--seed", type=int, metavar="N", help="Seed of every random number except the scenes' own.")
@click.option(
    "--backend", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True, help="Where to compute."
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Result file [default: results/NAME.nc, numbered]."
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
    output: Path | None,
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
    from memsim.backends import resolve
    from memsim.results import check_target, numbered, save, write_atomically

    resolve(backend)
    chosen, images_sha256 = _experiment(experiment)
    chosen = _with_settings(chosen, settings, seed)
    endings = (".nc",) if no_figure else (".nc", ".png")
    if output is None:
        target = numbered(RESULTS, chosen.name, endings)
    else:
        target = output if output.suffix else output.with_suffix(".nc")
        if target.suffix != ".nc":
            raise click.UsageError(f"-o {output}: results are netCDF files; give a name that ends in .nc")
        for ending in endings:
            check_target(target.with_suffix(ending), force=force)

    from memsim.profiles import load_device
    from memsim.simulate import run as simulate

    profile = load_device(device) if device else None
    with _progress(quiet) as progress:
        dataset = simulate(
            chosen, device=profile, data=data, backend=backend, images_sha256=images_sha256, progress=progress
        )
    picture = None
    if not no_figure:
        from memsim.plotting import overview, render

        picture = render(overview(dataset), target.with_suffix(".png"))
    save(dataset, target, force=force)
    if picture is not None:
        write_atomically(target.with_suffix(".png"), picture, force=force)
    if quiet:
        click.echo(str(target))
        return

    from memsim.cli.table import print_metrics, print_notes

    print_metrics(dataset)
    print_notes(dataset, chosen)
    click.echo(f"Results  {target}")
    if picture is not None:
        click.echo(f"Figure   {target.with_suffix('.png')}")


def _experiment(name: str) -> tuple[Experiment, str | None]:
    """The experiment to run, and the hash its images must have when a result file is repeated."""
    if name.endswith(".nc"):
        from memsim.rerun import stored_experiment

        return stored_experiment(name)
    from memsim.experiment import load_experiment

    return load_experiment(name), None


def _with_settings(experiment: Experiment, settings: tuple[str, ...], seed: int | None) -> Experiment:
    from memsim.document import parse_value
    from memsim.experiment import parse_setting

    for text in settings:
        key, value = parse_setting(text)
        experiment = experiment.replace({key: parse_value(value, f"--set {key}")}, origin="--set")
    if seed is not None:
        experiment = experiment.replace({"seed": seed}, origin="--seed")
    return experiment


def _progress(quiet: bool) -> Any:
    """Context that yields the progress callback, drawing a bar only on a terminal."""
    import contextlib
    import sys

    if quiet or not sys.stderr.isatty():
        return contextlib.nullcontext()

    from memsim.cli.bar import progress_bar

    return progress_bar()
