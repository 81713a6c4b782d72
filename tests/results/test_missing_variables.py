"""Results that lack a variable: every table of a task can be printed, or is refused in one line."""

from __future__ import annotations

import contextlib
import io

import pytest
from attack.results import SMALL, write_result

from memsim.cli.notes import print_notes
from memsim.costs import cost
from memsim.errors import MemsimError
from memsim.results.dataset import load
from memsim.results.settings import kind_of
from memsim.tasks.base import load_object


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_tables_of_a_result_that_lacks_a_variable_are_printed_or_refused(name, tmp_path):
    dataset = load(write_result(tmp_path / "small.nc", name))
    print_metrics = load_object(kind_of(dataset).print_metrics)
    refused = {}
    for variable in dataset.variables:
        part = dataset.drop_vars(variable)
        for load_part in (print_metrics, print_notes, lambda part: cost(part, "generic")):
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    load_part(part)
            except MemsimError as error:
                refused[variable] = str(error)
    assert "device" in refused and all(message.isprintable() for message in refused.values())
