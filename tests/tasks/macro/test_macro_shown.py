"""Tables, files and figures of macros: nothing is cut off, units are there, parts look different in grey."""

from __future__ import annotations

import pytest
from figure_artists import outside, words
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex

import memsim as ms
from memsim.plotting import draw

EXPERIMENTS = ("macro-01", "neurram-energy-01", "isaac-01", "hermes-01")


@pytest.fixture(scope="module", params=EXPERIMENTS)
def result(request):
    return ms.run(request.param)


def test_no_figure_cuts_off_a_bar_or_a_whisker(result):
    assert outside(draw(result, "macros")) == []


def test_axes_have_units_and_the_page_names_bits_and_table(result):
    figure = draw(result, "macros")
    text = words(figure)
    assert "TOPS/W" in text and "TOPS/mm²" in text and "whiskers: ranges by the uncertainty" in text
    assert "bits: inputs" in text and f"component table: {result.components.values[0]}" in text
    assert all(axes.get_xlabel() for axes in figure.axes)
    assert {"[fJ]", "[pJ]"} & {axes.get_xlabel().rpartition(" ")[2] for axes in figure.axes}


def test_parts_of_a_bar_differ_in_colour_or_hatch_and_the_legend_is_below_the_panels(result):
    figure = draw(result, "macros")
    (legend,) = figure.legends
    looks = [(to_hex(patch.get_facecolor()), patch.get_hatch()) for patch in legend.get_patches()]
    assert len(set(looks)) == len(looks) >= 2
    box = legend.get_window_extent(FigureCanvasAgg(figure).get_renderer())
    assert all(box.y1 <= axes.get_window_extent().y0 for axes in figure.axes)


def test_bars_add_up_to_their_totals():
    figure = draw(ms.run("neurram-energy-01"), "macros")
    bars = figure.axes[0]
    ends: dict[float, float] = {}
    for patch in bars.patches:
        place = round(patch.get_y() + patch.get_height() / 2)
        ends[place] = max(ends.get(place, 0.0), patch.get_x() + patch.get_width())
    totals = 1e15 * ms.run("neurram-energy-01").macro_operation_energy.values
    assert [ends[place] for place in sorted(ends)] == pytest.approx(totals)
    shares = draw(ms.run("macro-01"), "macros").axes[0]
    assert max(patch.get_x() + patch.get_width() for patch in shares.patches) == pytest.approx(100)


def test_rows_of_a_design_lie_together_and_the_page_names_what_is_left_out():
    figure = draw(ms.run("macro-01"), "macros")
    labels = [label.get_text().partition(",")[0] for label in figure.axes[0].get_yticklabels()]
    assert labels == ["8-bit DACs"] * 5 + ["Bit by bit"] * 5
    assert "energy and TOPS/W without control, other; area and TOPS/mm² without buffer, link" in words(figure)


def test_the_table_says_what_is_included(cli):
    out = cli("run", "isaac-01", "--no-figure").out
    assert "16/16/8" in out and "0.627" in out and "TOPS/mm2" in out
    assert "table 'isaac-32nm', energy without: word lines, integrator" in out
    shown = cli("show", "results/isaac-01.nc").out
    assert "a product takes 1.6 us" in shown and "24.1 mW" in shown and "energy between" in shown


def test_results_of_macros_can_be_compared(cli):
    cli("run", "hermes-01", "--no-figure", "-o", "a.nc")
    cli("run", "hermes-01", "--no-figure", "--set", "size.rows=128", "-o", "b.nc")
    outcome = cli("compare", "a.nc", "b.nc", "--no-figure")
    assert outcome.code == 0 and "TOPS/W" in outcome.out


def test_changed_files_are_shown_without_shares_or_refused(cli):
    whole = ms.run("hermes-01")
    ms.save(whole.assign(macro_energy=0 * whole.macro_energy), "nothing.nc")
    shown = cli("show", "nothing.nc")
    assert shown.code == 0 and "energy between" in shown.out and shown.out.count(" %") == shown.out.count("100 %")
    ms.save(whole.isel(limit=[0]), "end.nc")
    assert "end.nc: 'limit' has 1 ends; allowed: 2" in cli("show", "end.nc").refusal()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.assign_attrs(left_out='{"x": 3}'), "its attribute 'left_out' is damaged"),
        (lambda d: d.assign_attrs(left_out='{"LABEL": {"energy": [{}], "area": []}}'), "'left_out' is damaged"),
        (lambda d: d.assign_coords(macro=[f"other {i}" for i in range(d.sizes["macro"])]), "has none of its macros"),
    ],
)
def test_figures_of_changed_files_are_refused_in_one_line(cli, change, says):
    whole = ms.run("hermes-01")
    changed = change(whole)
    changed.attrs["left_out"] = changed.attrs["left_out"].replace("LABEL", str(whole.macro.values[0]))
    ms.save(changed, "changed.nc")
    assert says in cli("plot", "changed.nc").refusal()
