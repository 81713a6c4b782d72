"""`memsim device`: the profile library and the check of one's own."""

from __future__ import annotations

import click

from memsim.cli.console import console, printable, table
from memsim.cli.fit import fit
from memsim.cli.group import Group


@click.group(cls=Group, short_help="List, show, check and fit device profiles.")
def device() -> None:
    """List, show, check and fit device profiles."""


@device.command("list")
def list_() -> None:
    """List the device profiles that come with memsim."""
    from memsim.profiles import device_names, load_device
    from memsim.units import format_quantity

    numbers = ("G_min", "G_max", "on/off", "pulses")
    rows = table("device", "title", *numbers, right=numbers)
    rows.columns[0].no_wrap = True
    for name in device_names():
        profile = load_device(name)
        window = profile.spec.conductance
        ratio = f"{window.max / window.min:.3g}" if window.min > 0 else "infinite"
        ends = (format_quantity(window.min, "S"), format_quantity(window.max, "S"))
        rows.add_row(name, printable(profile.title), *ends, ratio, str(profile.spec.update.pulses))
    console().print(rows)
    click.echo("\nUse one: memsim run physical-01 --device NAME. Print one: memsim device show NAME.")


@device.command(short_help="Print a profile with units, status and sources.")
@click.argument("name", metavar="NAME|FILE")
def show(name: str) -> None:
    """Print a profile: every number with its unit, its status and its source."""
    from memsim.profiles import load_device

    profile = load_device(name)
    screen = console()
    screen.print(printable(f"{profile.name}: {profile.title} ({profile.technology})"), style="bold")
    rows = table("field", "value", "status", "source")
    for row in profile.rows():
        rows.add_row(*map(printable, row))
    screen.print()
    screen.print(rows)
    screen.print()
    for key, source in profile.spec.sources.items():
        places = ", ".join(text for text in (source.where, f"doi:{source.doi}" if source.doi else None) if text)
        screen.print(printable(f"{key}: {source.cite}" + (f" ({places})" if places else "")), soft_wrap=True)
    if profile.spec.notes:
        screen.print(printable(profile.spec.notes))


@device.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
def validate(files: tuple[str, ...]) -> None:
    """Check profiles and print every problem with its file and line."""
    from memsim.document import DocumentError
    from memsim.errors import InputError
    from memsim.profiles import load_device

    problems: list[str] = []
    for file in files:
        try:
            profile = load_device(file)
        except DocumentError as error:
            problems += error.problems
        except InputError as error:
            problems.append(str(error))
        else:
            click.echo(printable(f"{file}: valid ({profile.name}, {len(profile.rows())} numbers)"))
    for problem in problems:
        click.echo(f"Error: {printable(problem)}", err=True)
    if problems:
        raise click.exceptions.Exit(2)


device.add_command(fit)
