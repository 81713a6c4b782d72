"""`memsim schema`: the JSON Schema of an experiment, and how a schema is printed or written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from memsim.cli.targets import output_option
from memsim.errors import printable


def schema_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command that prints a schema."""
    for option in (
        click.option("--force", is_flag=True, help="Replace the file that -o names."),
        output_option(metavar="FILE", help="Write it to a .json file instead of printing it."),
    ):
        command = option(command)
    return command


def print_schema(text: str, output: str | None, force: bool) -> None:
    """Print a schema, or write it to a file and print its path."""
    from memsim.storage.files import write_file

    if output is None:
        if force:
            raise click.UsageError("--force replaces the file that -o names; without -o, the schema is printed")
        click.echo(text.rstrip())
        return
    if Path(output).suffix != ".json":
        raise click.UsageError(f"-o {output}: a schema is a JSON file; give a name that ends in .json")
    path = write_file(Path(output), lambda path: path.write_text(text, encoding="utf-8"), force=force)
    click.echo(printable(path))


@click.command(short_help="Write the JSON Schema of an experiment, for editors.")
@schema_options
def schema(output: str | None, force: bool) -> None:
    """Print the JSON Schema (draft-07) of an experiment, with which editors complete and check while typing.

    In VS Code with the YAML extension, an experiment refers to it by a comment in its first line:

    \b
      # yaml-language-server: $schema=memsim-experiment.schema.json

    The schema knows keys, units, ranges and choices of all tasks; devices, images, and settings that must fit to each
    other, are checked by memsim validate.
    """
    from memsim.tasks.json_schema import experiment_schema_text

    print_schema(experiment_schema_text(), output, force)
