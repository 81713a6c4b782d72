"""Arithmetic and texts of studies: nothing in them can do harm."""

from __future__ import annotations

import math

import numpy as np
import pytest

from memsim.errors import InputError
from memsim.studies.expression import Expression
from memsim.studies.text import Template, number


def expression(text: str, **values: float) -> float:
    return float(Expression.parse(text).evaluate(values))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100 * (169.30 / 274.17 - 1)", 100 * (169.30 / 274.17 - 1)),
        ("-2 ** 2", -4.0),
        ("2 ** -1 + +1", 1.5),
        ("sqrt(abs(-9)) + min(1, 2, -3) + max(4, 5)", 3 - 3 + 5),
        ("rank(5, 9, 5, 1)", 2.0),
        ("a * a - b", 5.0),
        ("1e3 + 1_0", 1010.0),
    ],
)
def test_arithmetic_is_that_of_python(text, value):
    assert expression(text, a=3, b=4) == pytest.approx(value)


def test_they_work_on_arrays_and_division_by_zero_gives_no_number():
    values = Expression.parse("a / b").evaluate({"a": np.array([1.0, -1.0, 0.0]), "b": np.zeros(3)})
    assert values[0] == np.inf and values[1] == -np.inf and np.isnan(values[2])
    assert math.isnan(expression("sqrt(-1)"))


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "().__class__",
        "a.real",
        "a[0]",
        "[a]",
        "lambda: 1",
        "a if a else a",
        "a < 1",
        "a and a",
        "not a",
        "~1",
        "a // 2",
        "a % 2",
        "a @ a",
        "a := 1",
        "a, a",
        "'a'",
        "f'{a}'",
        "1j",
        "True",
        "None",
        "...",
        "abs",
        "open(1)",
        "abs(a)(a)",
        "abs(1, 2)",
        "abs()",
        "abs(x=1)",
        "min(*a)",
        "max(1)",
        "2 ** 9",
        "2 ** a",
        "2 ** 2 ** 2",
        "9 ** (9)  ** 9",
        "1e31",
        "9" * 300,
        "1" + "+1" * 300,
        "-" * 60 + "1",
        "(" * 390,
        "a\nb",
        "a\x00",
        "ａ",
        "a b",
        "1 +",
        "",
        " ",
        "a; a",
        "yield",
    ],
)
def test_anything_else_is_refused_in_one_line(text):
    with pytest.raises(InputError) as caught:
        Expression.parse(text)
    assert len(str(caught.value).splitlines()) == 1 and len(str(caught.value)) < 200


def test_parentheses_alone_do_not_make_it_deep():
    assert expression("(" * 190 + "1" + ")" * 190) == 1


def test_an_unknown_function_gets_its_nearest():
    with pytest.raises(InputError, match="unknown function 'sqr'; did you mean 'sqrt'"):
        Expression.parse("sqr(2)")


def test_places_are_filled_with_expressions():
    text = Template.parse("it is {100 * (a / b - 1):+.1f} %, or {a:.2g}")
    assert text.names == {"a", "b"}
    assert text.fill({"a": 3e9, "b": 2e9}) == "it is +50.0 %, or 3e9"


@pytest.mark.parametrize("text", ["{a}", "{a:}", "{a:d}", "{a:.2f", "a}", "{a!r:.2f}", "{a:99999.2f}", "{{a:.1f}}"])
def test_other_places_are_refused(text):
    with pytest.raises(InputError):
        Template.parse(text)


def test_a_long_or_missing_number_stays_short():
    text = Template.parse("{a:.2f}")
    assert text.fill({"a": 1.234e20}) == "1.234e20" and text.fill({"a": math.nan}) == "undefined"
    assert text.fill({"a": -math.inf}) == "-infinite"


@pytest.mark.parametrize(
    ("value", "text"),
    [(2399.01, "2399"), (-15574.2, "-15574"), (3.2e9, "3.2e9"), (2.6e-7, "2.6e-7"), (0.0, "0"), (173.02, "173")],
)
def test_numbers_have_four_digits(value, text):
    assert number(value) == text
