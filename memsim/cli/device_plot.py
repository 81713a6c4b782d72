"""`memsim device plot`: the figure of a device."""

from __future__ import annotations

from pathlib import Path

import click

from memsim.cli import completion
from memsim.cli.targets import output_option
from memsim.errors import printable


@click.command(short_help="Draw what a device does.")
@click.argument("name", metavar="NAME|FILE", shell_complete=completion.devices)
@output_option(
    metavar="FIGURE",
    help="A .png, .pdf or .svg file [default: DEVICE.png in this folder, numbered].",
)
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Seed of every random number.")
@click.option("--force", is_flag=True, help="Replace the file that -o names.")
def plot(name: str, output: str | None, seed: int, force: bool) -> None:
    """Draw a device as the simulator has it: one panel for each thing that its profile describes.

    Conductance under set and reset pulses, with bands for what varies from pulse to pulse and from cell to cell; read
    noise; retention; programming error; current against voltage.

    \b
    Examples:
      memsim device plot agsi-jo2010
      memsim device plot my.yaml -o my.pdf
    """
    from memsim.cli.figure import device_picture
    from memsim.plotting import check_format
    from memsim.profiles import load_device
    from memsim.storage.files import check_target, write_file, write_numbered

    target = Path(output) if output is not None else None
    if target is not None:
        check_format(target)
        check_target(target, force=force)
    elif force:
        raise click.UsageError("--force replaces the file that -o names; without -o, figures are numbered")
    profile = load_device(name)
    content = device_picture(profile, seed, target or Path("figure.png"))
    if target is None:
        (path,) = write_numbered(Path(), profile.name, {".png": lambda path: path.write_bytes(content)})
    else:
        path = write_file(target, lambda path: path.write_bytes(content), force=force)
    click.echo(printable(path))
