"""Studies are read strictly: mistakes are named with their line, and none can do harm."""

from __future__ import annotations

from pathlib import Path

import pytest

import memsim as ms
from memsim.errors import InputError
from memsim.storage.library import find
from memsim.studies.claims import ClaimSpec, ConditionSpec, ElsewhereSpec, StudySpec
from memsim.studies.quantity import QuantitySpec
from memsim.studies.rules import RULES
from memsim.studies.study import load_study

SMALL = "changes: {data.samples: 3, data.shape: [8, 8]}"


@pytest.mark.parametrize("name", ms.study_names())
def test_shipped_studies_load_under_their_name_and_use_every_quantity(name):
    study = load_study(name)
    assert study.spec.name == name and study.folder is None
    assert study.quantities == list(study.spec.quantities)
    for claim in study.spec.claims:
        assert dict(claim.formulas)[("measured",)].names, "a verdict without measured numbers"


@pytest.mark.parametrize("name", ms.study_names())
def test_the_guide_counts_the_claims_of_shipped_studies(name):
    guide = (Path(__file__).parents[2] / "docs" / "studies.md").read_text(encoding="utf-8")
    (row,) = [line for line in guide.splitlines() if line.startswith(f"| `{name}` |")]
    claims, *verdicts = (int(cell) for cell in row.split("|")[2:8])
    assert claims == sum(verdicts) == len(load_study(name).spec.claims)


def test_the_guide_names_every_key_and_rule():
    guide = (Path(__file__).parents[2] / "docs" / "studies.md").read_text(encoding="utf-8")
    for model in (StudySpec, QuantitySpec, ClaimSpec, ConditionSpec, ElsewhereSpec):
        for key in model.model_fields:
            assert f"`{key}`" in guide, key
    for name, rule in RULES.items():
        assert f"`{name}`" in guide and (not rule.tolerance or f"within {100 * rule.tolerance:g} %" in guide)


def test_the_published_numbers_are_those_of_the_experiments():
    published = ms.load_experiment("decomposition-01").spec.published
    claims = {(claim.where, claim.text): claim.published for claim in load_study("akbay2025").spec.claims}
    for learner, value in published["snr"].items():
        assert claims["Master table: SNR", learner] == value
    for learner, value in published["correct"].items():
        assert claims["Master table: accuracy", learner] == 100 * value


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("variable: snr,", "variable: aged_snr,", "at: say at which time 'aged_snr' is measured, as in"),
        ("measured: phys", "measured: phy", "mine.yaml:16: claims.one.measured: unknown quantity 'phy'"),
        ("measured: phys", "measured: phys.x", "mine.yaml:16: claims.one.measured: 'phys.x': only numbers, names"),
        ("measured: phys", "measured: 2 * measured", "unknown quantity 'measured'; allowed: noisy, phys, spread"),
        ("published: 1000", "published: many", "mine.yaml:15: claims.one.published must be a number, not 'many'"),
        ("published: 1000", "publishd: 1000", "did you mean 'published'?"),
        ("published: 1000", "published: 1000\n    up_to: 900", "900 does not exceed the lower end 1000 of the range"),
        ("rule: above", "rule: abov", "mine.yaml:23: claims.two.rule is 'abov'; allowed: close, tight"),
        ('unit: "%"', "unit: percentage points", "mine.yaml:24: claims.two.unit"),
        ("cause: {refuted", "cause: {refutd", "unknown key 'refutd' in claims.one.cause; did you mean 'refuted'?"),
        ("{measured:.1f}", "{mesured:.1f}", "unknown quantity 'mesured'; did you mean 'measured'?"),
        ("{measured:.1f}", "{measured}", "a place in a text is written"),
        ("name: two", "name: one", "two claims are called 'one'"),
        ("  phys:", "  measured:", "'measured' has a meaning of its own"),
        ("variable: snr, statistic", "variable: snrr, statistic", "mine.yaml:7: quantities.noisy.variable: 'snrr' is"),
        ("variable: snr, statistic", "variable: weight_mean, statistic", "'weight_mean' does not depend on noise_lev"),
        ("noise_level: 0.7", "nose_level: 0.7", "'snr' does not depend on nose_level; did you mean 'noise_level'?"),
        ("noise_level: 0.7", "noise_level: 0.71", "mine.yaml:7: physical-01 has no noise_level '0.71'"),
        ("noise_level: 0.7", "noise_level: 70 mV", "'70 mV' is a voltage (V), not a plain number"),
        ("noise_level: 0.7", "noise_type: fog", "physical-01 has no noise_type 'fog'; allowed: gaussian"),
        ("learner: Hebbian Physical", "learner: Hebbian Tight", "mine.yaml:5: physical-01 has no learner"),
        ("variable: snr,", "variable: worst_margin,", "'worst_margin' does not depend on learner"),
        ("experiment: physical-01, at: {learner: Hebbian Physical}, variable: snr,",
         "experiment: physical-01, variable: worst_margin,",
         "mine.yaml:5: physical-01 is of the task 'memorise', 'worst_margin' of select"),
        ("experiment: physical-01", "experiment: physical-1",
         "mine.yaml:5: unknown experiment 'physical-1'; did you mean 'physical-01'?"),
        ("experiment: physical-01", "experiment: /etc/passwd", "unknown experiment '/etc/passwd'"),
        ("experiment: physical-01", "experiment: ../../up.yaml",
         "experiment '../../up.yaml' lies outside the folder of the study"),
        ("experiment: physical-01", "experiment: physical-01, benchmark: read",
         "mine.yaml:5: quantities.phys: give either an experiment or a benchmark that measures it"),
        ("data.samples: 3", "data.sampels: 3", "mine.yaml:6: changes data.sampels"),
        ("data.samples: 3", "data.source: /etc", "mine.yaml:6: source '/etc' is not allowed here"),
        ("data.samples: 3", "data: {source: /etc}", "source '/etc' is not allowed here; allowed: road-scenes; use"),
        ("data.samples: 3", "array.device: /etc/passwd", "device '/etc/passwd' is not allowed here"),
        ("data.samples: 3", "device: /etc/passwd", "device '/etc/passwd' is not allowed here"),
        ("data.samples: 3", "array.device: {extends: ./cell.yaml}", "device './cell.yaml' is not allowed here"),
        ("data.samples: 3", "sweep: {array.device: [/etc/passwd]}", "device '/etc/passwd' is not allowed here"),
        ("data.samples: 3", "learners: [{name: Hebbian Physical, array: {device: ./cell.yaml}}]",
         "device './cell.yaml' is not allowed here"),
        ("title: A small study", "title: !!python/object:os.system x", "mine.yaml:2: tags"),
        ("name: small", "name: Small Study", "mine.yaml:1: name"),
        ("source: nobody", "duration: 3", "mine.yaml:3: duration: 3 has no unit"),
    ],
)  # fmt: skip
def test_mistakes_are_named_with_their_line(study_file, old, new, says):
    with pytest.raises(InputError) as caught:
        ms.verify(study_file(old, new), seeds=2)
    assert says in str(caught.value) and len(str(caught.value).splitlines()) == 1


