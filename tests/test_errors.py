"""Messages of errors are one line that is safe to print, and errors can be sent to other processes."""

from __future__ import annotations

import copy
import pickle

import pytest

from memsim.document.problems import DocumentError
from memsim.errors import BackendError, ConvergenceError, DataError, InputError, MemsimError, OutputError
from memsim.plotting.members import LacksError
from memsim.storage.files import ExistsError

ERRORS = [MemsimError, InputError, DataError, OutputError, ConvergenceError, BackendError, LacksError, ExistsError]


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("plain: 5 µS, π", "plain: 5 µS, π"),
        ("a\nb\r\n\tc", "a b c"),
        ("a\x1b[2Jb\x07\x9b31m\x7f", "a?[2Jb??31m?"),
        ("a\u202eb\u202d\u2066c\u2069\u200f\ufeff", "a?b??c???"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("a\udcffb", "a?b"),
    ],
)
def test_a_message_is_one_line_without_characters_that_steer_a_terminal(kind, given, message):
    error = kind(given)
    assert str(error) == message and error.args == (message,)


@pytest.mark.parametrize("make", [InputError, lambda text: DocumentError([text, "b"])])
def test_a_long_message_has_its_start_and_its_end(make):
    text = str(make("start" + "x" * 10**6 + "end"))
    assert len(text) < 2100 and text.startswith("startx") and "x ... x" in text and "xend" in text


def test_problems_of_a_document_are_a_line_each():
    error = DocumentError(["a.yaml:1: x\ny\x1b[0m", "b\u202e"], [("learners", 0)])
    assert error.problems == ["a.yaml:1: x y?[0m", "b?"]
    assert str(error) == "a.yaml:1: x y?[0m (and 1 more problem)"


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
@pytest.mark.parametrize("error", [*(kind("a: b") for kind in ERRORS), DocumentError(["a", "b"], [("c", 0)])], ids=repr)
def test_errors_can_be_copied_and_sent_to_other_processes(again, error):
    error.what = "losses"
    other = again(error)
    assert type(other) is type(error) and str(other) == str(error) and vars(other) == vars(error)
