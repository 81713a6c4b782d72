"""What a user says of columns: equations of headings, numbers and units, and one clear line for each mistake."""

from __future__ import annotations

import numpy as np
import pytest

import memsim as ms
from memsim.fit.reading.columns import parse_columns, with_columns
from memsim.fit.reading.table import Table, find_column, table_of

CURRENT = (1.0, 2.0, 4.0)
VOLTAGE = (0.5, 0.5, 0.25)


def table(heading: str = "Iread,Vread", rows: tuple[tuple[object, ...], ...] | None = None) -> Table:
    body = rows if rows is not None else tuple(zip(CURRENT, VOLTAGE, strict=True))
    return table_of("\n".join([heading, *(",".join(map(str, row)) for row in body)]), "f.csv")


def numbers(columns, source: Table | None = None, dimension: str = "S", name: str = "conductance") -> np.ndarray:
    result = with_columns(source or table(), columns)
    column = find_column(result, (name,))
    assert column is not None
    return result.numbers(column, dimension)


EXPRESSIONS = {
    "a heading": ("G = Iread", "Iread,Vread", [1, 2, 4]),
    "a heading in other letters": ("G = IREAD", "Iread,Vread", [1, 2, 4]),
    "a quotient": ("G = Iread/Vread", "Iread,Vread", [2, 4, 16]),
    "precedence": ("G = Iread + 2*Vread", "Iread,Vread", [2, 3, 4.5]),
    "from left to right": ("G = Iread - Vread - 1", "Iread,Vread", [-0.5, 0.5, 2.75]),
    "quotients from left to right": ("G = 8/Iread/Vread", "Iread,Vread", [16, 8, 8]),
    "brackets": ("G = (Iread + 2)*Vread", "Iread,Vread", [1.5, 2, 1.5]),
    "a minus sign": ("G = -Iread*-2", "Iread,Vread", [2, 4, 8]),
    "numbers with exponents": ("G = 1e1*Iread + .5 - 2.5E-1", "Iread,Vread", [10.25, 20.25, 40.25]),
    "places": ("G = #1/#2", "Iread,Vread", [2, 4, 16]),
    "blanks in headings": ("G = I read / V read", "I read,V read", [2, 4, 16]),
    "quotes": ("G = 'I read'/\"V read\"", "I read,V read", [2, 4, 16]),
    "a heading with an operator": ("G = I-V", "I-V,I", [1, 2, 4]),
    "a heading with an operator in an expression": ("G = 2*I-V", "I-V,I", [2, 4, 8]),
    "a difference of headings": ("G = I - V", "I,V", [0.5, 1.5, 3.75]),
    "a slash in a heading": ("G = set/reset", "set/reset,V", [1, 2, 4]),
    "a hash as a heading": ("G = #", "#,V", [1, 2, 4]),
    "a heading with brackets": ("G = I (a)", "I (a),V", [1, 2, 4]),
    "the shorter of two headings": ("G = I/I2", "I,I2", [2, 4, 16]),
}


