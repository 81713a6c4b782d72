"""A commented profile to start from, written from the schema: every key with an example, its range and its meaning."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from memsim.document import DocumentError, parse_value
from memsim.document.walk import choices_of
from memsim.errors import InputError
from memsim.profiles.catalog import device_from_text, load_device
from memsim.profiles.endurance import ENDURANCES
from memsim.profiles.parameters import REQUIRED, allowed_of, default_of, section_of
from memsim.profiles.physics import CONDUCTIONS, PROGRAMMINGS, RETENTIONS, Faults, Read
from memsim.profiles.provenance import PROVENANCE
from memsim.profiles.schema import CycleToCycle, DeviceToDevice, Window, WriteNoise
from memsim.profiles.updates import UPDATES
from memsim.storage.library import similar

START = "neurosim"
"""Update model of a starting file, unless another one is asked for."""

# Models whose numbers must fit to each other start with those of a shipped device, the others with the examples.
_SHIPPED = {
    "power-law": "nbsto-tiotto2021",
    "vteam": "vteam-kvatinsky2015",
    "yakopcic": "agsi-yakopcic2011",
    "ion-drift": "tio2-strukov2008",
}
_COLUMN = 36
_WIDTH = 118
_HEAD = """\
# A device profile for memsim. Fill it in, then: memsim device validate {file}
#
# Quantities are written as number and unit: 38.5 nS, 1.6 V, 50 ns (prefixes a f p n u m k M G T). Shares are written
# in percent (3.7 %) or as a number up to 1 (0.037).
#
# Every number says where it comes from. Its `status` is one of
#   measured   reported from a measurement
#   digitised  read from a figure by somebody else than its authors
#   fitted     parameter of a model that was fitted to a measurement
#   computed   arithmetic on reported figures
#   assumed    nobody measured it
# and all but `assumed` need a `source`, one of the keys under `sources`. Both hold for everything inside the section
# in which they stand; the innermost wins. One number alone is written in long form:
#   max: {{value: 10 uS, source: mine, where: fig. 2, status: measured, note: read at 0.1 V}}
#
# `relative_to` says what a sigma is a share of. It has no default: papers mean different things by "3 %".
#
# To change a few values of another profile, write `extends: taox-hfox-wu2018` (or the name of a file in this folder)
# below, and leave out everything that stays as it is there.
#
# So that an editor completes keys and checks values while you type: memsim device schema --help.
#
# '#' before a key: it may be left out, and what holds then is said behind it.

name: {name}
title: A new device, in one line
technology: oxide RRAM
# notes: Anything that a user of this profile should know.
sources:
  mine: {{cite: Own measurement, where: lab book}}
status: assumed  # the numbers below are examples; give yours their own status and source
"""
_GAP = re.compile(r"(?<=[^\s#])( +)  # |(?<=#)( {8,})  # ")
"""In front of the comment of a line, or of one that only goes on with the comment; not between two signs of a key."""
_MORE = "\n# What else a device can do: take away the first '# ' of each line of a section to use it.\n"


def starting_file(file: str, model: str = START, schema: str | None = None) -> str:
    """Text of a valid profile with comments, for a file of this name.

    Parameters
    ----------
    file : str
        The file's name, from which the device gets its own.
    model : str
        The update model.
    schema : str, optional
        Where the JSON Schema for editors lies, seen from the file.

    Raises
    ------
    InputError
        There is no such update model.
    """
    classes = {name: update for update in UPDATES for name in choices_of(update.model_fields["model"].annotation)}
    if model not in classes:
        raise InputError(f"unknown update model '{model}'{similar(model, classes)} ('memsim device models' shows all)")
    update = classes[model]
    # Some models need one of several keys, and some have a noise of their own: the first text that is valid.
    candidates = [
        "",
        *(key for key, field in update.model_fields.items() if field.examples and not field.is_required()),
    ]
    texts = [_text(file, update, model, schema, also, noisy) for noisy in (True, False) for also in candidates]
    return next((text for text in texts if _valid(text)), texts[0])


def device_name(file: str) -> str:
    """A name that profiles allow, as near to a file's as can be."""
    stem = file.rpartition("/")[2].removesuffix(".yaml").removesuffix(".yml").lower()
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in stem).split()
    return "-".join(words)[:64].strip("-") or "my-device"


def _valid(text: str) -> bool:
    try:
        device_from_text(text)
    except DocumentError:
        return False
    return True


