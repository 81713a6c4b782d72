"""`memsim cost`: energy, time and area of a result by a component table, from its stored events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from memsim.cli.targets import output_option
from memsim.errors import printable


@click.command(short_help="Energy, time and area of a result, by a component table.")
@click.argument("result", metavar="[FILE.nc]", type=click.Path(), required=False)
@click.option("--components", metavar="NAME|FILE", help="Component table: a shipped name or a YAML file.")
@click.option("--node", metavar="NODE", help="Technology node, such as '22 nm', for a table of several nodes.")
@click.option("--pipelined", is_flag=True, help="Layers work on different inputs at the same time.")
@click.option(
    "--selection",
    type=click.Choice(["V/2", "V/3"]),
    help="Voltage on half-selected cells without transistors.",
)
@click.option("--bits", type=int, help="Bits of activations without converters.")
@click.option("--list", "listed", is_flag=True, help="List the shipped component tables.")
@output_option(metavar="FILE", help="Write the result with these costs to this file.")
@click.option("--force", is_flag=True, help="Replace the file that -o names.")
def cost(
    result: str | None,
    components: str | None,
    node: str | None,
    pipelined: bool,
    selection: str | None,
    bits: int | None,
    listed: bool,
    output: str | None,
    force: bool,
) -> None:
    """Compute energy, time and area of a result again from the events that it holds.

    Every run with crossbars counts its reads, conversions and pulses. A component table says what each costs.

    \b
    Examples:
      memsim cost --list
      memsim cost results/digits-01.nc --components generic --node '22 nm'
      memsim cost results/digits-01.nc --components my-chip.yaml -o costs.nc
    """
    stated = {"pipelined": pipelined or None, "selection": selection, "bits": bits}
    settings: dict[str, Any] = {name: value for name, value in stated.items() if value is not None}
    used = any(value is not None for value in (components, node, output)) or bool(settings) or force
    if result is None and not used:
        listed = True
    if listed and (used or result is not None):
        raise click.UsageError("--list takes no file and no other option")
    if listed:
        _print_tables()
        return
    if result is None:
        raise click.UsageError("FILE.nc is missing: the result whose costs are to be computed")
    from memsim.cli.cost_table import print_costs
    from memsim.cli.network_costs import print_network_costs
    from memsim.costs import cost as computed
    from memsim.results.dataset import save
    from memsim.storage.files import check_target

    if output is not None:
        check_target(Path(output), force=force)
    dataset = computed(result, components, node, **settings)
    path = save(dataset, Path(output), force=force) if output is not None else None
    (print_network_costs if "total_energy" in dataset else print_costs)(dataset)
    if path is not None:
        click.echo(f"{'Results':<8} {printable(path)}")


def _print_tables() -> None:
    from memsim.cli.console import console, table
    from memsim.energy.components import component_table_names, load_components
    from memsim.units import format_quantity

    rows = table("table", "nodes", "title")
    for name in component_table_names():
        shipped = load_components(name)
        nodes = [format_quantity(node, "m") for node in shipped.nodes]
        words = "any" if not nodes else nodes[0] if len(nodes) == 1 else f"{nodes[0]} to {nodes[-1]}"
        rows.add_row(name, words, shipped.title)
    console().print(rows)
