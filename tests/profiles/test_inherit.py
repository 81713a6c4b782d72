"""Profiles that extend others: what they take over, where its numbers come from, and what is refused."""

from __future__ import annotations

import re

import pytest

from memsim.document import DocumentError
from memsim.profiles import Provenance, device_from_text, load_device
from memsim.profiles.listing import lines

CHILD = """\
extends: agsi-jo2010
name: child
title: A variant
sources:
  lab: {cite: Own measurement}
status: measured
source: lab
update: {pulses: 64}
read: {noise: null}
"""


@pytest.fixture
def write(tmp_path):
    """Write a profile into the folder and return its path."""

    def write(text, name="child.yaml"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_text(text, encoding="utf-8")
        return file

    return write


def refusal(file) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        load_device(file)
    return [problem.replace(f"{file.parent}/", "") for problem in caught.value.problems]


def test_what_a_profile_does_not_say_the_extended_one_says(write):
    child, base = load_device(write(CHILD)), load_device("agsi-jo2010")
    assert child.spec.update.pulses == 64
    assert child.spec.read.noise is None
    assert (child.spec.conductance.min, child.spec.conductance.max) == (3.08e-9, 38.5e-9)
    assert child.spec.update.nonlinearity.reset == base.spec.update.nonlinearity.reset
    assert (child.name, child.title, child.technology) == ("child", "A variant", base.technology)
    assert child.spec.notes is None


def test_inherited_numbers_keep_their_source_and_own_ones_have_their_own(write):
    child, base = load_device(write(CHILD)), load_device("agsi-jo2010")
    assert child.provenance("update.pulses") == Provenance("lab", None, "measured", None)
    for row in base.rows():
        if row.field != "update.pulses" and not row.field.startswith("read.noise"):
            assert child.provenance(row.field) == base.provenance(row.field), row.field
    inherited = {line.field: line.inherited for line in lines(child)}
    assert inherited["conductance.max"] == "agsi-jo2010"
    assert inherited["update.pulses"] == ""


def test_an_overridden_number_needs_a_status_of_its_own(write):
    (problem,) = refusal(write(CHILD.replace("status: measured\nsource: lab\n", "")))
    assert problem.startswith("child.yaml:6: update.pulses does not say where it comes from; add 'status: measured'")
    assert "(one of chen2018, jo2010, neurosim3, lab)" in problem


def test_a_resolved_profile_stands_alone(write):
    child = load_device(write(CHILD))
    alone = device_from_text(child.to_yaml())
    assert "extends" not in child.document.data
    assert alone.spec == child.spec
    assert alone.rows() == child.rows()
    assert alone == child


def test_another_model_or_base_of_a_sigma_replaces_its_whole_section(write):
    text = CHILD + "variability: {c2c: {relative_to: step}}\n"
    assert refusal(write(text)) == ["child.yaml:10: missing key 'sigma' in variability.c2c; write e.g. 'sigma: 3.7 %'"]
    child = load_device(write(text.replace("{relative_to: step}", "{sigma: 2 %, relative_to: step}")))
    assert child.spec.variability.c2c.relative_to == "step"
    assert child.spec.variability.d2d  # of the base
    child = load_device(write(CHILD.replace("pulses: 64", "model: constant, step: 0.01")))
    assert child.spec.update.set is None and child.spec.update.step == 0.01


def test_a_profile_can_extend_a_file_of_its_folder_that_extends_another_one(write):
    write(CHILD, "below/middle.yaml")
    top = "extends: below/middle.yaml\nname: top\ntitle: T\nstatus: assumed\nread: {voltage: 0.2 V}\n"
    child = load_device(write(top, "top.yaml"))
    assert child.spec.read.voltage == 0.2 and child.spec.update.pulses == 64
    assert child.provenance("read.voltage").status == "assumed"
    assert child.provenance("update.pulses").source == "lab"
    origins = {line.field: line.inherited for line in lines(child)}
    assert (origins["update.pulses"], origins["read.duration"]) == ("middle", "agsi-jo2010")


def test_a_problem_names_the_file_and_the_line_that_it_comes_from(write):
    write(CHILD.replace("pulses: 64", "pulses: 0"))
    top = "extends: child.yaml\nname: top\ntitle: T\n"
    assert refusal(write(top, "top.yaml")) == ["child.yaml:8: update.pulses: 0 is out of range; allowed: 1 to 1000000"]
    write(CHILD)
    top += "conductance: {min: 50 nS, status: assumed}\nread: {voltag: 3 V}\n"
    first, second = refusal(write(top, "top.yaml"))
    assert re.search(r"/agsi-jo2010.yaml:\d+ \(extended by top.yaml\): conductance.max: 'max' must be larger", first)
    assert second == "top.yaml:5: unknown key 'voltag' in read; did you mean 'voltage'?"


@pytest.mark.parametrize(
    ("extends", "says"),
    [
        ("agsi-jo2011", "'agsi-jo2011' is neither a shipped profile nor a file in"),
        ("agsi-jo2011", "did you mean 'agsi-jo2010'?"),
        ("child.yaml", "child.yaml -> child.yaml is a circle"),
        ("../child.yaml", "'../child.yaml' lies outside the folder of this file; only files in it can be extended"),
        ("/etc/passwd", "'/etc/passwd' lies outside the folder"),
        ("outside.yaml", "'outside.yaml' is a link that leads out of the folder of this file"),
        (".", "'.' is neither a shipped profile nor a file in"),
        ("[a, b]", "extends must be the name of a shipped profile, or of a file beside it"),
        ("''", "extends must be the name of a shipped profile, or of a file beside it"),
        ('"a\\0b"', "is not the name of a file"),
        ("x" * 300, "is not the name of a file"),
    ],
)
def test_what_cannot_be_extended_is_said_in_one_line(write, tmp_path, extends, says):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.yaml").write_text("a: 1")
    (tmp_path / "in" / "outside.yaml").symlink_to(tmp_path / "secret.yaml")
    (problem,) = refusal(write(CHILD.replace("agsi-jo2010", extends, 1), "in/child.yaml"))
    assert problem.startswith("child.yaml:1: ")
    assert says in problem


def test_circles_and_long_chains_end(write):
    for number in range(12):
        write(CHILD.replace("agsi-jo2010", f"d{number + 1}.yaml", 1), f"d{number}.yaml")
    write(CHILD.replace("agsi-jo2010", "d10.yaml", 1), "d12.yaml")
    assert refusal(write("extends: d10.yaml\nname: x\ntitle: x\n"))[0] == (
        "d12.yaml:1: extends: child.yaml -> d10.yaml -> d11.yaml -> d12.yaml -> d10.yaml is a circle"
    )
    assert "more than 8 profiles in a row" in refusal(write("extends: d0.yaml\nname: x\ntitle: x\n"))[0]


def test_a_key_of_sources_stands_for_one_source(write):
    text = CHILD.replace("lab:", "chen2018:").replace("source: lab", "source: chen2018")
    assert refusal(write(text)) == [
        "child.yaml:5: source 'chen2018' is another one in agsi-jo2010, which this extends; give it another key"
    ]


def test_a_text_can_extend_shipped_profiles_alone(write):
    assert device_from_text(CHILD).spec.update.pulses == 64
    with pytest.raises(DocumentError, match=r"x:1: extends: 'other.yaml' is not a shipped profile"):
        device_from_text(CHILD.replace("agsi-jo2010", "other.yaml"), "x")
    with pytest.raises(DocumentError, match="extends takes effect when a file is read"):
        load_device("ideal").replace({"extends": "agsi-jo2010"})


def test_an_invalid_profile_is_told_with_all_its_problems_at_once(write):
    problems = refusal(
        write(
            "name: x\ntitle: x\ntechnologie: x\nsources: {a: {cite: x}}\n"
            "conductance: {min: 1 uS, max: 0 S}\n"
            "update: {model: linear, pulses: 3, slope: {set: 0.1, reset: 5}}\n"
            "read: {voltage: 0.5 V, duration: 5 ns, source: b, noise: {sigma: 1 %, relative_to: step}}\n"
        )
    )
    for line, words in (
        (3, "unknown key 'technologie'"),
        (5, "conductance.min does not say where it comes from"),
        (5, "'max' must be larger than 'min'"),
        (6, "update.pulses does not say where it comes from"),
        (6, "update.slope.reset: 5 is out of range"),
        (7, "unknown source 'b' in read; allowed: a"),
        (7, "read.noise.relative_to is 'step'; allowed: value, range"),
    ):
        assert any(problem.startswith(f"child.yaml:{line}: ") and words in problem for problem in problems), words
