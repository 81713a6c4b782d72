"""Physical quantities as people write them: "38.5 nS" to 3.85e-8 and back, with the dimension checked."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

from memsim.errors import InputError, nearest

# Symbol of the SI unit -> what it measures, an example for messages.
_UNITS = {
    "V": ("a voltage", "0.5 V"),
    "A": ("a current", "1 uA"),
    "S": ("a conductance", "10 uS"),
    "Ohm": ("a resistance", "5 kOhm"),
    "s": ("a time", "50 ns"),
    "Hz": ("a frequency", "1 MHz"),
    "m": ("a length", "30 nm"),
    "m^2": ("an area", "1200 um^2"),
    "J": ("an energy", "1 eV"),
    "W": ("a power", "1 uW"),
    "K": ("a temperature", "300 K"),
    "F": ("a capacitance", "1 fF"),
    "F/m": ("a capacitance per length", "0.2 fF/um"),
    "C": ("a charge", "1 pC"),
    "m/s": ("a speed", "10 nm/s"),
    "m^2/Vs": ("a mobility", "1e-14 m^2/Vs"),
    "S/V": ("a conductance per volt", "-20 uS/V"),
    "S/V^2": ("a conductance per volt squared", "9 uS/V^2"),
    "1": ("a plain number", "0.05"),
}
_PREFIXES = {"a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12}
_PREFIX_OF = {exponent: prefix for prefix, exponent in _PREFIXES.items()}
_SPELLINGS = {
    "Ohm": ("Ohm", "ohm", "Ω", "\u2126"),
    "m^2": ("m^2", "m2", "m\u00b2"),
    "m^2/Vs": ("m^2/Vs", "m2/Vs", "m\u00b2/Vs"),
    "S/V^2": ("S/V^2", "S/V2", "S/V\u00b2"),
}
# A prefix would belong to the metre and be squared with it: refused, so that nobody need know.
_BARE = {"m^2/Vs"}
# A prefix of an area is squared with the metre, as everywhere: 1 um^2 is 1e-12 m^2.
_SQUARED = {"m^2"}
_MICRO = ("\u00b5", "\u03bc")  # the micro sign and the Greek letter look alike
_LENGTHS = {"m": 0, "mm": -3, "um": -6, "nm": -9} | {f"{micro}m": -6 for micro in _MICRO}
_LONG_TIMES = {"min": 60.0, "h": 3600.0, "day": 86400.0, "d": 86400.0, "y": 31557600.0}  # a Julian year
ELECTRONVOLT = 1.602176634e-19
"""[J]; exact since the SI of 2019."""
_NUMBER = re.compile(r"\s*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(?:[eE]([+-]?[0-9]{1,6}))?\s*([^\s0-9.,][^\s]*)?\s*")
_LONGEST = 80


def _symbols() -> dict[str, tuple[str, int, float]]:
    """Every accepted symbol -> SI unit, power of ten, further factor."""
    table: dict[str, tuple[str, int, float]] = {"%": ("1", -2, 1.0)}
    for unit in _UNITS:
        if unit == "1":
            continue
        for spelling in _SPELLINGS.get(unit, (unit,)):
            for prefix, exponent in {"": 0}.items() if unit in _BARE else _PREFIXES.items():
                power = 2 * exponent if unit in _SQUARED else exponent
                for written in (prefix, *_MICRO) if prefix == "u" else (prefix,):
                    table[written + spelling] = (unit, power, 1.0)
    for symbol, (_, exponent, _) in [(symbol, known) for symbol, known in table.items() if known[0] == "F"]:
        table.update({f"{symbol}/{length}": ("F/m", exponent - below, 1.0) for length, below in _LENGTHS.items()})
    table.update({symbol: ("s", 0, factor) for symbol, factor in _LONG_TIMES.items()})
    table["eV"] = ("J", 0, ELECTRONVOLT)
    return table


_SYMBOLS = _symbols()


def parse_quantity(value: Any, unit: str) -> float:
    """Value in SI units (a fraction for "%") of a quantity such as "38.5 nS".

    Parameters
    ----------
    value : str, int or float
        Number and unit with an optional prefix from a to T ("1 us", "5 kOhm", "3.7 %", "2 h"). Plain numbers are
        accepted only where a dimensionless quantity is wanted.
    unit : str
        SI unit that is wanted: "V", "A", "S", "Ohm", "s", "Hz", "m", "m^2", "J", "W", "K", "F", "F/m", "C", "m/s",
        "m^2/Vs", "S/V", "S/V^2", or "1" (dimensionless).

    Raises
    ------
    InputError
        The unit is missing, unknown or of another dimension, or the number is malformed or not finite.
    """
    unit = _wanted(unit)
    example = _UNITS[unit][1]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        given = "no value" if value is None else _brief(value)
        raise InputError(f"{given} where {_UNITS[unit][0]} is wanted; write e.g. '{example}'")
    if not isinstance(value, str):
        try:
            return _plain(float(value), _brief(value), unit)
        except OverflowError:
            raise InputError(f"{_brief(value)} is too large") from None
    text = value.replace("\u2212", "-")  # papers print a true minus sign
    match = _NUMBER.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None and text.strip().lower().lstrip("+-").startswith(("inf", "nan")):
        raise InputError(f"{_brief(value)} is not a finite number")
    if match is None:
        raise InputError(f"cannot read {_brief(value)} as a number with a unit; write e.g. '{example}'")
    digits, power, symbol = match.groups()
    if symbol is None:
        return _plain(_number(digits, int(power or 0), value), value.strip(), unit)
    if symbol not in _SYMBOLS:
        raise InputError(f"unknown unit '{symbol}' in {_brief(value)}{_similar(symbol, unit)}")
    found, exponent, factor = _SYMBOLS[symbol]
    if found != unit:
        same = [s for s, (u, _, _) in _SYMBOLS.items() if u == unit and s.lower() == symbol.lower()]
        hint = f"; did you mean '{same[0]}'?" if same else ""
        raise InputError(f"{_brief(value)} is {_in_words(found)}, not {_in_words(unit)}{hint}")
    return _number(digits, int(power or 0) + exponent, value) * factor


def unit_of(symbol: str) -> tuple[str, float] | None:
    """SI unit and factor of a symbol such as "nS" ("S", 1e-9); None where the symbol is unknown."""
    known = _SYMBOLS.get(symbol)
    return None if known is None else (known[0], float(f"1e{known[1]}") * known[2])


def dimension_of(symbol: str) -> str:
    """SI unit of a symbol such as "nS"; empty where the symbol is unknown."""
    known = unit_of(symbol)
    return "" if known is None else known[0]


def format_quantity(si_value: float, unit: str, digits: int | None = None) -> str:
    """Text such as "38.5 nS" that `parse_quantity` reads back to the same float.

    Parameters
    ----------
    si_value : float
        Value in SI units.
    unit : str
        SI unit as for `parse_quantity`; "%" prints a fraction in percent.
    digits : int, optional
        Significant digits to round to, for display; all that are needed by default.
    """
    number = float(si_value)
    symbol = "" if unit == "1" else unit
    _wanted(unit)
    if not math.isfinite(number):
        return f"{number} {symbol}".rstrip()
    exact = Decimal(repr(number) if digits is None else f"{number:.{digits}g}")
    if unit in ("1", "%") or unit in _BARE:
        return f"{_digits(exact.scaleb(2) if unit == '%' else exact)} {symbol}".rstrip()
    if unit == "F/m":
        return f"{_digits(exact.scaleb(9))} fF/um"
    if unit in _SQUARED:
        # 0.01 mm^2 and 0.001 um^2 are easier to read than 10000 um^2 and 1000 nm^2.
        power = -12 if exact == 0 else -6 if exact.adjusted() >= -8 else -12 if exact.adjusted() >= -15 else -18
        return f"{_digits(exact.scaleb(-power))} {_PREFIX_OF[power // 2]}{symbol}"
    largest = 0 if unit == "s" else 12  # nobody writes kiloseconds
    exponent = 0 if exact == 0 else min(max(exact.adjusted() // 3 * 3, -18), largest)
    return f"{_digits(exact.scaleb(-exponent))} {_PREFIX_OF[exponent]}{symbol}"


def moment(seconds: float) -> str:
    """A time in words for a reader, in the largest unit that divides it well: "25 s", "1 h", "2 days"."""
    for unit, size in (("y", 365.25 * 86400), ("day", 86400.0), ("h", 3600.0), ("min", 60.0)):
        count = seconds / size
        if count >= 1 and math.isclose(count, round(count, 2), rel_tol=1e-6):
            return f"{count:g} {unit}{'s' * (unit == 'day' and count != 1)}"
    return format_quantity(seconds, "s") if seconds else "0 s"


def rounded_moment(seconds: float) -> str:
    """A time with two digits in the largest unit that it exceeds: "19 s", "4.3 days"."""
    for unit, size in (("y", 365.25 * 86400), ("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= size:
            return f"{float(f'{seconds / size:.2g}'):g} {unit}"
    return format_quantity(seconds, "s", 2)


def quantity_pattern(unit: str) -> str:
    """Regular expression (ECMA 262) of the texts that `parse_quantity` reads as a quantity of a unit, for editors."""
    base = _wanted(unit)
    number = r"[+\-\u2212]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+\-\u2212]?[0-9]{1,6})?"
    symbols = sorted(re.escape(symbol) for symbol, (found, _, _) in _SYMBOLS.items() if found == base)
    return rf"^\s*{number}\s*({'|'.join(symbols)}){'?' if base == '1' else ''}\s*$"


def _wanted(unit: str) -> str:
    base = "1" if unit == "%" else unit
    if base not in _UNITS:
        raise ValueError(f"unit must be one of {', '.join(_UNITS)} or %, not {unit!r}")
    return base


def _number(digits: str, power: int, given: str) -> float:
    # One decimal-to-binary rounding: 38.5 * 1e-9 would not be the float 3.85e-8.
    number = float(f"{digits}e{power}")
    if not math.isfinite(number) or (number == 0 and digits.strip("+-0.")):
        raise InputError(f"'{given.strip()}' is too {'small' if number == 0 else 'large'} for a number")
    return number


def _plain(number: float, given: str, unit: str) -> float:
    if not math.isfinite(number):
        raise InputError(f"{given} is not a finite number")
    if unit == "1":
        return number
    plain = number == 0 or 1e-3 <= abs(number) < 1e4
    raise InputError(f"{given} has no unit; write '{f'{given} {unit}' if plain else format_quantity(number, unit)}'")


def _similar(symbol: str, unit: str) -> str:
    hint = nearest(symbol, [s for s, (u, _, _) in _SYMBOLS.items() if u == unit and s.isascii()])
    return hint if "did you mean" in hint else f"; write e.g. '{_UNITS[unit][1]}'"


def _in_words(unit: str) -> str:
    return f"{_UNITS[unit][0]} ({unit})" if unit != "1" else _UNITS[unit][0]


def _digits(number: Decimal) -> str:
    if number == 0:
        return "0"
    if not -7 < number.adjusted() < 16:
        return str(number.normalize()).lower().replace("e+", "e")
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _brief(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 40 else text[:36] + "..." + text[-1]
