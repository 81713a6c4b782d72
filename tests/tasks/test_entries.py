"""Rules and losses in experiments: each has the keys of its dataclass, and no others."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, ClassVar

import pytest
from pydantic import Field

import memsim as ms
from memsim.document import Document
from memsim.document.fields import Section
from memsim.document.registry_sections import entries, entry_of
from memsim.document.walk import Spot, keys_of
from memsim.errors import InputError
from memsim.experiments.experiment import Experiment
from memsim.experiments.loading import experiment_from_text
from memsim.learning import RULES, Delta, Hebbian, MarginDelta
from memsim.learning.features import FEATURES, CompetitiveFeatures, RandomFeatures
from memsim.networks import LOSSES, SGD, Adam, LogMarginCe, LogMarginMse, Mse
from memsim.registry import Registry
from memsim.tasks.compared import problems_before

TEXT = """\
name: x
task: TASK
learners:
  - name: A
    learning: {LEARNING}
  - name: B
    network: {}
    training: {TRAINING}
corruptions: {gaussian: [0.1]}
"""


def experiment(learning: str = "", training: str = "", task: str = "memorise") -> Experiment:
    text = TEXT.replace("TASK", task).replace("LEARNING", learning).replace("TRAINING", training)
    return experiment_from_text(text, "x.yaml")


def classes(features: str = "", training: str = "") -> Experiment:
    learning = f"}}\n    features: {{{features}" if features else ""
    return experiment(learning, training, "classify")


def sections(made: Experiment) -> tuple[Section, Section]:
    first, second = made.spec.compared
    return first.learning, second.training


@dataclass(frozen=True)
class Dot:
    """A dot."""

    width: Annotated[float, Field(gt=0, le=9, alias="size")] = 2.0
    name: ClassVar[str] = "dot"


@dataclass(frozen=True)
class Line:
    """A line."""

    width: float = 1.0
    dashes: int = 3
    name: ClassVar[str] = "line"


@dataclass(frozen=True)
class Fill:
    """A fill."""

    density: float
    name: ClassVar[str] = "fill"


@dataclass(frozen=True)
class Outline:
    """An outline."""

    thickness: float = 0.5
    name: ClassVar[str] = "outline"


SHAPES: Registry[object] = Registry("shape", (Dot, Line))
STYLES: Registry[object] = Registry("style", (Fill, Outline))


class Base(Section):
    """What all shapes have."""

    shape: str
    colour: str = "black"


class Page(Section):
    """A document with one shape."""

    drawn: entries(Base, SHAPES, shape="line") = Field(default={}, validate_default=True)  # type: ignore[valid-type]


class Styled(Base):
    """What all shapes of all styles have."""

    style: str


class Poster(Section):
    """A document with one shape in one style."""

    drawn: entries(Styled, SHAPES, STYLES, shape="line", style="fill", density=0.8) = Field(  # type: ignore[valid-type]
        default={}, validate_default=True
    )


class TestSections:
    def test_a_section_has_the_keys_of_its_base_and_of_its_entry(self):
        page = Document.from_text("drawn: {shape: dot, size: 3.5, colour: red}", "p.yaml").validate(Page)
        assert page.drawn.colour == "red" and entry_of(SHAPES, page.drawn) == Dot(3.5)

    def test_a_section_that_names_no_entry_is_the_default_one(self):
        assert entry_of(SHAPES, Document.from_text("{}", "p.yaml").validate(Page).drawn) == Line()
        page = Document.from_text("drawn: {dashes: 5}", "p.yaml").validate(Page)
        assert entry_of(SHAPES, page.drawn) == Line(dashes=5)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                "drawn: {shape: dot, dashes: 2}",
                "p.yaml:1: unknown key 'dashes' in drawn; shape 'dot' has shape, colour, size; "
                "'dashes' belongs to shape 'line'",
            ),
            (
                "drawn: {shape: dot, szie: 2.0}",
                "p.yaml:1: unknown key 'szie' in drawn; shape 'dot' has shape, colour, size; did you mean 'size'?",
            ),
            ("drawn: {shape: dot, size: 10.0}", "p.yaml:1: drawn.size is 10.0; allowed: above 0 and at most 9"),
            ("drawn: {shape: dott}", "p.yaml:1: drawn.shape is 'dott'; allowed: dot, line; did you mean 'dot'?"),
            ("drawn: 5", "p.yaml:1: drawn must be a section of 'key: value' entries, not 5"),
        ],
    )
    def test_what_an_entry_does_not_have_is_refused_with_what_it_has(self, text, message):
        with pytest.raises(InputError) as error:
            Document.from_text(text, "p.yaml").validate(Page)
        assert str(error.value) == message


class TestSectionsOfTwoRegistries:
    def test_a_section_has_the_keys_of_both_entries_and_their_defaults(self):
        made = Document.from_text("drawn: {shape: dot, size: 3.5, thickness: 2.0, style: outline}", "p.yaml").validate(
            Poster
        )
        assert entry_of(SHAPES, made.drawn) == Dot(3.5) and entry_of(STYLES, made.drawn) == Outline(2.0)
        default = Document.from_text("{}", "p.yaml").validate(Poster).drawn
        assert entry_of(SHAPES, default) == Line() and entry_of(STYLES, default) == Fill(0.8)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (
                "drawn: {shape: dot, dashes: 2}",
                "p.yaml:1: unknown key 'dashes' in drawn; shape 'dot' and style 'fill' have "
                "shape, colour, style, size, density; 'dashes' belongs to shape 'line'",
            ),
            (
                "drawn: {shape: dot, thickness: 2.0}",
                "p.yaml:1: unknown key 'thickness' in drawn; shape 'dot' and style 'fill' have "
                "shape, colour, style, size, density; 'thickness' belongs to style 'outline'",
            ),
            (
                "drawn: {densty: 2.0}",
                "p.yaml:1: unknown key 'densty' in drawn; shape 'line' and style 'fill' have "
                "shape, colour, style, width, dashes, density; did you mean 'density'?",
            ),
            ("drawn: {shape: dott}", "p.yaml:1: drawn.shape is 'dott'; allowed: dot, line; did you mean 'dot'?"),
            ("drawn: {style: fil}", "p.yaml:1: drawn.style is 'fil'; allowed: fill, outline; did you mean 'fill'?"),
        ],
    )
    def test_what_no_entry_of_a_section_has_is_refused_with_the_entry_that_has_it(self, text, message):
        with pytest.raises(InputError) as error:
            Document.from_text(text, "p.yaml").validate(Poster)
        assert str(error.value) == message


class TestRegistry:
    def test_an_entry_without_a_setting_that_it_needs_is_refused(self):
        with pytest.raises(InputError, match=r"^density: style 'fill' needs it$"):
            STYLES.make("fill")

    @pytest.mark.parametrize("registry", [RULES, LOSSES, FEATURES], ids=["rules", "losses", "features"])
    def test_entries_are_made_by_name(self, registry):
        for name, entry in registry.items():
            assert registry.make(name) == entry() and entry.name == name

    def test_an_unknown_name_or_setting_is_refused_with_the_nearest_match(self):
        with pytest.raises(InputError, match=r"rule: unknown rule 'hebb'; did you mean 'hebbian'\?"):
            RULES.make("hebb")
        with pytest.raises(InputError, match=r"margn: rule 'margin-delta' has rate, margin; did you mean 'margin'\?"):
            RULES.make("margin-delta", margn=2)
        with pytest.raises(InputError, match=r"margin: rule 'hebbian' has rate$"):
            RULES.make("hebbian", margin=2)


class TestExperiments:
    @pytest.mark.parametrize("task", ["memorise", "classify"])
    def test_every_rule_and_loss_has_its_settings_and_their_defaults(self, task):
        for name, rule in RULES.items():
            learning, _ = sections(experiment(f"rule: {name}, rate: 0.03", task=task))
            assert learning.local_rule == rule(rate=0.03)
            others = {f.name for other in RULES.values() for f in fields(other)} - {f.name for f in fields(rule)}
            assert not others & set(type(learning).model_fields)
        for name, loss in LOSSES.items():
            _, training = sections(experiment(training=f"loss: {name}", task=task))
            assert training.objective == loss()
            others = {f.name for other in LOSSES.values() for f in fields(other)} - {f.name for f in fields(loss)}
            assert not others & set(type(training).model_fields)

    def test_each_task_has_a_default_rule_rate_and_loss(self):
        learning, training = sections(experiment())
        assert learning.local_rule == Hebbian(0.2) and training.objective == Mse()
        learning, training = sections(experiment(task="classify"))
        assert learning.local_rule == Delta(0.004) and training.objective == LOSSES.make("cross-entropy")

    @pytest.mark.parametrize("task", ["memorise", "classify"])
    @pytest.mark.parametrize(
        ("learning", "training", "line", "unknown", "belongs"),
        [
            ("rule: hebbian, margin: 5", "", 5, "'margin' in learners.A.learning; rule 'hebbian' has rule, ", "rule"),
            ("", "loss: mse, alpha: 0.9", 8, "'alpha' in learners.B.training; loss 'mse' ", "loss 'focal'"),
            (
                "",
                "loss: focal, gradient: study",
                8,
                "'gradient' in learners.B.training; loss 'focal' ",
                "loss 'mse'",
            ),
        ],
    )
    def test_a_setting_of_another_rule_or_loss_is_refused(self, learning, training, line, unknown, belongs, task):
        with pytest.raises(InputError) as error:
            experiment(learning, training, task)
        assert str(error.value).startswith(f"x.yaml:{line}: unknown key {unknown}")
        assert f"belongs to {belongs}" in str(error.value)

    @pytest.mark.parametrize("task", ["memorise", "classify"])
    @pytest.mark.parametrize(
        ("keys", "key", "user"),
        [
            ("encoding: sign, slots: 5", "slots", "stochastic"),
            ("encoding: counted, threshold: 0.1", "threshold", "sign"),
            ("encoding: exact, max_pulses: 3", "max_pulses", "counted"),
            ("encoding: stochastic, rounding: nearest", "rounding", "counted"),
        ],
    )
    def test_a_setting_of_another_encoding_is_refused(self, keys, key, user, task):
        encoding = keys.split(",")[0].removeprefix("encoding: ")
        with pytest.raises(InputError) as error:
            experiment(f"rule: hebbian, {keys}", "", task)
        assert str(error.value) == (
            f"x.yaml:5: learners.A.learning.{key}: encoding '{encoding}' does not use it; '{user}' does"
        )

    @pytest.mark.parametrize(
        ("features", "training", "unknown", "belongs"),
        [
            ("kind: random, epochs: 3", "", "6: unknown key 'epochs' in learners.A.features", "kind 'competitive'"),
            ("rate: 0.1", "", "6: unknown key 'rate' in learners.A.features", "kind 'competitive'"),
            (
                "",
                "optimiser: adam, momentum: 0.5",
                "8: unknown key 'momentum' in learners.B.training",
                "optimiser 'sgd'",
            ),
            ("", "optimiser: sgd, beta1: 0.5", "8: unknown key 'beta1' in learners.B.training", "optimiser 'adam'"),
        ],
    )
    def test_a_setting_of_another_optimiser_or_kind_of_features_is_refused(self, features, training, unknown, belongs):
        with pytest.raises(InputError) as error:
            classes(features, training)
        assert str(error.value).startswith(f"x.yaml:{unknown}; ")
        assert str(error.value).endswith(f"' belongs to {belongs}")

    def test_the_settings_of_optimisers_and_features_reach_their_dataclasses(self):
        made = classes(training="optimiser: sgd, rate: 0.2, decay: l2, weight_decay: 0.1").spec.learners[1].training
        assert made.optimisation == SGD(0.2, 0.1, "l2", momentum=0.9)
        made = classes(training="loss: mse, rate: 0.2, beta2: 0.99").spec.learners[1].training
        assert made.optimisation == Adam(0.2, beta2=0.99) and made.objective == Mse()
        made = classes(features="kind: competitive, rate: 0.5, units: 7").spec.learners[0].features
        assert made.layer == CompetitiveFeatures(rate=0.5) and made.units == 7

    def test_lambda_is_the_key_of_the_weight_of_the_log_margin(self):
        _, training = sections(experiment(training="loss: log-margin-mse, lambda: 7"))
        assert training.objective == LogMarginMse(weight=7.0)
        keys = keys_of(Spot(type(training), (), None))
        assert "lambda" in keys and "weight" not in keys


class TestChanges:
    def test_another_rule_drops_the_settings_that_only_the_earlier_one_has(self):
        made = experiment("rule: margin-delta, margin: 5, rate: 0.3").replace({"learning.rule": "delta"})
        assert sections(made)[0].local_rule == Delta(0.3)
        assert "margin" not in made.to_yaml()

    def test_a_setting_in_the_same_change_must_be_one_of_the_new_rule(self):
        made = experiment("rule: margin-delta, margin: 5")
        for changes in (
            {"learning.rule": "hebbian", "learning.margin": 2},
            {"learning.margin": 2, "learning.rule": "hebbian"},
        ):
            with pytest.raises(InputError, match=r"--set .*margin=2: unknown key 'margin' in .* rule 'hebbian'"):
                made.replace(changes, origin="--set")
        changed = experiment().replace({"learning.margin": 2, "learning.rule": "margin-delta"})
        assert sections(changed)[0].local_rule == MarginDelta(0.2, margin=2.0)

    def test_another_optimiser_or_kind_of_features_drops_the_settings_of_the_earlier_one(self):
        made = classes(features="kind: competitive, rate: 0.5, units: 7", training="optimiser: sgd, momentum: 0.5")
        changed = made.replace({"features.kind": "random", "training.optimiser": "adam"}).spec.learners
        assert changed[0].features.layer == RandomFeatures() and changed[0].features.units == 7
        assert changed[1].training.optimisation == Adam(0.003)
        swept = made.replace(sweep={"training.optimiser": ["adam", "sgd"]}).variants()
        assert [one.spec.learners[1].training.optimisation for one in swept] == [Adam(0.003), SGD(0.003, momentum=0.5)]

    def test_a_mistake_in_a_key_is_not_dropped(self):
        with pytest.raises(InputError, match="unknown key 'margn'"):
            experiment("rule: margin-delta").replace({"learning.margn": 2}).replace({"learning.rule": "delta"})

    def test_a_swept_loss_keeps_the_settings_that_each_value_has(self):
        swept = experiment(training="loss: log-margin-mse, lambda: 7, gradient: study").replace(
            sweep={"training.loss": ["mse", "log-margin-ce", "focal"]}
        )
        losses = [sections(variant)[1].objective for variant in swept.variants()]
        assert losses == [Mse(gradient="study"), LogMarginCe(weight=7.0), LOSSES.make("focal")]

    def test_a_short_key_reaches_the_learners_whose_rule_has_it(self):
        two = [{"name": "A", "learning": {"rule": "delta"}}, {"name": "B", "learning": {"rule": "margin-delta"}}]
        made = experiment().replace(learners=two).replace({"learning.margin": 3})
        assert [one.learning.local_rule for one in made.spec.learners] == [Delta(0.2), MarginDelta(0.2, margin=3.0)]
        assert made.replace(sweep={"learning.margin": [1, 2]}).spec.labels == ["A", "B, margin 1", "B, margin 2"]

    def test_shipped_experiments_are_valid_at_every_value_of_their_sweeps(self):
        for name in ms.experiment_names():
            assert ms.load_experiment(name).variants()

    @pytest.mark.slow
    def test_nothing_keeps_shipped_experiments_from_running(self):
        for name in ms.experiment_names():
            assert problems_before(ms.load_experiment(name)) == [], name