def _text(file: str, update: type[BaseModel], model: str, schema: str | None, also: str, noisy: bool) -> str:
    given = _values(load_device(_SHIPPED[model]).document.data) if model in _SHIPPED else {}
    pulses = list(_lines(CycleToCycle, 2))
    variability = [
        *_titled("variability", "spreads from pulse to pulse and from cell to cell", 0),
        *_titled("c2c", "cycle to cycle, for every pulse", 1, live=noisy),
        *(pulses if noisy else _off(pulses, 1)),
        *_off([*_titled("write", _summary(WriteNoise), 1), *_lines(WriteNoise, 2)], 1),
        *_titled("d2d", "device to device, drawn once a cell: any parameter by its path", 1),
        *_titled("conductance.max", "", 2),
        *_lines(DeviceToDevice, 3),
    ]
    optional = []
    for key, members in (
        ("retention", RETENTIONS),
        ("endurance", ENDURANCES),
        ("programming", PROGRAMMINGS),
        ("conduction", CONDUCTIONS),
    ):
        names = [choice for member in members for choice in choices_of(member.model_fields["model"].annotation)]
        body = [*_titled(key, f"models: {', '.join(names)}", 0), *_lines(members[0], 1, model=names[0])]
        optional += ["", *_off(body, 0)]
    optional += ["", *_off([*_titled("faults", _summary(Faults), 0), *_lines(Faults, 1, Faults.model_fields)], 0)]
    sections = [
        [*_titled("conductance", "the window", 0), *_lines(Window, 1, values=given.get("conductance"))],
        [*_titled("update", f"{_summary(update)}", 0), *_lines(update, 1, (also,), model, given.get("update"))],
        variability,
        [*_titled("read", _summary(Read), 0), *_lines(Read, 1, ("noise",), values=given.get("read"))],
    ]
    modeline = f"# yaml-language-server: $schema={schema}\n" if schema else ""
    head = modeline + _HEAD.format(file=file, name=device_name(file))
    return head + "\n" + "\n".join("\n".join(lines) + "\n" for lines in sections) + _MORE + "\n".join(optional) + "\n"


def _lines(
    schema: type[BaseModel], depth: int, also: Collection[str] = (), model: str = "", values: Any = None
) -> Iterator[str]:
    """A section's keys with comments; those that may be left out and are not among `also` are commented out."""
    values = values if isinstance(values, dict) else {}
    fields = {key: field for key, field in schema.model_fields.items() if key not in PROVENANCE}
    for key in sorted(fields, key=lambda key: (key != "model", not fields[key].is_required(), key not in also)):
        field = fields[key]
        inner = section_of(field)
        if inner is not None:
            example = values.get(key) or (parse_value(field.examples[0]) if field.examples else None)
            lines = [*_titled(key, field.description or "", depth), *_lines(inner, depth + 1, values=example)]
        else:
            default = default_of(field)
            left_out = f"if left out: {default}" if default not in ("", REQUIRED) else ""
            said = "" if key == "model" else allowed_of(field)
            value = model if key == "model" else str(values.get(key, _example(field)))
            lines = list(_titled(key, "; ".join(filter(None, (said, field.description, left_out))), depth, value))
        yield from lines if field.is_required() or key in also else _off(lines, depth)


def _values(data: Any) -> Any:
    """The values of a profile without where they come from."""
    if not isinstance(data, dict):
        return data
    return data["value"] if "value" in data else {k: _values(v) for k, v in data.items() if k not in PROVENANCE}


def _example(field: FieldInfo) -> str:
    return str(field.examples[0] if field.examples else next(iter(choices_of(field.annotation)), default_of(field)))


def _titled(key: str, comment: str, depth: int, value: str = "", live: bool = True) -> Iterator[str]:
    """A line with a key and a comment, which goes on below where it is long."""
    start = f"{'  ' * depth}{key}:" + (f" {value}" if value else "")
    first, *more = textwrap.wrap(comment, _WIDTH - _COLUMN) or [""]
    lines = [f"{start:<{_COLUMN - 2}}  # {first}" if first else start, *(f"{'':<{_COLUMN}}# {line}" for line in more)]
    yield from lines if live else _off(lines, depth)


def _off(lines: Collection[str] | Iterator[str], depth: int) -> list[str]:
    """The lines commented out, where they begin."""
    at = 2 * depth
    # Two spaces less in front of the comment keep the comments in their column.
    return [_GAP.sub(r"\1\2# ", f"{line[:at]}# {line[at:]}", count=1) for line in lines]


def _summary(schema: type[BaseModel]) -> str:
    return (schema.__doc__ or "").partition("\n")[0].rstrip(".")
