"""Legends, rows and titles name the device, once for all or for each learner."""

from __future__ import annotations

import pytest
import xarray as xr

from memsim.plotting.rules.devices import device_names
from memsim.plotting.style import lines_of, text_width


def names(*pairs: tuple[str, str], dimension: str = "learner", shown=None):
    labels, devices = zip(*pairs, strict=True)
    coords = {dimension: list(labels), "device": (dimension, list(devices))}
    return device_names(xr.Dataset(coords=coords), shown)


def test_one_device_is_the_heading_and_no_label_repeats_it():
    found = names(("Delta", "agsi-jo2010"), ("Oja", "agsi-jo2010"))
    assert found.heading == "device: agsi-jo2010"
    assert [found.label(i) for i in range(2)] == ["Delta", "Oja"]


def test_of_several_devices_every_label_has_its_own():
    found = names(("Delta", "agsi-jo2010"), ("Oja", "ideal"), ("CNN", "none"), dimension="array")
    assert found.heading == ""
    assert [found.label(i) for i in range(3)] == ["Delta, agsi-jo2010", "Oja, ideal", "CNN, digital"]


@pytest.mark.parametrize(
    ("label", "device", "shown"),
    [
        ("Delta, device ideal", "ideal", "Delta, device ideal"),
        ("ideal-chen2018 cell", "ideal", "ideal-chen2018 cell, ideal"),
        ("Delta, EpiRAM", "mine", "Delta, EpiRAM, mine"),
    ],
)
def test_a_label_that_names_the_device_as_a_word_stays(label, device, shown):
    assert names((label, device), ("Oja", "agsi-jo2010")).label(0) == shown


def test_learners_on_no_device_need_no_word_where_there_is_no_device():
    found = names(("CNN", "none"), ("Linear", "none"))
    assert found.heading == "" and found.label(0) == "CNN"


def test_only_the_devices_of_the_learners_that_are_shown_count():
    found = names(("Delta", "agsi-jo2010"), ("Oja", "ideal"), shown=[1])
    assert found.heading == "device: ideal" and found.label(1) == "Oja"


def test_a_group_on_several_devices_has_no_device():
    found = names(("A", "agsi-jo2010"), ("B", "ideal"))
    assert found.of([0, 1], "both") == "both" and found.of([0], "first") == "first, agsi-jo2010"


def test_cut_labels_keep_the_device():
    found = names(("A long name of a learner that has no room", "agsi-jo2010"), ("B", "ideal"))
    row = found.row(0, 1.5)
    assert row.endswith("…, agsi-jo2010") and text_width(row) <= 1.5
    first, second = found.title(0, 1.2).split("\n")
    assert first.endswith("…") and second == "agsi-jo2010"
    assert found.title(1, 1.2) == "B, ideal"
    for text in (first, second):
        assert text_width(text) <= 1.2


def test_signs_of_formulas_are_escaped_once():
    found = names(("a $x$ b", "$d$"), ("B", "ideal"))
    assert found.of([0], "a $x$ b") == "a $x$ b, $d$"
    assert found.row(0, 3.0) == found.title(0, 3.0) == r"a \$x\$ b, \$d\$"
    assert lines_of("$" * 300, 0.5)[0].startswith(r"\$\$")
