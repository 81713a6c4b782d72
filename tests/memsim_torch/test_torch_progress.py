"""Progress of evaluations: in terminals and notebooks by default, as lines of text elsewhere on request."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.slow

from rich.console import Console  # noqa: E402

from memsim.torch import progress  # noqa: E402


def shown(capsys, wanted):
    with progress.bar(wanted, "Batches", 4) as show:
        for done in range(1, 5):
            show(done)
    out, err = capsys.readouterr()
    assert out == ""
    return err


@pytest.mark.parametrize("wanted", [None, False])
def test_a_file_gets_nothing_unless_asked(capsys, wanted):
    assert shown(capsys, wanted) == ""


def test_a_file_gets_lines_on_request(capsys):
    assert shown(capsys, True) == "Batches 1/4\nBatches 2/4\nBatches 3/4\nBatches 4/4\n"


def test_a_notebook_without_widgets_gets_a_line_that_changes(capsys, monkeypatch):
    monkeypatch.setattr(progress, "Console", lambda **options: Plain())
    monkeypatch.setattr(progress.importlib.util, "find_spec", lambda name: None)
    assert shown(capsys, None) == "\rBatches 1/4\rBatches 2/4\rBatches 3/4\rBatches 4/4\n"


class Plain:
    """The console of a notebook."""

    is_jupyter, is_terminal = True, False


def test_a_terminal_gets_a_bar(capsys, monkeypatch):
    monkeypatch.setattr(progress, "Console", lambda **options: Console(**options, force_terminal=True, width=80))
    assert "Batches" in shown(capsys, None) and "4/4" in shown(capsys, True)
