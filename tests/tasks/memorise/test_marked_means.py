"""Means of the SNR without a finite expectation are marked in tables, in comparisons and in figures."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import memsim as ms
from memsim.cli.main import cli
from memsim.metrics.two_columns import MARK, NO_EXPECTATION
from memsim.plotting import compare_figure, draw
from memsim.tasks.memorise import table

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def result():
    changes = {"data.samples": 2, "data.shape": [8, 8], "corruptions": {"gaussian": [0.1, 0.3]}}
    return ms.run(ms.load_experiment("physical-01").replace(changes)).load()


def with_signs(result, reads, clean):
    """The result with control outputs of these signs, for reads (first image, second image) and for clean images."""
    changed = result.copy(deep=True)
    changed["negative_denominator"].values[:, :, :, :] = [[[[sign < 0]] for sign in reads]]
    changed["clean_control"].values[:] = clean
    return changed


@pytest.mark.parametrize(
    ("reads", "clean", "marked"),
    [
        ((1, 1), (1, 1), set()),
        ((1, -1), (1, 1), {"SNR, mean", "area under SNR"}),
        ((1, 1), (1, -1), {"SNR, clean images"}),
        ((-1, -1), (-1, -1), set()),
    ],
)
def test_means_of_the_snr_are_marked_where_denominators_have_both_signs(result, capsys, reads, clean, marked):
    changed = with_signs(result, reads, clean)
    table.print_metrics(changed)
    table.print_notes(changed)
    *rows, last = capsys.readouterr().out.splitlines()
    marked_rows = {row.split("  ")[0].strip() for row in rows if MARK in row}
    assert marked_rows == marked
    assert (" ".join(last.split()) == f"{MARK} {NO_EXPECTATION}") == bool(marked)


@pytest.mark.parametrize("name", ["overview", "noise"])
def test_figures_of_means_name_the_learners_whose_means_are_marked(result, name):
    for reads in ((1, 1), (1, -1)):
        texts = " ".join(text.get_text() for text in draw(with_signs(result, reads, (1, 1)), name).texts)
        assert (f"{MARK} a mean SNR without finite expectation" in texts) == (reads == (1, -1))


def test_a_comparison_marks_means_by_another_sign_than_changes(result, tmp_path):
    for name, reads in (("a.nc", (1, 1)), ("b.nc", (1, -1))):
        ms.save(with_signs(result, reads, (1, 1)), tmp_path / name)
    files = [str(tmp_path / name) for name in ("a.nc", "b.nc")]
    lines = CliRunner().invoke(cli, ["compare", *files, "--no-figure"]).output.splitlines()
    (mean,) = (line for line in lines if line.startswith("SNR, mean"))
    assert mean.count(MARK) == 2 and "*" not in mean  # B and the change
    assert f"{MARK}: {NO_EXPECTATION}." in lines
    drawn = compare_figure(*map(ms.load, files))
    notes = [text.get_text() for text in drawn.texts if MARK in text.get_text()]
    assert len(notes) == 1 and " ".join(text.get_text() for text in drawn.texts).count("in B:") == 1
