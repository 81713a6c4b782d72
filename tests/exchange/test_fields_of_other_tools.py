"""Reading the fields of a description of another tool."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np
import pytest

from memsim.errors import InputError
from memsim.exchange.fields import Fields, class_name

Kind = Enum("Kind", "FIRST SECOND")


@dataclass
class Inner:
    size: float = 2.0
    other: int = 0


@dataclass
class Outer:
    kind: Kind = Kind.SECOND
    inner: Inner = field(default_factory=Inner)
    values: Any = None


def test_a_mapping_a_dataclass_and_an_object_have_the_same_fields():
    plain = type("Plain", (), {})()
    plain.size = 3.0
    for part in ({"size": 3.0}, Inner(3.0), plain):
        assert Fields(part, "part").number("size", 0.0) == 3.0


def test_a_missing_field_has_its_default_and_is_not_listed():
    fields = Fields({}, "part")
    fields.leave_out("no reason", size=0.0)
    assert fields.number("size", 4.0) == 4.0 and fields.part("inner").read("size", 1) == 1
    fields.close()
    assert fields.not_converted == {}


def test_fields_that_nobody_mentioned_are_listed_inside_parts_too():
    fields = Fields(Outer(), "")
    assert fields.read("kind", None) == "SECOND"
    fields.part("inner").number("size", 0.0)
    fields.close()
    assert fields.not_converted == {
        "values": "None: this field is not known here",
        "inner.other": "0: this field is not known here",
    }


def test_a_value_without_effect_is_not_listed():
    fields = Fields(Outer(values=np.zeros(3)), "part")
    fields.leave_out("because", kind="SECOND", values=None)
    assert list(fields.not_converted) == ["part.values"]
    fields.leave_out("because", kind="FIRST")
    assert fields.not_converted["part.kind"] == "SECOND: because"


def test_names_that_begin_with_an_underscore_are_private():
    fields = Fields({"_match": True}, "part")
    fields.close()
    assert fields.not_converted == {}


def test_a_class_is_known_by_a_class_that_it_is_derived_from():
    class Derived(Inner):
        pass

    assert class_name(Derived(), ("Outer", "Inner"), "part") == "Inner"
    with pytest.raises(InputError, match="part: Inner cannot be converted; it is inside"):
        class_name(Derived(), ("Outer",), "part", {"Inner": "it is inside"})
    with pytest.raises(InputError, match="part: Derived cannot be converted; allowed: Outer"):
        class_name(Derived(), ("Outer",), "part")


@pytest.mark.parametrize("value", [None, "2", True, float("nan"), [1, 2]])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(InputError, match=r"part\.size: .* is not a finite number"):
        Fields({"size": value}, "part").number("size", 0.0)


def test_a_class_has_no_fields():
    with pytest.raises(InputError, match=r"part: .* has no fields"):
        Fields(Inner, "part")
