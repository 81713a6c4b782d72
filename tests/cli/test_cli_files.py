"""Names of files that commands are to write: refused before anything is computed where they cannot be written."""

from __future__ import annotations

import click
import pytest

from memsim.cli.main import cli as commands


def writing(command, words=()):
    """Words of every command with an option -o, groups included."""
    if isinstance(command, click.Group):
        return [found for name, inner in command.commands.items() for found in writing(inner, (*words, name))]
    return [words] if any("-o" in option.opts for option in command.params) else []


COMMANDS = writing(commands)


def test_all_commands_with_the_option_are_among_those_tested():
    assert {" ".join(words) for words in COMMANDS} >= {
        *("run", "plot", "compare", "evaluate", "verify", "cost", "bench", "schema"),
        *("device fit", "device plot", "device schema"),
    }


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("-", "Error: -o -: nothing is written to standard output; give the name of a file"),
        ("", "Error: -o names no file: its name is empty"),
        (" ", "Error: -o names no file: its name is empty"),
        ("/dev/null", "Error: -o /dev/null: is a device, which is not replaced; give the name of a file"),
    ],
)
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_writes_to_standard_output_or_to_a_file_without_a_name(cli, words, name, says):
    command = commands
    for word in words:
        command = command.commands[word]
    arguments = [option for option in command.params if isinstance(option, click.Argument) and option.required]
    outcome = cli(*words, *("x" for _ in arguments), "-o", name)
    assert outcome.refusal().startswith(says) and outcome.files == []


def test_the_figure_of_a_fit_is_no_exception(cli):
    assert "--figure -: nothing is written to standard output" in cli("device", "fit", "x", "--figure", "-").refusal()


LONG = "x" * 300
FIGURE = f"{'x' * 252}.nc"
"""A name that a file can have, but not with the ending .png."""


@pytest.mark.parametrize(
    "command",
    [
        ("run", "physical-01", "-o", LONG),
        ("run", "physical-01", "-o", FIGURE),
        ("bench", "run", "-o", LONG),
        ("verify", "akbay2025", "-o", f"{LONG}.md"),
        ("schema", "-o", f"{LONG}.json"),
        ("device", "plot", "ideal", "-o", f"{LONG}.png"),
        ("device", "new", f"{LONG}.yaml"),
        ("plot", "x.nc", "-o", f"{LONG}.png"),
        ("compare", "x.nc", "x.nc", "-o", f"{LONG}.png"),
        ("cost", "x.nc", "--components", "generic", "-o", f"{LONG}.nc"),
        ("plot", FIGURE),
    ],
    ids=lambda command: " ".join(command)[:24],
)
def test_names_that_are_too_long_are_refused_before_anything_is_read_or_computed(cli, monkeypatch, command):
    for computes in ("memsim.simulate.run", "memsim.bench.bench", "memsim.studies.verify", "memsim.costs.cost"):
        monkeypatch.setattr(computes, None)
    outcome = cli(*command)
    assert "file name too long" in outcome.refusal() and outcome.files == []


def test_names_of_experiments_are_shorter_than_those_of_files(cli):
    assert "at most 64" in cli("run", "physical-01", "--set", f"name={LONG}").refusal()
