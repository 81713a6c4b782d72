"""Headings of columns: the names that memsim knows, and the units that people write into headings."""

from __future__ import annotations

import re

from memsim.units import unit_of

MEANS = ("mean", "avg", "average", "median")


def _of_reads(*names: str) -> tuple[str, ...]:
    """Names of a quantity, and the same with a word that says that it was read, or is a mean of reads."""
    words = ("read", "meas", "measured", "verify", "verified", *MEANS)
    return (*names, *(text for name in names for word in words for text in (f"{name} {word}", f"{word} {name}")))


CONDUCTANCE = _of_reads("conductance", "g", "normalised conductance", "normalized conductance")
WEIGHT = ("weight", "w", "value", "state")
RESISTANCE = _of_reads("resistance", "r")
_ENDINGS = ("", " id", " number", " no", " name", " index")
DEVICE = tuple(name + end for name in ("device", "cell", "dut", "memristor", "address") for end in _ENDINGS)
SAMPLE = ("sample",)
ROW = ("row", "rows", "wordline", "wl")
COL = ("col", "cols", "column", "columns", "bitline", "bl")
AXES = tuple(tuple(name + end for name in names for end in _ENDINGS) for names in (ROW, COL))
COORDINATES = (("x",), ("y",))
HOLDERS = tuple(
    name + end
    for name in ("lot", "wafer", "chip", "die", "site", "array", "crossbar", "tile", "position")
    for end in _ENDINGS
)
"""What holds cells."""
PLACE = (*AXES[0], *AXES[1], *COORDINATES[0], *COORDINATES[1], *HOLDERS, *SAMPLE)
"""Where a cell lies, or on what."""
CYCLE = ("cycle", "cycle number", "loop", "repetition", "run", "epoch", "turn")
PULSE = (
    "pulse",
    "pulse number",
    "pulse num",
    "number of pulses",
    "pulse index",
    "pulse idx",
    "pulse no",
    "pulse count",
    "n",
    "index",
    "step",
    "no",
)
READ = ("read", "read index", "read number", "reading")
DIRECTION = (
    "direction",
    "dir",
    "polarity",
    "pulse direction",
    "pulse polarity",
    "pulse type",
    "set reset",
    "ltp ltd",
    "up down",
    "potentiation depression",
    "type",
    "branch",
    "sign",
    "operation",
    "op",
    "mode",
    "phase",
)
UP = ("up", "set", "potentiation", "ltp", "pot", "increase", "conductance up", "g up", "g set", "g ltp")
DOWN = ("down", "reset", "depression", "ltd", "dep", "decrease", "conductance down", "g down", "g reset", "g ltd")
PULSE_VOLTAGE = (
    "pulse voltage",
    "vpulse",
    "pulse v",
    "pulse amplitude",
    "amplitude",
    "vp",
    "write voltage",
    "vwrite",
    "program voltage",
    "programming voltage",
    "vprog",
)
SET_VOLTAGE, RESET_VOLTAGE = (("set voltage", "vset"), ("reset voltage", "vreset"))
PULSE_SETTINGS = (
    *SET_VOLTAGE,
    *RESET_VOLTAGE,
    "pulse height",
    "gate voltage",
    "vgate",
    "vg",
    "compliance",
    "compliance current",
    "icc",
    "pulse width",
    "width",
    "pulse duration",
    "duration",
    "pulse length",
    "pulse time",
    "write time",
    "tpulse",
    "tp",
    "twrite",
    "pw",
)
"""Further settings of pulses, which are to be equal within a direction."""
TEMPERATURE = ("temperature", "temp", "chuck temperature", "stage temperature")
_TEMPERATURES = ("k", "c", "\u00b0c", "degc", "deg c", "celsius", "kelvin")
READ_VOLTAGE = ("read voltage", "vread", "voltage", "v")
READ_CURRENT = (*_of_reads("current", "i")[2:], "current", "i")
TIME = (
    "time",
    "t",
    "elapsed",
    "elapsed time",
    "retention time",
    "time since programming",
    "time after programming",
    "delay",
    "delay time",
    "wait time",
    "waiting time",
    "bake time",
    "baking time",
    "storage time",
    "stress time",
    "hold time",
    "aging time",
    "ageing time",
)
LEVEL = ("target", "target conductance", "g target", "level", "aim", "programmed level", "programmed conductance")
_SPELLED = {
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "days"), "day"),
    **dict.fromkeys(("volt", "volts"), "V"),
    **dict.fromkeys(("amp", "amps", "ampere", "amperes"), "A"),
    **dict.fromkeys(("ohms",), "Ohm"),
    "siemens": "S",
}
"""Words, in lower case, and the units that they mean."""


def folded(text: str) -> str:
    """Heading without case, blanks and punctuation; bars mean the absolute value."""
    text = text.lower().strip()
    if len(text) > 2 and text[0] == text[-1] == "|":
        text = "abs" + text
    return re.sub(r"[^a-z0-9]", "", text)


