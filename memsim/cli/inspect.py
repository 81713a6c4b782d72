"""`memsim list`, `show` and `plot`: what there is, what it says, what it looks like."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("list", short_help="List the experiments that come with memsim.")
def list_() -> None:
    """List the experiments that come with memsim."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from memsim.experiment import experiment_names, load_experiment

    table = Table(box=SIMPLE)
    table.add_column("experiment", no_wrap=True)
    table.add_column("title")
    table.add_column("learners")
    for name in experiment_names():
        spec = load_experiment(name).spec
        table.add_row(name, escape(spec.title), escape(", ".join(learner.name for learner in spec.learners)))
    Console(highlight=False).print(table)
    click.echo("Run one with: memsim run NAME     print one with: memsim show NAME")


@click.command(short_help="Print an experiment, or the metrics of a result.")
@click.argument("name", metavar="NAME|FILE")
def show(name: str) -> None:
    """Print an experiment's YAML, or the metrics and the provenance of a result file (.nc)."""
    if not name.endswith(".nc"):
        from memsim.experiment import load_experiment
        from memsim.library import find

        load_experiment(name)
        click.echo(find("experiments", name).read_text(encoding="utf-8").rstrip())
        return
    from memsim.cli.table import print_metrics
    from memsim.results import load

    dataset = load(name)
    print_metrics(dataset)
    for key, value in dataset.attrs.items():
        text = str(value)
        if "\n" in text or len(text) > 200:
            continue
        click.echo(f"{key:<16} {text}")
    sizes = ", ".join(f"{dimension} {size}" for dimension, size in dataset.sizes.items())
    click.echo(f"{'dimensions':<16} {sizes}")


@click.command(short_help="Draw the figure of a result.")
@click.argument("result", metavar="FILE.nc", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FIGURE", help="A .png, .pdf or .svg file.")
@click.option("--force", is_flag=True, help="Replace the file that -o names.")
def plot(result: Path, output: Path | None, force: bool) -> None:
    """Draw the figure of a result file: images, learned conductances, and metrics against noise."""
    from memsim.plotting import overview, render
    from memsim.results import check_target, load, numbered, write_atomically

    dataset = load(result)
    target = output or numbered(result.parent, result.stem, (".png",))
    if output is not None:
        check_target(target, force=force)
    click.echo(str(write_atomically(target, render(overview(dataset), target), force=force)))
