"""Figures: made from a result alone, true to it, in the formats on offer, and readable for one learner or many."""

from __future__ import annotations

import io
import itertools
import shutil
import warnings

import numpy as np
import pytest
from PIL import Image

import memsim as ms
from memsim.errors import InputError, OutputError
from memsim.plotting import FIGURES, LacksError, default_figure, draw, overview, render
from memsim.plotting.axis import ratio_axis, setting_axis
from memsim.plotting.page import panel
from memsim.plotting.style import NO_GLYPH, fitted, line_style, plain, text_width

SMALL = {"data.samples": 2, "data.shape": [8, 8], "resamples": 100}


@pytest.fixture(scope="session")
def result():
    """Run a shipped experiment on two images of 8 x 8 with some changes; once for each."""
    made = {}

    def run(name="physical-01", **changes):
        key = repr((name, changes))
        if key not in made:
            small = {k: v for k, v in SMALL.items() if k != "data.shape" or "sweep.data.shape" not in changes}
            made[key] = ms.run(ms.load_experiment(name).replace({**small, **changes}))
        return made[key]

    return run


@pytest.fixture(scope="session")
def diverged(result):
    """Gradient descent at a stable rate, at one where it diverges, and at one where its weights are not finite."""
    changes = {"learners.SGD.training.steps": 300, "sweep.training.rate": [0.01, 2, 1000]}
    return result("rule-01", **changes)


def learners(count, name="Learner {}"):
    return {"learners": [{"name": name.format(i)} for i in range(count)], "published": {}}


def labels(figure):
    """Titles and axis labels."""
    axes = (part for a in figure.axes for part in (a.xaxis.label, a.yaxis.label, a._left_title))
    return [text.get_text() for text in axes]


def panel_of(figure, words):
    """The first panel whose title or axis label has these words."""
    for axes in figure.axes:
        if any(words in text for text in (axes.get_title("left"), axes.get_ylabel(), axes.get_xlabel())):
            return axes
    raise AssertionError(f"no panel about {words}")


def digital(dataset):
    """Names of the learners, with a word for those on no device."""
    return [f"{name}, digital" if device == "none" else str(name) for name, device in
            zip(dataset.learner.values, dataset.device.values, strict=True)]  # fmt: skip


def legend_of(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()] if figure.legends else []