BENCHMARK = """\
name: speed
title: Speed
quantities:
  speed: {benchmark: normals, variable: rate, changes: {sizes: [64], repeats: 3}}
claims:
  - {name: one, text: speed, where: a table, published: 1, rule: above, measured: speed}
"""


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("benchmark: normals", "benchmark: normal", "unknown benchmark 'normal'; did you mean 'normals'?"),
        ("sizes", "size", "benchmarks have no option 'size'; did you mean 'sizes'?"),
        ("[64]", "[big]", "sizes: 'big' is not a number"),
        ("[64]", "[0]", "size: 0 is not allowed"),
        ("rate", "snr", "bench normals is of the task 'bench', 'snr' of memorise"),
        ("rate", "rate, seed_spread: true", "a benchmark has no seeds; leave it out"),
        ("rate", "rate", "say which case is measured, as in at: {case: NAME}"),
    ],
)
def test_options_of_benchmarks_are_checked(study_file, old, new, says):
    with pytest.raises(InputError) as caught:
        ms.verify(study_file(old, new, BENCHMARK), seeds=2)
    assert "mine.yaml:4: " in str(caught.value) and says in str(caught.value)


def test_a_benchmark_has_no_seeds(study_file):
    benchmark = "benchmark: normals, variable: rate,"
    old = "experiment: physical-01, at: {learner: Hebbian Physical}, variable: snr,"
    with pytest.raises(InputError, match=r"mine\.yaml:17: claims\.one\.seeds: 'phys' comes from a benchmark"):
        load_study(study_file(old, benchmark))


def test_values_of_devices_may_be_changed(study_file):
    file = study_file("data.samples: 3", "data.samples: 3, array.device.read.voltage: 0.1 V")
    assert ms.verify(file, seeds=2).findings[0].measured.value > 0


def test_one_of_several_learners_must_be_named(study_file):
    old = "experiment: physical-01, at: {learner: Hebbian Physical}"
    with pytest.raises(InputError, match=r"mine\.yaml:5: say which learner is measured, as in at: \{learner: CNN Marg"):
        ms.verify(study_file(old, "experiment: decomposition-01"), seeds=2)


def test_an_experiment_may_lie_beside_the_study(study_file, small_study, tmp_path):
    text = find("experiments", "physical-01").read_text().replace("samples: 50", "samples: 2")
    (tmp_path / "own.yaml").write_text(text.replace("[64, 64]", "[8, 8]"))
    file = study_file("physical-01", "own.yaml", small_study.replace(f",\n    {SMALL}", ""))
    assert ms.verify(file, seeds=2).sources[0].images.startswith("2 synthetic")
