"""`memsim device`: the profile library and the check of one's own."""

from __future__ import annotations

import click


@click.group(short_help="List, show and check device profiles.")
def device() -> None:
    """List, show and check device profiles."""


@device.command("list")
def list_() -> None:
    """List the device profiles that come with memsim."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from memsim.profiles import device_names, load_device
    from memsim.units import format_quantity

    table = Table(box=SIMPLE)
    table.add_column("device", no_wrap=True)
    table.add_column("title")
    for heading in ("G_min", "G_max", "on/off", "pulses"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name in device_names():
        profile = load_device(name)
        window = profile.spec.conductance
        ratio = f"{window.max / window.min:.3g}" if window.min > 0 else "infinite"
        ends = (format_quantity(window.min, "S"), format_quantity(window.max, "S"))
        table.add_row(name, escape(profile.title), *ends, ratio, str(profile.spec.update.pulses))
    Console(highlight=False).print(table)
    click.echo("Use one with: memsim run physical-01 --device NAME     print one with: memsim device show NAME")


@device.command()
@click.argument("name", metavar="NAME|FILE")
def show(name: str) -> None:
    """Print a profile: every number with its unit, its status and its source."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from memsim.profiles import load_device

    profile = load_device(name)
    console = Console(highlight=False)
    table = Table(box=SIMPLE, title=escape(f"{profile.name}: {profile.title} ({profile.technology})"), title_justify="left")
    for heading in ("field", "value", "status", "source"):
        table.add_column(heading)
    for row in profile.rows():
        table.add_row(*(escape(text) for text in row))
    console.print(table)
    for key, source in profile.spec.sources.items():
        places = ", ".join(text for text in (source.where, f"doi:{source.doi}" if source.doi else None) if text)
        console.print(escape(f"{key}: {source.cite}" + (f" ({places})" if places else "")), soft_wrap=True)
    if profile.spec.notes:
        console.print(escape(profile.spec.notes.strip()))


@device.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
def validate(files: tuple[str, ...]) -> None:
    """Check profiles: print every problem with its file and line; exit with 2 if there is one."""
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
            click.echo(f"{file}: valid ({profile.name}, {len(profile.rows())} numbers)")
    for problem in problems:
        click.echo(f"Error: {problem}", err=True)
    if problems:
        raise click.exceptions.Exit(2)
