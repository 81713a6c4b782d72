"""Measurements as text, and damage that tables can have: other delimiters, decimal signs, headings and encodings."""

from __future__ import annotations

import math
import random

_CELLS = (
    "",
    " ",
    "nan",
    "inf",
    "-inf",
    "1e400",
    "1e308",
    "-1",
    "0",
    "NA",
    "-",
    "#REF!",
    "=1+1",
    '"',
    "'",
    "\x00",
    "1,5",
    "1.234,5",
)
_CELLS += (
    "9" * 400,
    "1e-320",
    "set",
    "reset",
    "\x1b[2J",
    "µS",
    "(A)",
    "G (parsec)",
    "a" * 5000,
    "1e",
    "0x10",
    "١٢",
    "I1/V1 [S]",
)
PULSES = ("pulses", "columns", "devices")
"""Names of the tables whose fit describes the response to pulses."""
_ENCODINGS = ("utf-16", "utf-16-le", "utf-8-sig", "latin-1", "utf-32", "cp037")


def tables() -> dict[str, str]:
    """Small measurements of every kind that is read, by name."""
    rise = [1e-6 + 9e-6 * (1 - math.exp(-pulse / 8)) for pulse in range(24)]
    fall = [1e-6 + 9e-6 * math.exp(-pulse / 6) for pulse in range(24)]
    both = [*(("set", value) for value in rise), *(("reset", value) for value in fall)]
    directions = "\n".join(f"{pulse},{word},{value:.4g}" for pulse, (word, value) in enumerate(both, 1))
    pairs = "\n".join(f"{up:.4g},{down:.4g}" for up, down in zip(rise, fall, strict=True))
    devices = "\n".join(
        f"{device};{cycle};{pulse};{word};{value * (1 + 0.01 * device):.4e}"
        for device in (1, 2)
        for cycle in (1, 2)
        for pulse, (word, value) in enumerate(both, 1)
    )
    times = [10.0**power for power in range(6)]
    retention = "\n".join(f"{at:g},{1e-5 * at**-0.05:.5g},{4e-6 * at**-0.04:.5g}" for at in times)
    noise = "\n".join(f"{read},{1e-5 * (1 + 0.02 * math.sin(7.3 * read)):.6g}" for read in range(60))
    current = "\n".join(f"{v / 20:g},{1e-5 * math.sinh(v / 10):.5g}" for v in range(-20, 21))
    matrix = "\n".join(",".join(f"{1 + (3 * row + 5 * col) % 11:d}" for col in range(6)) for row in range(5))
    cells = "\n".join(f"{row},{col},{1 + row + col}" for row in range(4) for col in range(4))
    return {
        "pulses": f"pulse,direction,conductance (S)\n{directions}\n",
        "columns": f"set (S),reset (S)\n{pairs}\n",
        "devices": f"device;cycle;pulse;direction;conductance [S]\n{devices}\n",
        "retention": f"time (s),G1 (S),G2 (S)\n{retention}\n",
        "noise": f"read,conductance (S)\n{noise}\n",
        "iv": f"voltage (V),current (A)\n{current}\n",
        "map": f"# conductance (uS)\n{matrix}\n",
        "cells": f"row,col,conductance (uS)\n{cells}\n",
    }


def changed(text: str, rng: random.Random) -> bytes:
    """A table after one to four kinds of damage, encoded."""
    rows = [line.split("," if ";" not in text else ";") for line in text.rstrip("\n").split("\n")]
    delimiter, ending, encoding = (";" if ";" in text else ","), "\n", "utf-8"
    for _ in range(rng.choice((1, 1, 2, 4))):
        row = rng.choice(rows)
        match rng.randrange(10):
            case 0 | 1:
                row[rng.randrange(len(row))] = rng.choice(_CELLS)
            case 2:
                delimiter = rng.choice((",", ";", "\t", "|", " ", "  ", ":", "\x00", ", "))
            case 3:
                rows = [[cell.replace(".", ",") for cell in row] for row in rows]
            case 4:
                rows = [[f'"{cell}"' for cell in row] for row in rows]
            case 5:
                row.extend([rng.choice(_CELLS)] * rng.choice((1, 2, 50, 5000)))
            case 6:
                del row[rng.randrange(len(row)) :]
                row.append("")
            case 7:
                start = rng.randrange(len(rows))
                block = rows[start : start + rng.randint(1, 20)]
                rows[rng.randrange(len(rows)) :] = [list(line) for line in block * rng.choice((1, 2, 100))]
            case 8:
                column = rng.randrange(len(rows[0]))
                cell = rng.choice((*_CELLS, rows[0][rng.randrange(len(rows[0]))]))
                for line in rows if rng.random() < 0.5 else rows[:1]:
                    line[column:] = [cell, *line[column + 1 :]]
            case _:
                ending, encoding = rng.choice(("\r\n", "\r", "\n", "\n\n")), rng.choice((*_ENCODINGS, "utf-8"))
    return ending.join(delimiter.join(row) for row in rows).encode(encoding, "replace") + ending.encode()