def faults(figure):
    """Everything on a page that runs out of it or into something else."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", NO_GLYPH)
        return list(_faults(figure))


def _faults(figure):
    figure.set_dpi(200)
    figure.draw_without_rendering()
    page, found = figure.bbox.padded(2), []
    boxes = {f"panel {i}": axes.get_tightbbox() for i, axes in enumerate(figure.axes)}
    outside = {f"legend {legend_of(figure)[:2]}": legend.get_window_extent() for legend in figure.legends}
    outside |= {f"text {text.get_text()!r}": text.get_window_extent() for text in figure.texts}
    for name, box in {**boxes, **outside}.items():
        if box.x0 < page.x0 or box.x1 > page.x1 or box.y0 < page.y0 or box.y1 > page.y1:
            found.append(f"{name} leaves the page")
    for name, box in outside.items():
        touched = [other for other, second in {**boxes, **outside}.items() if other != name and box.overlaps(second)]
        found += [f"{name} touches {other}" for other in touched]
    for name, axes in zip(boxes, figure.axes, strict=True):
        for axis in (axes.xaxis, axes.yaxis):
            texts = [t for t in axis.get_ticklabels() if t.get_text() and t.get_visible() and not t.get_rotation()]
            for first, second in itertools.pairwise(texts if axes.axison else []):
                if first.get_window_extent().overlaps(second.get_window_extent()):
                    found.append(f"{name}: tick {first.get_text()} touches {second.get_text()}")
    return found


def drawn(dataset, *names):
    """The figures of a result that apply, each without a fault; of all figures by default."""
    found = []
    for name in names or FIGURES:
        try:
            figure = draw(dataset, name)
        except LacksError:
            assert not names
            continue
        assert (name, faults(figure)) == (name, [])
        found.append(name)
    return found


class TestOverview:
    def test_axes_name_their_quantity_and_unit_and_the_legend_every_line(self, result):
        figure = overview(result())
        wanted = {"SNR, target / control output", "normalised difference", "Gaussian noise level $s$", "µS", "grey"}
        assert wanted <= set(labels(figure))
        assert legend_of(figure) == ["Hebbian Physical", "Hebbian Physical, published mean 169.3"]

    def test_curves_show_the_means_of_the_result_and_start_at_zero(self, result):
        dataset = result(**{"data.samples": 12})  # an interval over two images would reach below 0
        axes = panel_of(overview(dataset), "SNR")
        np.testing.assert_allclose(axes.lines[0].get_ydata(), dataset.snr.mean("image").values.ravel(), rtol=1e-12)
        assert axes.get_ylim()[0] == 0

    def test_the_title_is_followed_by_what_was_changed(self, result):
        figure = overview(result(seed=7))
        assert any("changed:" in text.get_text() and "seed=7" in text.get_text() for text in figure.texts)

    def test_maps_are_in_the_unit_that_suits_the_device(self, result):
        assert "nS" in labels(overview(result(**{"array.device": "agsi-jo2010"})))

    def test_networks_show_their_sensitivity_and_ratios_of_both_signs_a_scale_that_holds_them(self, result):
        dataset = result("decomposition-01")
        figure = overview(dataset)
        assert "sensitivity of CNN Margin-10,\ndigital" in labels(figure)
        axes = panel_of(figure, "SNR")
        assert axes.get_yscale() == "symlog"
        np.testing.assert_allclose(axes.lines[0].get_ydata(), dataset.snr[0].mean("image").values.ravel(), rtol=1e-9)

    def test_of_many_noise_types_it_shows_one_and_says_so(self, result):
        figure = overview(result("corruptions-01"))
        assert len(legend_of(figure)) == 4
        assert any("one of 6 noise types" in text.get_text() for text in figure.texts)


class TestFiguresShowTheResult:
    @pytest.mark.slow
    def test_noise_has_a_column_a_type_and_the_means_of_every_learner(self, result):
        dataset = result("corruptions-01")
        figure = draw(dataset, "noise")
        assert len(figure.axes) == 12 and legend_of(figure) == digital(dataset)
        fog = panel_of(figure, "Fog")
        expected = dataset.snr.sel(noise_type="fog").mean("image").values
        for line, curve in zip(fog.lines, expected, strict=False):
            np.testing.assert_allclose(line.get_ydata(), curve, rtol=1e-9)
        assert {axes.get_ylim() for axes in (*figure.axes[3:6], *figure.axes[9:])} == {(-5, 105)}

    def test_bounds_are_in_order_with_none_apart_and_published_values_beside(self, result):
        dataset = result("bounds-01")
        figure = draw(dataset)
        axes = panel_of(figure, "SNR")
        line, none, *_ = axes.lines
        assert list(line.get_xdata()) == [0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4]
        np.testing.assert_array_equal(line.get_ydata(), dataset.snr_mean.values[:0:-1])
        np.testing.assert_array_equal(none.get_ydata(), dataset.snr_mean.values[:1])
        assert none.get_xdata()[0] > 4 and axes.get_xticklabels()[-1].get_text() == "none"
        published = next(line for line in axes.lines if line.get_label() == "published")
        assert sorted(published.get_ydata()) == [93.23, 169.30, 245.61, 274.17]

    def test_lambda_has_its_law_and_the_differences_of_clean_and_corrupted_images(self, result):
        dataset = result("lambda-01")
        axes = panel_of(draw(dataset), "output difference")
        lines = {line.get_label().strip(): line for line in axes.lines}
        clean = (dataset.clean_target - dataset.clean_control).mean("image").values
        np.testing.assert_allclose(lines["clean images"].get_ydata(), clean, rtol=1e-12)
        noisy = lines["CNN Margin, corrupted images"]
        np.testing.assert_allclose(noisy.get_ydata(), dataset.output_difference_mean.values, rtol=1e-9)
        law = next(line for label, line in lines.items() if label.startswith("law"))
        x, y = law.get_data()
        np.testing.assert_allclose(y * (y - 1), x, rtol=1e-12)
        assert axes.get_xscale() == "log"

    def test_stability_shows_every_image_and_the_limit(self, diverged):
        figure = draw(diverged, "stability")
        axes = panel_of(figure, "correct")
        assert len(legend_of(figure)) == 3
        for line, sizes in zip(axes.lines, diverged.step_size.values[2:], strict=False):
            np.testing.assert_array_equal(line.get_xdata(), sizes)
        assert any(np.array_equal(line.get_xdata(), [2, 2]) for line in axes.lines)
        assert axes.get_xlim()[0] < 2 < axes.get_xlim()[1]
        assert any("left out: SGD, rate 1000 (no finite number)" in text.get_text() for text in figure.texts)

    def test_a_ranking_is_by_mean_snr_and_gives_the_rank_by_margin(self, result):
        dataset = result("decomposition-01")
        figure = draw(dataset)
        order = np.argsort(-dataset.snr_mean.values)
        snr, margin, _ = figure.axes
        names = [text.get_text() for text in snr.get_yticklabels()]
        assert names == [f"{i + 1}. {digital(dataset)[k]}" for i, k in enumerate(order)]
        means = next(line for line in snr.lines if line.get_label().startswith("mean"))
        np.testing.assert_array_equal(means.get_xdata(), dataset.snr_mean.values[order])
        ranks = [int(text.get_text()) for text in margin.texts]
        assert ranks == [1 + sorted(-dataset.geometric_margin_mean.values).index(-m) for m in
                         dataset.geometric_margin_mean.values[order]]  # fmt: skip
        published = next(line for line in snr.lines if line.get_label() == "published mean")
        assert 2399.01 in published.get_xdata()

    def test_a_sweep_has_a_line_a_learner_and_lines_across_for_those_it_does_not_reach(self, diverged):
        figure = draw(diverged)
        assert legend_of(figure) == ["SGD, digital", "Hebbian Unconstrained", "Hebbian Physical"]
        axes = panel_of(figure, "geometric margin")
        line, *across = axes.lines
        assert list(line.get_xdata()) == [0.01, 2, 1000] and axes.get_xlabel() == "learning rate"
        np.testing.assert_array_equal(line.get_ydata()[:2], diverged.geometric_margin_mean.values[2:4])
        assert np.isnan(line.get_ydata()[2])
        for line, height in zip(across, diverged.geometric_margin_mean.values[:2], strict=False):
            assert list(line.get_ydata()) == [height, height]

    def test_a_sweep_of_sizes_or_words_has_a_place_for_each(self, result):
        figure = draw(result("size-01", **{"sweep.data.shape": [[4, 4], [8, 8]]}))
        axes = panel_of(figure, "pixels a side")
        assert [text.get_text() for text in axes.get_xticklabels()] == ["4", "8"]
        axes = panel_of(draw(result("loss-01")), "loss")
        assert [text.get_text() for text in axes.get_xticklabels()][:2] == ["mse", "cross-entropy"]
        assert axes.lines[0].get_linestyle() == "None"

    def test_a_product_of_sweeps_has_its_first_number_on_the_axis_and_makes_lines_of_the_rest(self, result):
        sweep = {"array.bounds": ["none", [0, 1]], "learning.steps": [1, 2], "learning.rate": [0.1, 0.2, 0.3]}
        figure = draw(result(sweep=sweep, published={}))
        assert default_figure(result(sweep=sweep, published={})) == "sweep"
        assert legend_of(figure)[0] == "Hebbian Physical, bounds none, rate 0.1" and len(legend_of(figure)) == 6
        assert panel_of(figure, "training steps")

    def test_margins_tell_the_confidence_of_wrong_decisions_apart(self, result, diverged):
        assert legend_of(draw(diverged, "margins")) == ["correct decisions", "wrong decisions"]
        assert legend_of(draw(result(), "margins")) == []
        dots = draw(result(), "margins").axes[0].lines[0]
        np.testing.assert_array_equal(dots.get_xdata(), result().geometric_margin.values[0])

    def test_histograms_of_weights_hold_all_of_them_or_say_why_not(self, diverged):
        figure = draw(diverged, "weights")
        assert [axes.get_title("left") for axes in figure.axes] == digital(diverged)[:-1]
        (bars,) = figure.axes[0].patches
        np.testing.assert_array_equal(bars.get_data().values, diverged.weight_share.values[0])
        assert any("left out: SGD, rate 1000 (no finite number)" in text.get_text() for text in figure.texts)

    @pytest.mark.slow
    def test_maps_and_samples_are_those_of_the_first_image(self, result):
        dataset = result("corruptions-01")
        pictures = [axes.images[0].get_array() for axes in draw(dataset, "maps").axes if axes.images]
        np.testing.assert_array_equal(pictures[0], dataset.example_image.values)
        figure = draw(dataset, "samples")
        pictures = np.array([axes.images[0].get_array() for axes in figure.axes])
        np.testing.assert_array_equal(pictures, dataset.example_noisy.values.reshape(48, 8, 8))


def test_every_figure_names_what_it_lacks_and_what_makes_it(result):
    wanted = {"ranking": "decomposition-01", "sweep": "steps-01", "bounds": "bounds-01", "lambda": "lambda-01"}
    for name, remedy in {**wanted, "stability": "rule-01"}.items():
        with pytest.raises(LacksError, match=rf"^this dataset: the figure '{name}' needs .*; .*memsim run {remedy}"):
            draw(result(), name)
    with pytest.raises(InputError, match=r"unknown figure 'lamda'; did you mean 'lambda'\?"):
        draw(result(), "lamda")


def test_the_default_figure_can_always_be_drawn(result):
    assert default_figure(result()) == "overview"
    assert default_figure(result(**learners(4))) == "ranking"
    assert default_figure(result("bounds-01")) == "bounds"
    assert default_figure(result(**{"sweep": {"array.bounds": [[0, 1]]}, "published": {}})) == "sweep"
    assert default_figure(result("lambda-01")) == "lambda"
    without = {"sweep": {"training.steps": [2, 3]}, "training.loss": "mse", "published": {}}
    assert default_figure(result("lambda-01", **without)) == "sweep"


@pytest.mark.slow
def test_every_figure_of_one_pixel_without_noise_is_drawn_without_a_warning_or_an_overlap(result):
    one = {"data": {"samples": 1, "shape": [1, 1]}, "corruptions": {"gaussian": [0]}, "learning.steps": 0}
    dataset = result(**one, title=r"a $\frac{ b_c $ \undefined {")
    assert drawn(dataset) == ["overview", "noise", "margins", "weights", "maps", "samples"]


@pytest.mark.slow
def test_images_of_any_shape_and_names_in_any_script_are_drawn_without_a_warning_or_an_overlap(result):
    strip = {"data": {"samples": 1, "shape": [3, 200]}, "learning.rate": -0.2, "array.bounds": "none"}
    dataset = result(**strip, **learners(2, r"$\frac ^ {} ^ 学習"))
    drawn(dataset, "overview", "noise", "maps", "samples")


@pytest.mark.slow
def test_figures_of_a_diverged_network_are_drawn_without_a_warning_or_an_overlap(diverged):
    drawn(diverged, "overview", "ranking", "noise", "sweep", "stability", "margins", "weights")


@pytest.mark.slow
def test_many_learners_with_long_names_are_drawn_without_an_overlap(result):
    dataset = result(**learners(11, "A name of sixty-four letters, which is the longest there may {}"))
    drawn(dataset, "overview", "ranking", "noise", "margins")


@pytest.mark.slow
def test_names_with_control_characters_are_drawn_on_one_line(result):
    dataset = result(**learners(5)).assign_coords(learner=["\x1b[31m$a$\nb", "x" * 300, "", "_hidden", "\u202e"])
    for name in ("ranking", "noise"):
        figure = draw(dataset, name)
        assert not faults(figure)
        texts = [text.get_text() for axes in figure.axes for text in axes.get_yticklabels()] + legend_of(figure)
        assert all(text.isprintable() for text in texts) and "_hidden" in "".join(texts)


@pytest.mark.parametrize(
    ("name", "figure"),
    [("corruptions-01", "noise"), ("decomposition-01", "ranking"), ("lambda-01", "lambda")],
)
@pytest.mark.slow
def test_figures_of_shipped_experiments_have_no_overlap(result, name, figure):
    assert not faults(draw(result(name), figure))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ending", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")], ids=["png", "pdf", "svg"]
)
def test_figures_come_in_three_formats(result, ending, start):
    content = render(draw(result(**learners(2, "学習 {}")), "margins"), f"a.{ending}")
    assert content.startswith(start)
    if ending == "png":
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.width == 1440


@pytest.mark.parametrize("name", ["a.gif", "a", "a.PNG.exe"])
def test_unknown_formats_are_refused(name):
    with pytest.raises(OutputError, match=r"allowed: \.png, \.pdf, \.svg"):
        render(None, name)


def test_a_dataset_that_is_not_a_whole_result_is_refused(result):
    with pytest.raises(OutputError, match="has no variable 'example_noisy'"):
        overview(result().drop_vars("example_noisy"))
    with pytest.raises(OutputError, match="has no attribute 'experiment'"):
        overview(result().drop_attrs())


def test_learners_stay_apart_beyond_the_number_of_colours():
    styles = [(s["color"], s["marker"]) for s in map(line_style, range(64))]
    assert len(set(styles)) == 64


class TestAxes:
    @pytest.fixture
    def axes(self):
        from matplotlib.figure import Figure

        return panel(Figure(figsize=(7, 3)), 1, 0.5, 5, 2)

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("values", "scale"),
        [
            *[
                ([93, 282], "linear"),
                ([0.5], "linear"),
                ([0, 0], "linear"),
                ([-3, -1.1], "linear"),
                ([1, 2800], "symlog"),
            ],
            *[
                ([-1e4, 2, 1e4], "symlog"),
                ([1e9, 170], "symlog"),
                ([1e300, -1e300, 1], "symlog"),
                ([1e-9, 1], "symlog"),
            ],
        ],
    )
    def test_ratios_of_any_size_fit_on_their_axis_with_zero(self, axes, values, scale):
        ratio_axis(axes, np.array([*values, np.nan, np.inf]))
        low, high = axes.get_ylim()
        assert axes.get_yscale() == scale
        assert low <= min(0, *values) and max(0, *values) <= high and low < high
        assert len([tick for tick in axes.get_yticks() if low <= tick <= high]) >= 2
        assert not faults(axes.figure)

    def test_an_axis_without_a_finite_number_is_left_alone(self, axes):
        ratio_axis(axes, np.array([np.nan, -np.inf]))
        assert axes.get_ylim() == (0, 1)

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("values", "scale"),
        [
            ([1, 2, 4], "linear"),
            ([1, 100], "log"),
            ([0, 0.001, 1], "symlog"),
            ([-5, 300], "linear"),
            ([-5, 1, 300], "symlog"),
            ([7], "linear"),
            ([1e-9, 1e9], "log"),
            (list(np.geomspace(1, 1e3, 40)), "log"),
            ([], "linear"),
            ([0, 0], "linear"),
        ],
    )
    def test_settings_are_on_a_logarithmic_axis_from_a_factor_of_thirty(self, axes, values, scale):
        setting_axis(axes, values)
        assert axes.get_xscale() == scale
        assert not faults(axes.figure)

    def test_text_is_cut_to_a_width(self):
        assert fitted("short", 2) == "short" and plain("a\tb\x00c $x$") == r"a b c \$x\$"
        for text in ("W" * 500, "i i i " * 90, "$" * 300):
            line = fitted(text, 1.5)
            assert text_width(line) <= 1.5 and line.endswith("…") and len(line) > 5


class TestPlotCommand:
    @pytest.fixture
    def file(self, whole_result, tmp_path):
        shutil.copy(whole_result, tmp_path / "a.nc")
        return "a.nc"

    @pytest.mark.slow
    def test_named_figures_are_written_beside_the_result_and_numbered(self, cli, file):
        assert cli("plot", file, "-f", "noise", "-f", "margins").out == "a-noise.png\na-margins.png\n"
        assert cli("plot", file, "--figure", "noise").out == "a-noise-2.png\n"

    def test_all_figures_that_apply_are_drawn_and_the_others_named(self, cli, file, monkeypatch):
        monkeypatch.setattr("memsim.plotting.save.render", lambda figure, path, dpi: b"picture")
        outcome = cli("plot", file, "-f", "all", "-o", "fig.pdf")
        names = ["overview", "noise", "margins", "weights", "maps", "samples"]
        assert outcome.out.split() == [f"fig-{name}.pdf" for name in names]
        assert outcome.err.count("\n") == 1 and "Left out" in outcome.err
        for name in ("ranking (needs more than one learner)", "sweep (needs a result of a sweep)", "lambda", "aging"):
            assert name in outcome.err
        assert outcome.files == sorted(["a.nc", *(f"fig-{name}.pdf" for name in names)])

    def test_a_figure_that_does_not_apply_says_what_it_needs_and_names_those_that_do(self, cli, file):
        said = cli("plot", file, "-f", "ranking").refusal()
        assert "the figure 'ranking' needs more than one learner" in said
        assert said.strip().endswith("figures of this result: overview, noise, margins, weights, maps, samples")
        assert (
            "needs a result of the task 'classify'; this is one of 'memorise'; figures of this result: overview"
            in cli("plot", file, "-f", "classes").refusal()
        )

    def test_the_size_of_a_picture_is_that_of_the_page_times_the_dots_per_inch(self, cli, file):
        sizes = {}
        for dpi in (50, 100):
            assert cli("plot", file, "-f", "margins", "-o", f"{dpi}.png", "--dpi", str(dpi)).code == 0
            with Image.open(f"{dpi}.png") as picture:
                sizes[dpi] = picture.size
        assert sizes[100] == pytest.approx((720, 2 * sizes[50][1]), abs=2) and sizes[50][0] == 360
        assert "10 is not in the range 30<=x<=2400" in cli("plot", file, "--dpi", "10").refusal()

    @pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("svg", b"<?xml")])
    def test_the_ending_of_the_name_is_the_format(self, cli, file, tmp_path, ending, start):
        assert cli("plot", file, "-f", "margins", "-o", f"m.{ending}", "--dpi", "60").code == 0
        assert (tmp_path / f"m.{ending}").read_bytes().startswith(start)

    def test_one_figure_has_the_name_that_was_given(self, cli, file, tmp_path):
        assert cli("plot", file, "-f", "margins", "-o", "b.svg").out == "b.svg\n"
        assert "b.svg: exists already" in cli("plot", file, "-f", "margins", "-o", "b.svg").refusal()

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            (("-f", "nois"), "unknown figure 'nois'; did you mean 'noise'?"),
            (("-f", "noise", "-f", "lambda"), "a.nc: the figure 'lambda' needs networks on a log margin"),
            (("-f", "noise", "-f", "maps", "-o", "there.png"), "there-maps.png: exists already"),
            (("-f", "noise", "-o", "nowhere/a.png"), "nowhere: no such folder"),
            (("--force",), "without -o, figures are numbered"),
        ],
    )
    def test_what_cannot_be_drawn_is_refused_and_nothing_is_written(self, cli, file, tmp_path, options, says):
        (tmp_path / "there-maps.png").touch()
        outcome = cli("plot", file, *options)
        assert says in outcome.refusal()
        assert outcome.files == ["a.nc", "there-maps.png"]

    def test_a_figure_that_cannot_be_written_takes_the_others_with_it(self, cli, file, monkeypatch):
        monkeypatch.setattr("memsim.plotting.save.render", lambda figure, path, dpi: b"picture")

        def full(self, content):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("pathlib.PosixPath.write_bytes", full)
        outcome = cli("plot", file, "-f", "noise", "-f", "maps")
        assert "no space left on device" in outcome.refusal()
        assert outcome.files == ["a.nc"]

    def test_help_lists_every_figure(self, cli):
        out = cli("plot", "--help").out
        assert all(f"\n  {name} " in out and figure.description in out for name, figure in FIGURES.items())
