"""`memsim device`: the profile library, what a profile says, and the check of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from memsim.cli import completion
from memsim.cli.assess import assess
from memsim.cli.author import models, new, schema
from memsim.cli.console import WIDE, console, table
from memsim.cli.device_plot import plot
from memsim.cli.fit import fit
from memsim.cli.group import Group
from memsim.cli.validate import check_each
from memsim.errors import printable

if TYPE_CHECKING:
    from memsim.profiles import DeviceProfile


@click.group(cls=Group, short_help="List, show, write, check, draw and fit device profiles.")
def device() -> None:
    """List, show, write, check, draw and fit device profiles.

    \b
    From an idea to a simulated device:
      memsim device models           (what a device can do)
      memsim device new my.yaml      (a profile to fill in)
      memsim device validate my.yaml
      memsim device plot my.yaml
      memsim run physical-01 --device my.yaml

    \b
    From a measurement:
      memsim device fit pulses.csv -o my.yaml
      memsim device assess pulses.csv --task digits-01
    """


@device.command("list")
def list_() -> None:
    """List the device profiles that come with memsim."""
    from memsim.cli.listing import rows_of

    numbers = ("G_max", "on/off", "pulses")
    rows = table("device", "title", *numbers, right=numbers)
    rows.columns[0].no_wrap = True
    for row in rows_of("devices"):
        rows.add_row(*map(printable, row))
    console().print(rows)
    click.echo("\nUse one: memsim run physical-01 --device NAME. All about one: memsim device show NAME.")


@device.command(short_help="Print a profile with units, status and sources.")
@click.argument("name", metavar="NAME|FILE", shell_complete=completion.devices)
@click.option("--yaml", "as_yaml", is_flag=True, help="Print YAML, with what the profile extends written out.")
def show(name: str, as_yaml: bool) -> None:
    """Print a profile: every value that holds, in its unit and in SI, with its status and its source.

    \b
    Examples:
      memsim device show taox-hfox-wu2018
      memsim device show taox-hfox-wu2018 --yaml > my.yaml
    """
    from memsim.profiles import load_device
    from memsim.profiles.listing import lines

    profile = load_device(name)
    if as_yaml:
        click.echo(profile.to_yaml().rstrip())
        return
    screen = console(width=WIDE)
    screen.print(printable(f"{profile.name}: {profile.title} ({profile.technology})"), style="bold")
    found = lines(profile)
    bases = any(line.inherited for line in found)
    rows = table("field", "value", "in SI", "status", "source", *(["from"] if bases else []), right=("in SI",))
    for line in found:
        rows.add_row(*map(printable, line if bases else line[:-1]))
    rows.columns[0].no_wrap = True
    screen.print()
    screen.print(rows)
    _print_energies(profile)
    screen.print()
    for key, source in profile.spec.sources.items():
        places = ", ".join(text for text in (source.where, f"doi:{source.doi}" if source.doi else None) if text)
        screen.print(printable(f"{key}: {source.cite}" + (f" ({places})" if places else "")), soft_wrap=True)
    if profile.spec.notes:
        screen.print(printable(profile.spec.notes))


def _print_energies(profile: DeviceProfile) -> None:
    """Print the energy of a read and of a pulse, where conductances are in siemens."""
    from memsim.profiles.cell_energies import cell_energies, window_points
    from memsim.units import format_quantity

    energies = cell_energies(profile.spec)
    if profile.spec.conductance.nominal or not energies:
        return
    headings = [f"at {format_quantity(siemens, 'S', 3)}" for siemens in window_points(profile.spec)]
    rows = table("energy V^2 G t in a cell", "voltage", "time", *headings, right=("voltage", "time", *headings))
    for event, volts, seconds, *joules in energies:
        texts = (format_quantity(volts, "V", 3), format_quantity(seconds, "s", 3))
        rows.add_row(event, *texts, *(format_quantity(energy, "J", 3) for energy in joules))
    screen = console(width=WIDE)
    screen.print()
    screen.print(rows)


@device.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, shell_complete=completion.devices)
def validate(files: tuple[str, ...]) -> None:
    """Check profiles and print every problem with its file and line."""
    from memsim.profiles import load_device

    def check(file: str) -> str:
        profile = load_device(file)
        return f"{profile.name}, {len(profile.rows())} numbers"

    check_each(files, check)


for command in (new, schema, models, plot, fit, assess):
    device.add_command(command)
