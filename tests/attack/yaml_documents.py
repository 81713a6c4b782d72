"""Damage that YAML documents can have: values of other types, sizes and units, and sections in other places."""

from __future__ import annotations

import copy
import json
import random
import re
from typing import Any, NamedTuple

from ruamel.yaml import YAML


class Verbatim(NamedTuple):
    """YAML that is written as it stands."""

    text: str


OTHER_PLACES = (
    "../outside.yaml",
    "/etc/passwd",
    "/dev/zero",
    "~/outside.yaml",
    "../outside.png",
    "../outside.nc",
    "..",
)
"""Places that no file may make memsim read."""

_NUMBERS = ("0", "-0.0", "1", "-1", "2", "0.5", "1e-320", "1e308", "-1e308", "1e400", "1e9", "1e15", "2147483648")
_NUMBERS += (
    "9223372036854775808",
    "9" * 90,
    "9" * 5000,
    "0x7fffffffffffffff",
    ".nan",
    ".inf",
    "-.inf",
    "1e-9",
    "100000",
)
_TEXTS = (
    "null",
    "true",
    '""',
    "[]",
    "{}",
    "none",
    '"\\0"',
    '"\\e[2J"',
    '"\\u202e"',
    '"a\\nb"',
    "2020-01-01",
    "1:30",
    "=",
)
_TEXTS += (
    "&a [1]",
    "*a",
    "&a [*a]",
    "<<",
    "!!python/object/apply:os.system ['true']",
    "!!binary aGk=",
    "!!set {a}",
    "? x",
)
_TEXTS += ("a" * 300, "a" * 9000, "'%s%n{0}'", "[red]x[/]", "__class__", "..", *OTHER_PLACES)
_UNITS = ("V", "A", "S", "s", "Ohm", "%", "K", "J", "m", "eV", "parsec", "uS", "µS", "degC", "y", "1/s", "V V", "")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")


def changed(text: str, others: list[str], rng: random.Random) -> str:
    """A document with one to four values or sections that are changed; `others` lend theirs."""
    data = _parsed(text)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        places = _places(data)
        if not places:
            break
        holder, key = rng.choice(places)
        match rng.randrange(9):
            case 0:
                holder[key] = hostile_value(holder[key], rng)
            case 1 | 2:
                section, name = rng.choice([place for place in places if _is_number(place)] or places)
                section[name] = hostile_value(section[name], rng)
            case 3:
                section, name = rng.choice(_places(_parsed(rng.choice(others))))
                holder[name if isinstance(holder, dict) and isinstance(name, str) else key] = section[name]
            case 4:
                lender = _parsed(rng.choice(others))
                shared = [name for name in data if name in lender]
                if shared:
                    name = rng.choice(shared)
                    data[name] = lender[name]
                    if isinstance(data.get("sources"), dict) and isinstance(lender.get("sources"), dict):
                        data["sources"] = {**lender["sources"], **data["sources"]}
            case 5:
                other, name = rng.choice(places)
                holder[key] = copy.deepcopy(other[name])
            case 6:
                del holder[key]
            case 7:
                if isinstance(holder, dict):
                    holder[rng.choice(("x", "", "name", "extends", "model", "value", "a.b", "__init__"))] = holder[key]
                else:
                    holder.extend([holder[key]] * rng.choice((1, 2, 1000)))
            case _:
                if isinstance(holder, dict):
                    name = (
                        key[:-1]
                        if rng.random() < 0.5
                        else rng.choice(("a" * 300, "\x07", "1", "null", "é", key.upper()))
                    )
                    holder[name] = holder.pop(key)
                else:
                    rng.shuffle(holder)
    return _written(data) + "\n"


def hostile_value(value: Any, rng: random.Random) -> Any:
    """A value in place of another one: of another type, or the same number far away or in another unit."""
    text = str(value)
    number = _NUMBER.search(text)
    if number and rng.random() < 0.7:
        near = f"{float(number[0]) * 10 ** rng.randint(-3, 3):g}"
        far = f"{float(number[0]) * 10 ** rng.randint(-30, 30)!r}"
        # Those that are allowed get further than the check.
        digits = rng.choice((near, near, far, f"-{number[0].lstrip('-+')}", rng.choice(_NUMBERS)))
        unit = text[number.end() :] if rng.random() < 0.8 else f" {rng.choice(_UNITS)}"
        return Verbatim(f"{text[: number.start()]}{digits}{unit}".split("\n")[0])
    match rng.randrange(6):
        case 0:
            return Verbatim("[" * 40 + "]" * 40)
        case 1:
            return [value] * rng.choice((2, 3, 3000))
        case 2:
            return {"value": value, "status": rng.choice(("measured", "assumed", "x")), "source": "x"}
        case 3:
            return Verbatim(f"{rng.choice(_NUMBERS)} {rng.choice(_UNITS)}")
        case _:
            return Verbatim(rng.choice((*_NUMBERS, *_TEXTS)))


def _parsed(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def _places(data: Any) -> list[tuple[Any, Any]]:
    """Every section or list with each of its keys or indices."""
    if not isinstance(data, dict | list):
        return []
    keys = list(data) if isinstance(data, dict) else list(range(len(data)))
    return [(data, key) for key in keys] + [place for key in keys[:100] for place in _places(data[key])]


def _is_number(place: tuple[Any, Any]) -> bool:
    """Whether there is a number, with a unit or without."""
    value = place[0][place[1]]
    return isinstance(value, int | float | str) and _NUMBER.match(str(value)) is not None


def _written(value: Any, indent: str = "") -> str:
    """Block YAML of plain data; text is quoted."""
    if isinstance(value, Verbatim):
        return value.text
    if isinstance(value, dict) and value:
        rows = [f"{indent}{json.dumps(str(key))}: {_inside(item, indent)}" for key, item in value.items()]
        return "\n".join(rows)
    if isinstance(value, list) and value:
        return "\n".join(f"{indent}- {_inside(item, indent)}" for item in value)
    if isinstance(value, float):
        return repr(value).replace("inf", ".inf").replace("nan", ".nan")
    return json.dumps(value, default=str)


def _inside(value: Any, indent: str) -> str:
    nested = isinstance(value, dict | list) and len(value) > 0
    return f"\n{_written(value, indent + '  ')}" if nested else _written(value)
