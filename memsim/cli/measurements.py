"""Options that say how a measurement is read and fitted, which several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., None])


def measurement_options(command: Command) -> Command:
    """Add the options that say how a measurement is read and fitted."""
    options: tuple[Any, ...] = (
        click.option("--model", metavar="NAME", help="Report and write this step model [default: the lowest BIC]."),
        click.option("--window", metavar='"MIN, MAX"', help="Window of weights without a unit, or for read noise."),
        click.option(
            "--columns", metavar="TEXT", help='What columns are: "G = Iread/Vread, direction = Mode, pulse = #".'
        ),
        click.option("--table", type=int, metavar="N", help="Read table N of a file with several."),
        click.option("--decimal", metavar=".|,", help="Decimal sign [default: what the numbers show]."),
        click.option(
            "--repeats", metavar="devices|cycles|reads", help="What equal headings, or rows of one pulse, are."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command
