"""Values between technology nodes."""

from __future__ import annotations

import math
import re

import pytest

from memsim.document import DocumentError
from memsim.energy.components import components_from_text
from memsim.energy.components.nodes import Curve
from memsim.errors import InputError

TABLE = """\
name: my-table
title: My table
status: assumed
uncertainty: 2
nodes: [130 nm, 65 nm, 32 nm]
components:
  dac: {energy: ENERGY}
"""


def table(energy: str):
    return components_from_text(TABLE.replace("ENERGY", energy), "my.yaml")


def test_a_tabulated_value_is_exact():
    dac = "{130 nm: 4.9 pJ, 65 nm: 1.96 pJ, 32 nm: 1 pJ}"
    assert [table(dac).at(node).dac.energy for node in (130e-9, 65e-9, 32e-9)] == [4.9e-12, 1.96e-12, 1e-12]


@pytest.mark.parametrize("node", [33e-9, 45e-9, 64e-9, 90e-9, 129e-9])
def test_between_nodes_the_logarithm_is_linear_in_the_logarithm_of_the_node(node):
    dac = "{130 nm: 4.9 pJ, 65 nm: 1.96 pJ, 32 nm: 1 pJ}"
    low, high, below, above = (32e-9, 65e-9, 1.0, 1.96) if node < 65e-9 else (65e-9, 130e-9, 1.96, 4.9)
    slope = (math.log(above) - math.log(below)) / (math.log(high) - math.log(low))
    expected = math.exp(math.log(below) + slope * (math.log(node) - math.log(low))) * 1e-12
    assert table(dac).at(node).dac.energy == pytest.approx(expected, rel=1e-12)


def test_a_power_law_is_interpolated_exactly():
    nodes = (10e-9, 20e-9, 80e-9)
    curve = Curve(tuple(3 * node**1.7 for node in nodes), nodes)
    for node in (10e-9, 13e-9, 20e-9, 50e-9, 79e-9):
        assert curve.at(node) == pytest.approx(3 * node**1.7, rel=1e-12)


def test_a_plain_value_holds_at_every_node_of_the_table():
    assert {table("1 pJ").at(node).dac.energy for node in (130e-9, 77e-9, 32e-9)} == {1e-12}


def test_lengths_in_multiples_of_the_feature_size_follow_it():
    text = TABLE.replace("dac: {energy: ENERGY}", "cell: {width: 12 F, height: 0.5 um, feature: FEATURE}")
    components = components_from_text(text.replace("FEATURE", "{130 nm: 175 nm, 32 nm: 56 nm}")).at(32e-9)
    assert components.cell.width == pytest.approx(12 * 56e-9)
    assert components.cell.area == pytest.approx(12 * 56e-9 * 0.5e-6)
    assert components_from_text(text.replace("FEATURE", "0.1 um")).at(65e-9).cell.width == pytest.approx(1.2e-6)


def test_an_area_that_is_given_wins_over_width_and_height():
    text = TABLE.replace("dac: {energy: ENERGY}", "cell: {width: 1 um, height: 1 um, area: 3 um^2}")
    assert components_from_text(text).at(32e-9).cell.area == pytest.approx(3e-12)


@pytest.mark.parametrize(
    ("node", "says"),
    [
        (7e-9, "table 'my-table' (my.yaml): 7 nm is beyond its nodes; allowed: 32 nm to 130 nm"),
        (180e-9, "table 'my-table' (my.yaml): 180 nm is beyond its nodes; allowed: 32 nm to 130 nm"),
        (None, "table 'my-table' (my.yaml): a node is needed; it has 32 nm, 65 nm, 130 nm, and the nodes between them"),
        (-1.0, "table 'my-table' (my.yaml): -1.0 is not a node; allowed: a length above 0"),
        (math.nan, "table 'my-table' (my.yaml): nan is not a node; allowed: a length above 0"),
    ],
)
def test_a_node_beyond_those_of_the_table_is_an_error_in_one_line(node, says):
    with pytest.raises(InputError, match=f"^{re.escape(says)}$"):
        table("1 pJ").at(node)


def test_a_table_of_one_node_needs_none_and_refuses_another():
    one = components_from_text(TABLE.replace("nodes: [130 nm, 65 nm, 32 nm]", "node: 32 nm").replace("ENERGY", "1 pJ"))
    assert one.at() == one.at(32e-9) and one.at().node == 32e-9
    with pytest.raises(InputError, match="65 nm is asked for; it is a table for another node, 32 nm"):
        one.at(65e-9)


def test_a_table_without_a_node_holds_at_any():
    free = components_from_text(TABLE.replace("nodes: [130 nm, 65 nm, 32 nm]\n", "").replace("ENERGY", "1 pJ"))
    assert free.nodes == ()
    assert free.at().dac == free.at(5e-9).dac
    assert free.at(5e-9).node == 5e-9


@pytest.mark.parametrize(
    ("energy", "says"),
    [
        (
            "{130 nm: 4.9 pJ, 65 nm: 2 pJ}",
            "components.dac.energy: its values hold from 65 nm to 130 nm, the table from",
        ),
        ("{32nm: 1 pJ, 0.032 um: 2 pJ}", "components.dac.energy.0.032 um: this node stands twice; it is also '32nm'"),
        ("{}", "components.dac.energy: no node is given"),
        ("{32 pm: 1 nJ, 1 m: 1 J}", "components.dac.energy.1 m: '1 m' is out of range; allowed: above 0 m"),
        ("{32 s: 1 nJ}", "components.dac.energy.32 s: '32 s' is a time (s), not a length (m)"),
        ("{130 nm: 1 nJ, 32 nm: 0 J}", "components.dac.energy.32 nm: '0 J' is out of range; values that depend on"),
        ("{130 nm: 1 nJ, 32 nm: 2 nW}", "components.dac.energy.32 nm: '2 nW' is a power (W), not an energy (J)"),
    ],
)
def test_mappings_that_are_no_values_by_node_are_refused_with_their_line(energy, says):
    with pytest.raises(DocumentError) as caught:
        table(energy)
    (problem,) = caught.value.problems
    assert problem.startswith(f"my.yaml:7: {says}")


def test_values_by_node_need_a_table_with_nodes():
    text = TABLE.replace("nodes: [130 nm, 65 nm, 32 nm]", "node: 32 nm").replace(
        "ENERGY", "{130 nm: 1 pJ, 32 nm: 2 pJ}"
    )
    with pytest.raises(DocumentError, match=r"dac.energy: values by node need 'nodes' at the top of the table"):
        components_from_text(text)
    with pytest.raises(DocumentError, match="a table has 'node' or 'nodes', not both"):
        components_from_text(
            text.replace("node:", "nodes: [32 nm]\nnode:").replace("{130 nm: 1 pJ, 32 nm: 2 pJ}", "1 J")
        )


def test_a_long_number_is_judged_at_once():
    from memsim.energy.components.nodes import _MULTIPLE

    assert _MULTIPLE.fullmatch("9" * 200_000 + "x") is None
    assert [_MULTIPLE.fullmatch(text)[1] for text in ("2F", " 2. F ", "1.5 F", ".5F")] == ["2", "2.", "1.5", ".5"]
