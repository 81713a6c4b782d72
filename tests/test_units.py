from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memsim.errors import InputError
from memsim.units import format_quantity, parse_quantity

UNITS = ["V", "A", "S", "Ohm", "s", "Hz", "m", "m^2", "J", "W", "K", "F", "F/m", "C", "1", "%"]


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("38.5 nS", "S", 38.5e-9),
        ("1.6 V", "V", 1.6),
        ("50 ns", "s", 50e-9),
        ("3.7 %", "1", 0.037),
        ("3.7%", "1", 0.037),
        ("5 kOhm", "Ohm", 5e3),
        ("5 kΩ", "Ohm", 5e3),
        ("5 k\u2126", "Ohm", 5e3),
        ("5 kohm", "Ohm", 5e3),
        ("30 m", "m", 30.0),
        ("30 mm", "m", 0.03),
        ("1200 um^2", "m^2", 1.2e-9),
        ("1.16 mm\u00b2", "m^2", 1.16e-6),
        ("4 \u00b5m2", "m^2", 4e-12),
        ("0.2 fF/um", "F/m", 0.2e-9),
        ("2 pF/mm", "F/m", 2e-9),
        ("1 us", "s", 1e-6),
        ("1 \u00b5s", "s", 1e-6),
        ("1 \u03bcs", "s", 1e-6),
        ("1e-6 S", "S", 1e-6),
        ("+1.5E3 mV", "V", 1.5),
        ("\u22122.8 V", "V", -2.8),
        (".5V", "V", 0.5),
        (" 2\u00a0h ", "s", 7200.0),
        ("5 min", "s", 300.0),
        ("2 mS", "S", 2e-3),
        ("2 MS", "S", 2e6),
        ("0.05", "1", 0.05),
        (0.05, "1", 0.05),
        (3, "1", 3.0),
        ("0 S", "S", 0.0),
    ],
)
def test_a_quantity_is_read_in_si_units(text, unit, value):
    assert parse_quantity(text, unit) == value


@pytest.mark.parametrize(
    ("value", "unit", "message"),
    [
        ("38.5 nV", "S", "'38.5 nV' is a voltage (V), not a conductance (S)"),
        ("38.5 ns", "S", "'38.5 ns' is a time (s), not a conductance (S); did you mean 'nS'?"),
        ("50 nS", "s", "'50 nS' is a conductance (S), not a time (s); did you mean 'ns'?"),
        ("5 %", "S", "'5 %' is a plain number, not a conductance (S)"),
        ("5 nS", "1", "'5 nS' is a conductance (S), not a plain number"),
        (1.6, "V", "1.6 has no unit; write '1.6 V'"),
        ("1.6", "V", "1.6 has no unit; write '1.6 V'"),
        (1e-6, "S", "1e-06 has no unit; write '1 uS'"),
        ("5 kohmm", "Ohm", "unknown unit 'kohmm' in '5 kohmm'; did you mean 'kOhm'?"),
        ("5 xyz", "V", "unknown unit 'xyz' in '5 xyz'; write e.g. '0.5 V'"),
        ("1,6 V", "V", "cannot read '1,6 V' as a number with a unit; write e.g. '0.5 V'"),
        ("V", "V", "cannot read 'V' as a number with a unit; write e.g. '0.5 V'"),
        ("1.6 V DC", "V", "cannot read '1.6 V DC' as a number with a unit; write e.g. '0.5 V'"),
        ("", "V", "cannot read '' as a number with a unit; write e.g. '0.5 V'"),
        ("1_000 V", "V", "cannot read '1_000 V' as a number with a unit; write e.g. '0.5 V'"),
        ("nan V", "V", "'nan V' is not a finite number"),
        ("1e999 V", "V", "'1e999 V' is too large for a number"),
        ("1e-999 V", "V", "'1e-999 V' is too small for a number"),
        (math.nan, "1", "nan is not a finite number"),
        (math.inf, "1", "inf is not a finite number"),
        (10**400, "1", "is too large"),
        (True, "V", "true where a voltage is wanted; write e.g. '0.5 V'"),
        (None, "V", "no value where a voltage is wanted; write e.g. '0.5 V'"),
        (["1 V"], "V", "['1 V'] where a voltage is wanted; write e.g. '0.5 V'"),
        ("9" * 500 + " V", "V", "cannot read '99999"),
        ("\u0663 V", "V", "cannot read '\u0663 V' as a number with a unit"),
    ],
)
def test_what_is_wrong_with_a_quantity_is_said_with_what_is_wanted(value, unit, message):
    with pytest.raises(InputError) as caught:
        parse_quantity(value, unit)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 160


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (3.85e-8, "S", "38.5 nS"),
        (1.6, "V", "1.6 V"),
        (-2.8, "V", "-2.8 V"),
        (5e3, "Ohm", "5 kOhm"),
        (1e-4, "S", "100 uS"),
        (0.0, "S", "0 S"),
        (3600.0, "s", "3600 s"),
        (0.037, "%", "3.7 %"),
        (0.037, "1", "0.037"),
        (128, "1", "128"),
        (1e-22, "J", "0.0001 aJ"),
        (math.nan, "S", "nan S"),
    ],
)
def test_a_quantity_is_printed_with_an_engineering_prefix(value, unit, text):
    assert format_quantity(value, unit) == text


def test_rounding_for_display_carries_into_the_next_prefix():
    assert format_quantity(999.9996e-9, "S", 4) == "1 uS"
    assert format_quantity(1 / 3, "V", 3) == "333 mV"


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(UNITS))
def test_every_printed_quantity_reads_back_to_the_same_float(value, unit):
    assert parse_quantity(format_quantity(value, unit), unit) == value


@given(st.text(max_size=30), st.sampled_from(UNITS))
def test_any_text_is_a_finite_quantity_or_an_input_error(text, unit):
    value = 0.0
    with contextlib.suppress(InputError):
        value = parse_quantity(text, unit)
    assert math.isfinite(value)


def test_an_unknown_wanted_unit_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="unit must be one of"):
        parse_quantity("1 V", "volt")


def test_energies_may_be_in_electronvolts():
    assert parse_quantity("2.25 eV", "J") == pytest.approx(2.25 * 1.602176634e-19, rel=1e-15)
