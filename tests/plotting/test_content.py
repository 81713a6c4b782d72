"""Panels without content are named with the reason why they are left out."""

from __future__ import annotations

import numpy as np

from memsim.plotting.rules.content import NOT_FINITE, filled, left_out


def test_panels_without_a_finite_number_are_left_out():
    kept, reasons = filled({"a": [np.nan, 1.0], "b": [np.nan, np.inf], "c": np.empty(0)})
    assert kept == ["a"] and reasons == {"b": NOT_FINITE, "c": NOT_FINITE}


def test_a_note_gives_each_reason_once_with_the_names():
    assert left_out({}) == ""
    assert left_out({"A": "no epochs", "B": NOT_FINITE, "C": "no epochs"}) == (
        "left out: A; C (no epochs); B (no finite number)"
    )
    many = left_out((f"L{i}", NOT_FINITE) for i in range(9))
    assert many == "left out: L0; L1; L2; L3 and 5 more (no finite number)"