@pytest.mark.parametrize(("columns", "heading", "expected"), EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_an_expression_has_the_value_of_ordinary_arithmetic(columns, heading, expected):
    result = with_columns(table(heading), columns)
    column = find_column(result, ("conductance",))
    assert column is not None
    assert result.numbers(column) == pytest.approx(np.array(expected, float), rel=1e-15)


UNITS = {
    "units of headings give that of the result": ("G = I/V", "I (nA),V (mV)", 1e-6),
    "a stated unit of the same dimension changes nothing": ("G = I/V [uS]", "I (nA),V (mV)", 1e-6),
    "a stated unit where headings have none": ("G = I/V [uS]", "I,V", 1e-6),
    "units behind headings": ("G = I [mA] / (V [V])", "I,V", 1e-3),
    "a unit behind a heading replaces none": ("G = I / (V [mV])", "I (nA),V", 1e-6),
    "a number in the denominator keeps the unit": ("G = I/V/2*2", "I (uA),V (V)", 1e-6),
}


@pytest.mark.parametrize(("columns", "heading", "scale"), UNITS.values(), ids=UNITS)
def test_units_follow_the_expression(columns, heading, scale):
    assert numbers(columns, table(heading)) == pytest.approx(scale * np.array([2, 4, 16]), rel=1e-12)


def test_a_stated_unit_is_that_of_a_heading_without_one():
    assert numbers("G = g [nS]", table("g,x")) == pytest.approx(1e-9 * np.array(CURRENT))


def test_a_voltage_over_a_current_is_a_resistance():
    values = numbers("R = V/I", table("I (uA),V (V)"), "Ohm", "resistance")
    assert values == pytest.approx([0.5e6, 0.25e6, 0.0625e6])


def test_a_mapping_says_the_same_as_a_text():
    assert with_columns(table(), {"G": "Iread/Vread"}) == with_columns(table(), "G = Iread/Vread")


def test_headings_may_contain_commas_with_and_without_quotes():
    source = table_of('"G, read";direction\n1,5;set\n2,5;reset', "f.csv")
    for columns in ('G = "G, read", direction = direction', "G = G, read, direction = direction"):
        assert numbers(columns, source) == pytest.approx([1.5, 2.5])


def test_columns_without_headings_are_named_by_their_places():
    result = with_columns(table_of("1 2.5\n2 3.5\n3 4.5"), "pulse = #1, G = #2 [uS]")
    assert [column.heading for column in result.columns] == ["pulse", "conductance"]
    assert result.header


def test_other_columns_stay_and_those_that_would_contradict_go():
    source = table_of("device,G,Iread,Vread,Mode\na,9,1,2,set\n", "f.csv")
    result = with_columns(source, "G = Iread/Vread, direction = Mode")
    assert [column.heading for column in result.columns] == ["conductance", "direction", "device"]


def test_a_minus_sign_turns_directions_round():
    result = with_columns(table("Mode,G", (("SET", 1), ("reset", 2))), "direction = -Mode")
    assert result.columns[0].cells == ("reset", "set")
    result = with_columns(table("Vp,G", ((1.5, 1), (-2, 2))), "direction = -Vp")
    assert [float(cell) for cell in result.columns[0].cells] == [-1.5, 2.0]


def test_blank_cells_stay_blank_in_expressions():
    source = table_of("I;V\n1;2\n;2\n3;2\n", "f.csv")
    assert with_columns(source, "G = I/V").columns[0].cells == ("0.5", "", "1.5")


def test_results_of_tables_with_decimal_commas_are_read_back_exactly():
    source = table_of("I;V\n0,1;3\n0,7;3\n", "f.csv")
    assert numbers("G = I/V", source).tolist() == [0.1 / 3, 0.7 / 3]


MISTAKES = {
    "an unknown heading": ("G = Iraed/Vread", r"f\.csv:1: .*no column 'Iraed'; did you mean 'Iread'"),
    "an unknown quoted heading": ("G = 'Vraed'", "no column 'Vraed'; did you mean 'Vread'"),
    "an unknown name": ("conductanse = Iread", "no column 'conductanse'; did you mean 'conductance'"),
    "a place too far": ("G = #7", "there is no column #7; the table has 2"),
    "a place too far in an expression": ("G = 2*#7", "there is no column #7; the table has 2"),
    "no equation": ("Iread", "'Iread' is no equation"),
    "nothing": ("  ", "no column is named"),
    "no right side": ("G =", "'conductance =' has no right side"),
    "a name twice": ("G = Iread, conductance = Vread", "'conductance' is defined twice"),
    "an open bracket": ("G = (Iread", "lacks a closing bracket"),
    "an open quote": ("G = 2*'Iread", "lacks a closing quote"),
    "two operands in a row": ("G = Iread Vread", "cannot read 'Vread'"),
    "a missing operand": ("G = Iread/", "ends where a heading or a number is expected"),
    "a power": ("G = Iread**2", r"no column '\*2'|no column"),
    "code": ("G = __import__('os')", "no column '__import__'"),
    "an unknown unit": ("G = Iread/Vread [uX]", "unknown unit 'uX'"),
    "an unknown unit of a heading": ("G = Iread [uX]/Vread", "unknown unit 'uX'"),
    "a division by zero": ("G = Iread/(Vread - 0.5)", r"f\.csv:2: .*is not finite"),
    "nothing over nothing": ("G = (Iread-Iread)/(Vread-Vread)", r"f\.csv:2: .*is not finite"),
    "too deep brackets": ("G = " + "(" * 5000 + "Iread", "characters|deeper"),
    "too many signs": ("G = " + "-" * 1500 + "Iread", "deeper than"),
    "a long text": ("G = " + "Iread+" * 5000, "at most 10,000"),
}


@pytest.mark.parametrize(("columns", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_wrong_equation_ends_in_one_line(columns, message):
    with pytest.raises(ms.MemsimError, match=message) as refusal:
        with_columns(table(), columns)
    assert "\n" not in str(refusal.value)


def test_units_that_do_not_fit_are_refused():
    with pytest.raises(ms.InputError, match=r"only a part of the headings .* has units"):
        with_columns(table("I (uA),V"), "G = I/V")
    with pytest.raises(ms.InputError, match="the result is in Ohm, not in S"):
        with_columns(table("I (uA),V (V)"), "G = V/I")
    with pytest.raises(ms.InputError, match="the result is in S, not in A"):
        with_columns(table("I (uA),V (V)"), "G = I/V [uA]")
    with pytest.raises(ms.InputError, match="adds A and V"):
        with_columns(table("I (uA),V (V)"), "G = I+V")


def test_a_heading_that_occurs_twice_is_named_by_its_place():
    source = table_of("G,G,direction\n1,2,set\n", "f.csv")
    with pytest.raises(ms.InputError, match="several columns are called 'G'; name one by its place: #1 and #2"):
        with_columns(source, "G = G")
    assert with_columns(source, "G = #2").columns[0].cells == ("2",)


def test_a_cell_that_is_no_number_is_named_with_its_line():
    with pytest.raises(ms.DataError, match=r"f\.csv:3: 'Iread' is not a finite number: 'off'"):
        with_columns(table(rows=((1, 2), ("off", 2))), "G = Iread/Vread")


def test_equations_of_another_type_are_refused():
    with pytest.raises(ms.InputError, match="a mapping, not list"):
        parse_columns(["G"])  # type: ignore[arg-type]
