"""`memsim list`, `show` and `plot`: what there is, what it says, what it looks like."""

from __future__ import annotations

from pathlib import Path

import click

from memsim.cli.console import console, printable, table


@click.command("list", short_help="List the experiments that come with memsim.")
def list_() -> None:
    """List the experiments that come with memsim."""
    from memsim.experiment import experiment_names, load_experiment

    rows = table("experiment", "title", "learners", right=("learners",))
    rows.columns[0].no_wrap = True
    for name in experiment_names():
        spec = load_experiment(name).spec
        rows.add_row(name, printable(spec.title), str(len(spec.labels)))
    console().print(rows)
    click.echo("\nRun one: memsim run NAME. Print one: memsim show NAME.")


@click.command(short_help="Print an experiment, or the metrics of a result.")
@click.argument("name", metavar="NAME|FILE")
def show(name: str) -> None:
    """Print an experiment's YAML, or the metrics and the provenance of a result file (.nc).

    \b
    Examples:
      memsim show physical-01 > my.yaml     (change it, then: memsim run my.yaml)
      memsim show results/physical-01.nc
    """
    if not name.endswith(".nc"):
        from memsim.experiment import load_experiment
        from memsim.library import find

        load_experiment(name)
        click.echo(find("experiments", name).read_text(encoding="utf-8-sig").rstrip())
        return
    from memsim.cli.table import print_metrics, print_notes
    from memsim.results import load

    dataset = load(name)
    print_metrics(dataset)
    print_notes(dataset)
    screen = console()
    for key in ("seed", "backend", "created", "memsim_version", "python_version", "machine", "images_sha256"):
        if key in dataset.attrs:
            screen.print(f"{key:<16} {printable(dataset.attrs[key])}", soft_wrap=True)
    sizes = ", ".join(f"{dimension} {size}" for dimension, size in dataset.sizes.items())
    screen.print(f"{'dimensions':<16} {printable(sizes)}", soft_wrap=True)


@click.command(short_help="Draw the figure of a result.")
@click.argument("result", metavar="FILE.nc", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    metavar="FIGURE",
    help="A .png, .pdf or .svg file [default: FILE.png beside the result, numbered].",
)
@click.option("--force", is_flag=True, help="Replace the file that -o names.")
def plot(result: Path, output: str | None, force: bool) -> None:
    """Draw the figure of a result file: images, learned conductances, and metrics against noise."""
    from memsim.cli.figure import picture
    from memsim.files import check_target, numbered, write_files, write_numbered
    from memsim.plotting import check_format
    from memsim.results import load

    target = Path(output) if output is not None else None
    if target is not None:
        check_format(target)
        check_target(target, force=force)
    dataset = load(result)
    if target is None:
        numbered(result.parent, result.stem, (".png",))
    content = picture(dataset, target or Path("figure.png"))
    if target is None:
        (target,) = write_numbered(result.parent, result.stem, {".png": lambda path: path.write_bytes(content)})
    else:
        write_files({target: lambda path: path.write_bytes(content)}, force=force)
    click.echo(printable(target))