KNOWN = frozenset(
    folded(name)
    for names in (CONDUCTANCE, WEIGHT, RESISTANCE, DEVICE, SAMPLE, CYCLE, PULSE, READ, DIRECTION, UP, DOWN, TIME)
    for name in (*names, *PULSE_VOLTAGE, *READ_VOLTAGE, *READ_CURRENT)
)
"""All names of columns of pulses and reads, folded."""
OTHERS = frozenset(folded(name) for names in (PLACE, PULSE_SETTINGS, TEMPERATURE, LEVEL) for name in names)
"""Names, folded, of columns that say something else of rows."""
SETTINGS = frozenset(folded(name) for name in (*PULSE_VOLTAGE, *PULSE_SETTINGS))
"""Names, folded, of columns that set the pulses."""
_LABELS = frozenset(folded(name) for names in (DEVICE, SAMPLE, CYCLE, DIRECTION, TIME) for name in names)
PLAIN_UNITS = ("", "1", "-", "a.u.", "arb. units", "norm.", "normalised", "normalized")
"""Units, in lower case, of plain numbers."""
_COUNTS = ("#", "count", "counts", "pulses", "no.")
_FUNCTIONS = ("abs", "log", "log10", "ln", "sqrt", "exp")
_READ_AT = re.compile(
    r"[\s_]{0,3}[(\[]?(?:@|(?<![A-Za-z])at[\s_])\s{0,3}(?:V\w{0,9}\s{0,3}=\s{0,3})?([0-9]{1,9}(?:[.,][0-9]{1,9})?)\s?(m?V)"
    r"(?![A-Za-z0-9])[)\]]?"
)
"""The read voltage in a heading such as "Conductance@0.1V (uS)"."""


def holds_numbers(heading: str) -> bool:
    """Whether a heading says that its column holds measured numbers; times may be those of a clock."""
    names = {folded(heading), folded(heading.rstrip("0123456789"))}
    return bool(names & KNOWN) and not names & _LABELS


_MEASURES = {
    dimension: frozenset(folded(name) for name in names)
    for dimension, names in (
        ("V", (*PULSE_VOLTAGE, *READ_VOLTAGE)),
        ("A", READ_CURRENT),
        ("S", CONDUCTANCE),
        ("Ohm", RESISTANCE),
        ("s", TIME),
    )
}
"""Names, folded, of quantities with one dimension."""


def read_voltage_in(heading: str) -> float | None:
    """Voltage [V] in a heading such as "Conductance@0.1V (uS)"; None where there is none."""
    match = _READ_AT.search(heading)
    return None if match is None else float(match.group(1).replace(",", ".")) * (1e-3 if match.group(2) == "mV" else 1)


def split_unit(cell: str) -> tuple[str, str]:
    """Heading and unit of a cell, as `_split` finds them, with the symbol of a unit that is spelled out."""
    heading, unit = _split(cell)
    return heading, _SPELLED.get(unit.lower(), unit)


def _split(cell: str) -> tuple[str, str]:
    """Heading and unit of "G (uS)", "conductance [nS]", "time in s", "V/V", "I_nA", "R kOhm", "G@0.1V (uS)"."""
    text = _READ_AT.sub("", " ".join(cell.split()))
    if text[-1:] in (")", "]"):
        opening = text.rfind("(" if text[-1] == ")" else "[")
        head, unit = text[:opening].strip(), text[opening + 1 : -1].strip()
        call = text[opening - 1 : opening] != " " and head.lower() in _FUNCTIONS
        return (text, "") if opening < 1 or not head or call else (head, unit)
    for sign in (" in ", "_in_"):
        head, mark, unit = text.rpartition(sign)
        if mark and head and unit and " " not in unit:
            return head.strip(), unit
    head, mark, unit = text.rpartition("/")
    if mark and head and _is_unit(unit.strip()) and _agree(head.strip(), unit.strip()):
        return head.strip(), unit.strip()
    for sign in (" ", "_"):
        head, mark, unit = text.rpartition(sign)
        known = unit_of(unit) if mark and head else None
        # One letter could be an index: V_S, R_A.
        if len(unit) == 1 and (known is None or len(head) < 2 or folded(head) not in _MEASURES.get(known[0], ())):
            continue
        if known is not None and known[0] in ("V", "A", "S", "Ohm", "s") and unit not in ("min", "day"):
            return head.strip(), unit
    return text, ""


def is_temperature(heading: str, unit: str) -> bool:
    """Whether a heading of one letter and its unit say that a column holds temperatures: "T (K)"."""
    return heading == "T" and unit.lower() in _TEMPERATURES


def is_units(cells: list[str]) -> bool:
    """Whether a line holds units, such as "V, uA, -": at least one real one and nothing else."""
    inner = [cell.strip().strip("()[]").strip() for cell in cells]
    plain = [unit.lower() in PLAIN_UNITS or unit.lower() in _COUNTS for unit in inner]
    known = [unit_of(_SPELLED.get(unit.lower(), unit)) is not None for unit in inner]
    return any(k and not p for k, p in zip(known, plain, strict=True)) and all(
        k or p for k, p in zip(known, plain, strict=True)
    )


def unit_in(cell: str) -> str:
    """Unit in a cell of a line of units; empty for plain numbers."""
    unit = cell.strip().strip("()[]").strip()
    return "" if unit.lower() in PLAIN_UNITS or unit.lower() in _COUNTS else _SPELLED.get(unit.lower(), unit)


def _is_unit(text: str) -> bool:
    return text.lower() in PLAIN_UNITS[1:] or unit_of(text) is not None


def _agree(head: str, unit: str) -> bool:
    """Whether what stands before a slash may have the unit behind it: I/V is a ratio, V/V a voltage in volts."""
    known = unit_of(unit)
    return known is None or all(
        dimension == known[0] for dimension, names in _MEASURES.items() if folded(head) in names
    )
