"""Tables that extend others: what they take over, where it comes from, and what is refused."""

from __future__ import annotations

import pytest

from memsim.document import DocumentError
from memsim.energy.components import components_from_text, load_components

CHILD = """\
extends: isaac-32nm
name: child
title: A variant
sources:
  lab: {cite: Own measurement}
source: lab
status: measured
components:
  adc: {energy: 2 pJ, bits: 6}
  link: null
"""


@pytest.fixture
def write(tmp_path):
    """Write a table into the folder and return its path."""

    def write(text, name="child.yaml"):
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_entries_replace_inherited_ones_as_a_whole_and_null_takes_one_away(write):
    child, base = load_components(write(CHILD)).at(), load_components("isaac-32nm").at()
    assert child.adc.conversion(6).energy == 2e-12
    assert child.adc.conversion(6).area is None  # the base has one, from another source
    assert child.link is None and base.link is not None
    assert (child.table, child.node, child.array) == ("child", 32e-9, (128, 128))


def test_inherited_entries_keep_their_source_status_and_uncertainty(write):
    table, base = load_components(write(CHILD)), load_components("isaac-32nm")
    assert (table.at().adc.source, table.at().adc.status, table.at().adc.uncertainty) == ("lab", "measured", None)
    for slot, _ in table.at().given():
        if slot != "adc":
            assert table.origin(slot) == base.origin(slot), slot
            assert getattr(table.at(), slot) == getattr(base.at(), slot), slot


def test_what_a_table_says_at_its_top_is_not_for_inherited_entries(write):
    write(CHILD)
    text = (
        "extends: child.yaml\nname: top\ntitle: T\nstatus: assumed\nuncertainty: 7\ncomponents: {dac: {energy: 1 fJ}}\n"
    )
    top = load_components(write(text, "top.yaml")).at()
    assert (top.dac.status, top.dac.uncertainty, top.dac.source) == ("assumed", 7.0, None)
    assert (top.adc.status, top.adc.uncertainty) == ("measured", None)
    assert (top.cell.status, top.cell.uncertainty) == ("computed", 2.0)


def test_the_uncertainty_of_a_model_is_inherited_with_it(write):
    text = "extends: generic\nname: top\ntitle: T\nuncertainty: 7\ncomponents: {dac: null}\n"
    assert load_components(write(text)).at(32e-9).adc.uncertainty == 4.0
    assert load_components("neurosim-sar").at(32e-9).adc.uncertainty == 10.0


def test_a_table_may_hold_for_fewer_nodes_than_the_one_that_it_extends(write):
    text = "extends: generic\nname: top\ntitle: T\nnodes: [65 nm, 32 nm]\ncomponents: {}\n"
    table = load_components(write(text))
    assert table.nodes == (32e-9, 65e-9)
    assert table.at(45e-9).cell == load_components("generic").at(45e-9).cell


def test_a_resolved_table_stands_alone(write):
    table = load_components(write(CHILD))
    assert "extends" not in table.document.data
    assert components_from_text(table.to_yaml()) == table
    assert components_from_text(table.to_yaml()).at() == table.at()


@pytest.mark.parametrize(
    ("extends", "says"),
    [
        ("isaac-33nm", "'isaac-33nm' is neither a shipped component table nor a file in"),
        ("isaac-33nm", "did you mean 'isaac-32nm'?"),
        ("child.yaml", "child.yaml -> child.yaml is a circle"),
        ("../child.yaml", "'../child.yaml' lies outside the folder of this file"),
        ("[a]", "extends must be the name of a shipped component table, or of a file beside it"),
    ],
)
def test_what_cannot_be_extended_is_said_in_one_line(write, extends, says):
    with pytest.raises(DocumentError) as caught:
        load_components(write(CHILD.replace("isaac-32nm", extends, 1)))
    (problem,) = caught.value.problems
    assert "child.yaml:1: " in problem and says in problem


def test_a_text_extends_shipped_tables_alone():
    assert components_from_text(CHILD).at().dac == load_components("isaac-32nm").at().dac
    with pytest.raises(DocumentError, match=r"'other\.yaml' is not a shipped component table"):
        components_from_text(CHILD.replace("isaac-32nm", "other.yaml", 1))


def test_a_key_of_sources_stands_for_one_source(write):
    text = CHILD.replace("lab:", "isaac:").replace("source: lab", "source: isaac")
    with pytest.raises(DocumentError, match="source 'isaac' is another one in isaac-32nm, which this extends"):
        load_components(write(text))


def test_a_problem_names_the_file_and_the_line_that_it_comes_from(write):
    write(CHILD.replace("2 pJ", "2 pA"))
    with pytest.raises(DocumentError, match=r"child.yaml:9: components.adc.energy: '2 pA' is a current"):
        load_components(write("extends: child.yaml\nname: top\ntitle: T\ncomponents: {}\n", "top.yaml"))
