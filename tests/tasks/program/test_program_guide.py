"""The numbers of the guide to programming are those of the shipped experiments."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import memsim as ms

GUIDE = (Path(__file__).parents[3] / "docs" / "programming.md").read_text(encoding="utf-8")


def rows(first: str) -> list[tuple[str, list[str]]]:
    """Names and cells of the rows of the table whose heading begins with a word."""
    table = re.findall(rf"^\| {first} \|.*?(?=\n\n)", GUIDE, re.MULTILINE | re.DOTALL)[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return [(name, numbers) for name, *numbers in cells]


@pytest.mark.slow
def test_the_levels_of_the_guide():
    measured = ms.run("levels-01")
    spread = 1e6 * np.sqrt(np.square(measured.level_spread).mean("level"))
    for name, printed in rows("array"):
        assert [f"{float(value):.2f}" for value in spread.sel(array=name)] == printed, name
    assert [name for name, _ in rows("array")] == list(measured.array.values)


@pytest.mark.slow
def test_the_products_of_the_guide():
    whole = ms.run("products-01")
    measured = whole.sel(time=[0, 3600, 86400, 30 * 86400, 365.25 * 86400])
    pcm = measured.sel(array="PCM pairs, compensated").mean("repeat")
    printed = dict(rows("PCM pairs"))
    for name, variable in (
        ("relative error", "raw_product_error"),
        ("globally compensated", "product_error"),
        ("factor", "compensation_factor"),
    ):
        assert [f"{float(value):.3f}" for value in pcm[variable]] == printed[name], name
    cmo = whole.sel(array="CMO/HfOx", time=[1, 3600, 86400, 3652.5 * 86400])
    rmse = np.sqrt(np.square(cmo.product_rmse).mean("repeat"))
    text = " ".join(GUIDE.split())
    assert (
        "{:.3f} after 1 s, {:.3f} after an hour, {:.3f} after a day and {:.3f} after ten years".format(*rmse.values)
        in text
    )


@pytest.mark.slow
def test_the_pulses_of_the_guide():
    measured = ms.run("radar-01").mean("repeat")
    for name, printed in rows("pulses of a cell"):
        part = measured.sel(array=name)
        numbers = [f"{float(part[variable]):.1f}" for variable in ("pulses_mean", "pulses_median", "pulses_95")]
        shares = [f"{100 * float(part[variable]):.2f} %" for variable in ("pulses_beyond", "success")]
        assert numbers + shares == printed, name
