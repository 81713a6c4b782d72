"""Errors of the Python functions name their arguments, errors of the command line its options."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import memsim as ms
from memsim.cli.options import with_options


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ('say which with columns="up = #1, down = #2"', 'say which with --columns "up = #1, down = #2"'),
        ("columns=... says which it is", "--columns says which it is"),
        ("kind='retention' or kind='read-noise'", "--kind retention or --kind read-noise"),
        ("table=1 to table=12; decimal=',' or decimal='.'", "--table 1 to --table 12; --decimal , or --decimal ."),
        ("fit another model with model=..., or", "fit another model with --model, or"),
        (
            "name it yourself: device='cells/a.yaml', or with data=...",
            "name it yourself: --device cells/a.yaml, or with --data",
        ),
        ("use force=True to replace it", "use --force to replace it"),
        ("subtable=1, columns=3 and kind=pulses", "subtable=1, columns=3 and kind=pulses"),
    ],
)
def test_arguments_become_options(message, shown):
    assert with_options(message) == shown


def test_the_same_question_names_an_argument_or_an_option(cli, tmp_path):
    (tmp_path / "f.csv").write_text("time (s),G (uS)\n" + "\n".join(f"{k},{5 + k % 3}" for k in range(1, 40)))
    with pytest.raises(ms.DataError, match="say which with kind='retention' or kind='read-noise'"):
        ms.fit_device(tmp_path / "f.csv")
    run = cli("device", "fit", str(tmp_path / "f.csv"))
    assert run.code == 2 and "say which with --kind retention or --kind read-noise" in run.err


def test_no_message_of_python_functions_names_an_option():
    parts = ("fit", "arrays", "data", "networks", "storage", "tasks")
    files = [file for part in parts for file in (Path(ms.__file__).parent / part).rglob("*.py")]
    assert len(files) > 180
    for file in files:
        assert not re.search(r"(?<![-\w])--[a-z]", file.read_text(encoding="utf-8")), file.name
