"""Mistakes in the section `endurance` of a profile end in one line."""

from __future__ import annotations

import pytest
from device_texts import device_text

import memsim as ms
from memsim.document import DocumentError
from memsim.profiles import device_from_text

GROWING = "model: growing-resistance, size: 10 nm, low_resistance: {cycles: 10, growth: 0.1}, "


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("{model: growing, size: 10 nm}", "growing-resistance"),
        ("{model: growing-resistance, size: 10}", "size"),
        ("{" + GROWING + "high_resistance: {cycles: 0, growth: 0.1}}", "cycles"),
        ("{" + GROWING + "high_resistance: {cycles: 10, per_nanometre: 100, growth: 0.1}}", "at most 600"),
        ("{" + GROWING + "high_resistance: {cycle: 10, growth: 0.1}}", "cycles"),
        ("{model: stuck-cells, rows: []}", "rows"),
        ("{model: stuck-cells, rows: [{cycles: 10}, {cycles: 10}]}", "cycles must rise"),
        ("{model: stuck-cells, rows: [{cycles: 9, stuck_on: 2 %}, {cycles: 10}]}", "must not fall"),
        ("{model: stuck-cells, rows: [{cycles: 9, stuck_on: 60 %, stuck_off: 60 %}]}", "more than all cells"),
        ("{model: bit-errors, bits: 0, rows: [{cycles: 9, errors: 1 %}]}", "bits"),
        (
            "{model: bit-errors, bits: 3, rows: [{cycles: 9, errors: 1 %}, {cycles: 8, errors: 2 %}]}",
            "cycles must rise",
        ),
    ],
)
def test_a_mistake_is_told_in_one_line(section, told):
    with pytest.raises(DocumentError) as caught:
        device_from_text(device_text("constant", f"endurance: {section}"))
    problems = str(caught.value).strip().splitlines()
    assert len(problems) == 1 and told in problems[0] and "endurance" in problems[0], problems


def test_a_nominal_window_has_no_ends_that_wear():
    section = {"model": "stuck-cells", "rows": [{"cycles": 9, "stuck_on": 0.1}]}
    with pytest.raises(ms.InputError, match="nominal window has no ends that could wear"):
        ms.load_device("ideal").replace({"endurance": section})
