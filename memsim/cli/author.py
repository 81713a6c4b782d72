"""`memsim device new`, `schema` and `models`: what an author of a profile starts from, types with, and looks up."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from memsim.cli.console import WIDE, console, table
from memsim.cli.schema import print_schema, schema_options
from memsim.errors import printable

if TYPE_CHECKING:
    from memsim.profiles.models import Model

SCHEMA_FILE = "memsim-device.schema.json"


@click.command(short_help="Write a commented profile to fill in.")
@click.argument("file", metavar="FILE")
@click.option("--model", default="neurosim", show_default=True, metavar="NAME", help="The update model.")
@click.option(
    "--schema",
    "with_schema",
    is_flag=True,
    help=f"Also write {SCHEMA_FILE} beside it and refer to it, so that editors complete and check while typing.",
)
def new(file: str, model: str, with_schema: bool) -> None:
    """Write a profile to fill in: valid as it stands, every key explained, every number an example.

    \b
    Examples:
      memsim device new my-oxide.yaml
      memsim device new my-oxide.yaml --model soft-bounds --schema
    """
    from memsim.profiles.json_schema import device_schema_text
    from memsim.profiles.template import starting_file
    from memsim.storage.files import Writer, write_files

    target = Path(file)
    if target.suffix not in (".yaml", ".yml"):
        raise click.UsageError(f"{file}: profiles are YAML files; give a name that ends in .yaml")
    _check_new(target)
    text = starting_file(printable(target.name), model, SCHEMA_FILE if with_schema else None)
    writers: dict[Path, Writer] = {target: lambda path: path.write_text(text, encoding="utf-8")}
    beside = target.with_name(SCHEMA_FILE)
    if with_schema and not beside.exists():
        writers[beside] = lambda path: path.write_text(device_schema_text(), encoding="utf-8")
    write_files(writers)
    for path in writers:
        click.echo(printable(path))
    click.echo(f"Fill it in, then: memsim device validate {printable(target)}")


@click.command(short_help="Write the JSON Schema of a profile, for editors.")
@schema_options
def schema(output: str | None, force: bool) -> None:
    """Print the JSON Schema (draft-07) of a profile, with which editors complete keys and check values while typing.

    In VS Code with the YAML extension, a profile refers to it by a comment in its first line:

    \b
      # yaml-language-server: $schema=memsim-device.schema.json

    The schema knows keys, units, ranges and models; sources, and numbers that must fit to each other, are checked by
    memsim device validate.
    """
    from memsim.profiles.json_schema import device_schema_text

    print_schema(device_schema_text(), output, force)


@click.command(short_help="List the models of a profile, or explain one.")
@click.argument("name", metavar="[NAME]", required=False)
def models(name: str | None) -> None:
    """List what a profile can model; of one model, print its equation, source, and every key with range and meaning.

    \b
    Examples:
      memsim device models
      memsim device models soft-bounds
      memsim device models conduction.polynomial    (a name that two kinds share)
    """
    from memsim.profiles.models import KINDS, find_models, models

    screen = console()
    if name is None:
        known = models()
        for kind, meaning in KINDS.items():
            rows = table(kind, "")
            rows.columns[0].min_width, rows.columns[0].no_wrap = max(len(model.name) for model in known), True
            for model in known:
                if model.kind == kind:
                    rows.add_row(model.name, printable(model.summary))
            screen.print(printable(f"{kind}: {meaning}"), style="bold")
            rows.show_header = False
            screen.print(rows)
            screen.print()
        click.echo("Explain one: memsim device models NAME. Start a profile: memsim device new FILE --model NAME.")
        return
    for number, model in enumerate(find_models(name)):
        if number:
            screen.print()
        _explain(model)


def _explain(model: Model) -> None:
    from memsim.profiles.parameters import parameters

    screen = console(width=WIDE)
    screen.print(printable(f"{model.name} ({model.kind}): {model.summary}"), style="bold")
    for heading, text in (
        ("", model.explanation),
        ("equation", model.equation),
        ("source", model.source or "none; assumed"),
        ("in a profile", f"{model.section}: " + (f"{{model: {model.name}, ...}}" if model.chosen else "{...}")),
    ):
        if text:
            screen.print(printable(f"{heading + ':':<14}{text}" if heading else text), soft_wrap=True)
    rows = table("key", "range", "default", "meaning")
    rows.columns[0].no_wrap = True
    for parameter in parameters(model.schema):
        rows.add_row(*map(printable, parameter))
    screen.print()
    screen.print(rows)


def _check_new(target: Path) -> None:
    """Refuse a place that cannot hold a new profile, which never replaces a file."""
    from memsim.errors import OutputError
    from memsim.storage.files import check_target

    if not target.parent.is_dir():
        raise OutputError(f"{target}: there is no folder {target.parent}; make it first")
    if os.path.lexists(target):
        raise OutputError(f"{target}: exists already, and a new profile never replaces a file; choose another name")
    check_target(target)
