from __future__ import annotations

import pickle
import re
from typing import Annotated, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from memsim.document import Document, DocumentError, parse_value
from memsim.document.fields import Count, Quantity, Section, problem
from memsim.errors import InputError
from memsim.profiles import load_device


class Bounded(Section):
    name: str
    bounds: tuple[float, float] | None = None


class Hebbian(Section):
    rule: Literal["hebbian"]
    rate: float = Field(gt=0, le=10, examples=["0.2"])


class Oja(Section):
    rule: Literal["oja"]
    rate: float


class Learner(Section):
    name: str
    device: str | Bounded = "ideal"
    learning: Annotated[Hebbian | Oja, Field(discriminator="rule")]
    mode: Literal["fast", "exact"] | int = "fast"


class Model(Section):
    name: Annotated[str, Field(pattern="^[a-z]+$", max_length=8, description="lower-case letters")]
    voltage: Annotated[float, Quantity("V", above=0.0, high=2.0)] = 1.0
    repeat: Annotated[int, Count(1, 9)] = 1
    noise: Annotated[float, Quantity("%", low=0.0, high=10.0)] = 0.0
    fast: bool = False
    learners: Annotated[tuple[Learner, ...], Field(min_length=1)]
    levels: dict[Literal["gaussian", "fog"], list[Annotated[float, Field(ge=0, le=1)]]] = Field(default_factory=dict)


TEXT = """\
# a comment
name: demo
voltage: 0.5 V
learners:
  - name: Hebbian Physical
    learning: {rule: hebbian, rate: 0.2}
  - name: Oja 0.1
    learning:
      rule: oja
      rate: 1e-6
"""


def read(text: str) -> Document:
    return Document.from_text(text, "x.yaml")


def problems_of(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        read(text).validate(Model)
    return caught.value.problems


def refusal(text: str) -> str:
    with pytest.raises(DocumentError) as caught:
        read(text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_document_is_plain_data_and_a_validated_model():
    document = read(TEXT)
    assert document.data["learners"][0] == {
        "name": "Hebbian Physical",
        "learning": {"rule": "hebbian", "rate": 0.2},
    }
    model = document.validate(Model)
    assert model.voltage == 0.5
    assert model.learners[1].learning.rate == 1e-6


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-6", 1e-6),
        ("1E6", 1e6),
        ("-.5", -0.5),
        ("1.", 1.0),
        ("12", 12),
        ("010", 10),
        ("0x1f", 31),
        ("true", True),
        ("null", None),
        ("", None),
        ("off", "off"),
        ("yes", "yes"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2026-01-01", "2026-01-01"),
        ("'12'", "12"),
        ("1.6 V", "1.6 V"),
        ("[0, 1]", [0, 1]),
        (".inf", float("inf")),
    ],
)
def test_values_follow_the_core_schema_of_yaml_1_2(text, value):
    assert parse_value(text) == value if text else read("k:\n").data["k"] is None
    assert type(parse_value(text or "null")) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: {c: 2,\n  c: 3}", "x.yaml:3: key 'c' is given twice; the first is at x.yaml:2"),
        ("a: &x 1\n", "x.yaml:1: anchors and aliases ('&x') are not allowed; repeat the value, or quote text"),
        ("a: 1\nb: *x\n", "x.yaml:2: anchors and aliases ('*x') are not allowed; repeat the value, or quote text"),
        ("a: !!str 1", "x.yaml:1: tags ('!!str') are not allowed; quote the value to make it text"),
        (
            "a: 1\nb: !!python/object/apply:os.system ['true']",
            "x.yaml:2: tags ('!!python/object/apply:os.system') are not allowed; quote the value to make it text",
        ),
        ("!mine {a: 1}", "x.yaml:1: tags ('!mine') are not allowed; quote the value to make it text"),
        ("a: 1\n2: b\n", "x.yaml:2: key 2 is not text; write it in quotes"),
        ("true: b\n", "x.yaml:1: key true is not text; write it in quotes"),
        ("? [a]\n: 1\n", "x.yaml:1: a key must be text, not a list or a section"),
        ("a: 1\n---\nb: 2\n", "x.yaml:2: a second document starts here; write one document a file"),
        ("%YAML 1.1\n---\na: off\n", "x.yaml:2: only YAML 1.2 is read; remove the %YAML line"),
        ("", "x.yaml: the file is empty"),
        ("# nothing\n\n", "x.yaml: the file is empty"),
        ("- a\n- b\n", "x.yaml:1: a 'key: value' mapping is wanted, not a list"),
        ("just text", "x.yaml:1: a 'key: value' mapping is wanted, not 'just text'"),
        ("a: 1\nb:\n\tc: 2\n", "x.yaml:3: not valid YAML: a tab is not allowed here; use spaces"),
        ("a: 1\nb: \x00\n", "x.yaml:2: character U+0000 is not allowed in YAML"),
        ("a: \x1b[31mred", "x.yaml:1: character U+001B is not allowed in YAML"),
        (
            "a: b: c",
            "x.yaml:1: not valid YAML: unexpected ':'; is the line above complete, and is text with ': ' in quotes?",
        ),
        ("a:\n  b: 1\n c: 2", "x.yaml:3: not valid YAML: the indentation does not match the lines above"),
        ("a: 1\nb: 'x\nc: 3\n", "x.yaml:2: not valid YAML: a quoted text that starts here is never closed"),
        ("a: [1, 2\nb: 3", "x.yaml:2: not valid YAML: a ',' or a closing bracket is missing"),
        ("a: @x", "x.yaml:1: not valid YAML: a value that starts with this character needs quotes"),
        ("a: " + "9" * 5000, "x.yaml:1: not valid YAML: a number has more than 100 digits"),
        ("k" * 300 + ": 1", "x.yaml:1: a key is longer than 256 characters"),
        ("a: " + "!" * 20000, "x.yaml:1: a line is longer than 10000 characters"),
        ("a: " + "[" * 5000, "x.yaml:1: nested deeper than 32 levels"),
        ("- " * 4000, "x.yaml:1: nested deeper than 32 levels"),
        ("a: [" + "1,\n" * 20001 + "]", "x.yaml:19998: more than 20000 values in one document"),
        ("a: 1\n" + "#\n" * (1 << 19), "x.yaml: larger than 1024 KiB"),
    ],
)
def test_what_is_not_strict_yaml_is_refused_with_its_line(text, message):
    assert refusal(text) == message


def test_a_billion_laughs_are_refused_at_the_first_anchor():
    lines = ["a: &a [x, x]"] + [f"{b}: &{b} [*{a}, *{a}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    assert refusal("\n".join(lines)).startswith("x.yaml:1: anchors and aliases")


@given(st.text("ab1:-?,[]{}#&*!|>'\"%@\\ \n\t~.e\r\u2028\x85", max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_document_or_a_one_line_error(text):
    document, message = None, ""
    try:
        document = read(text)
    except DocumentError as error:
        message = str(error)
    assert re.fullmatch("x.yaml:.+", message) if document is None else read(document.to_yaml()) == document


def test_files_that_cannot_be_read_are_one_clear_error(tmp_path):
    good = tmp_path / "device.yaml"
    good.write_text(TEXT, encoding="utf-8")
    assert Document.from_file(good) == read(TEXT)
    good.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    assert Document.from_file(str(good)) == read(TEXT)
    cases = {
        tmp_path / "devise.yaml": "devise.yaml: no such file; did you mean 'device.yaml'?",
        tmp_path / "nowhere" / "x.yaml": "x.yaml: no such file",
        tmp_path: "is a directory, not a YAML file",
    }
    (tmp_path / "latin.yaml").write_bytes(b"a: 1\nb: \xb5A\n")
    cases[tmp_path / "latin.yaml"] = "latin.yaml:2: not UTF-8 text; save the file as UTF-8"
    (tmp_path / "huge.yaml").write_bytes(b"#" * (1 << 21))
    cases[tmp_path / "huge.yaml"] = "huge.yaml: larger than 1024 KiB"
    for path, message in cases.items():
        with pytest.raises(InputError) as caught:
            Document.from_file(path)
        assert str(caught.value).endswith(message)
    with pytest.raises(DocumentError, match="cannot be read"):
        Document.from_file("a\0b")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("voltage: 0.5 V", "volage: 0.5 V", "x.yaml:3: unknown key 'volage'; did you mean 'voltage'?"),
        (
            "rate: 0.2",
            "rte: 0.2",
            "x.yaml:6: unknown key 'rte' in learners.Hebbian Physical.learning; rule 'hebbian' has rule, rate; "
            "did you mean 'rate'?",
        ),
        ("      rate: 1e-6\n", "", "x.yaml:8: missing key 'rate' in learners.Oja 0.1.learning"),
        (
            ", rate: 0.2",
            "",
            "x.yaml:6: missing key 'rate' in learners.Hebbian Physical.learning; write e.g. 'rate: 0.2'",
        ),
        (
            "rule: hebbian, ",
            "",
            "x.yaml:6: missing key 'rule' in learners.Hebbian Physical.learning; "
            "write e.g. 'rule: hebbian' or 'rule: oja'",
        ),
        (
            "rule: oja",
            "rule: oya",
            "x.yaml:9: learners.Oja 0.1.learning.rule is 'oya'; allowed: hebbian, oja; did you mean 'oja'?",
        ),
        ("rate: 1e-6", "rate: fast", "x.yaml:10: learners.Oja 0.1.learning.rate must be a number, not 'fast'"),
        (
            "rate: 0.2",
            "rate: 20",
            "x.yaml:6: learners.Hebbian Physical.learning.rate is 20; allowed: above 0 and at most 10",
        ),
        ("rate: 1e-6", "rate: .nan", "x.yaml:10: learners.Oja 0.1.learning.rate is nan; allowed: finite numbers"),
        ("name: demo", "name: Demo", "x.yaml:2: name is 'Demo'; allowed: lower-case letters"),
        ("name: demo", "name: 12", "x.yaml:2: name must be text, not 12; write it in quotes"),
        ("0.5 V", "0.5", "x.yaml:3: voltage: 0.5 has no unit; write '0.5 V'"),
        ("0.5 V", "5 V", "x.yaml:3: voltage: '5 V' is out of range; allowed: above 0 V, at most 2 V"),
        ("0.5 V", "0.5 V\nrepeat: 2.5", "x.yaml:4: repeat: 2.5 is not a whole number; allowed: 1 to 9"),
        ("0.5 V", "0.5 V\nrepeat: 10", "x.yaml:4: repeat: 10 is out of range; allowed: 1 to 9"),
        (
            "0.5 V",
            "0.5 V\nnoise: 3.7",
            "x.yaml:4: noise: 3.7 could be percent or a fraction; write '3.7 %' or '370 %'",
        ),
        ("0.5 V", "0.5 V\nfast: yes", "x.yaml:4: fast must be true or false, not 'yes'"),
        ("0.5 V", "0.5 V\nlevels: {fogg: [1]}", "x.yaml:4: unknown key 'fogg' in levels; did you mean 'fog'?"),
        (
            "0.5 V",
            "0.5 V\nlevels: {fog: [0.5, 2]}",
            "x.yaml:4: levels.fog.1 is 2; allowed: at least 0 and at most 1",
        ),
        (
            "name: Oja 0.1",
            "name: Oja 0.1\n    device: 3",
            "x.yaml:8: learners.Oja 0.1.device must be text or a section of 'key: value' entries, not 3",
        ),
        (
            "name: Oja 0.1",
            "name: Oja 0.1\n    device: {name: ideal, bounds: [1]}",
            "x.yaml:8: learners.Oja 0.1.device.bounds has 1 entry; allowed: exactly 2",
        ),
        (
            "name: Oja 0.1",
            "name: Oja 0.1\n    device: {nane: ideal}",
            "x.yaml:8: unknown key 'nane' in learners.Oja 0.1.device; did you mean 'name'?",
        ),
        (
            "name: Oja 0.1",
            "name: Oja 0.1\n    mode: slow",
            "x.yaml:8: learners.Oja 0.1.mode must be 'fast' or 'exact' or a whole number, not 'slow'",
        ),
    ],
)
def test_each_kind_of_mistake_is_one_line_with_file_line_given_and_allowed(old, new, message):
    assert old in TEXT
    assert problems_of(TEXT.replace(old, new, 1)) == [message]


def test_sections_and_lists_of_the_wrong_kind_are_named():
    start = "name: demo\nlearners:"
    assert problems_of(start + " []") == ["x.yaml:2: learners has 0 entries; allowed: at least 1"]
    assert problems_of(start + " 3") == ["x.yaml:2: learners must be a list, not 3"]
    assert problems_of(start + "\n  - 3") == ["x.yaml:3: learners.0 must be a section of 'key: value' entries, not 3"]
    assert problems_of(start) == ["x.yaml:2: learners must be a list, not nothing"]


def test_all_problems_are_kept_in_the_order_of_the_document():
    text = TEXT.replace("0.5 V", "0.5").replace("rule: oja", "rle: oja").replace("demo", "Demo")
    with pytest.raises(DocumentError) as caught:
        read(text).validate(Model)
    lines = [int(line.split(":")[1]) for line in caught.value.problems]
    assert lines == sorted(lines) == [2, 3, 8]
    assert str(caught.value) == caught.value.problems[0] + " (and 2 more problems)"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_no_message_speaks_pydantic():
    text = "name: [1]\nlearners:\n  - {name: 3, learning: 4, device: []}\n  - {}\nfast: 1\nlevels: {fog: x}\nx: 1\n"
    found = problems_of(text)
    assert len(found) >= 7
    for line in found:
        assert not any(word in line.lower() for word in ("pydantic", "input", "http", "type=", "dictionary"))


def test_a_validator_can_point_at_a_key_inside_its_section():
    from pydantic import model_validator

    class Window(Section):
        low: float
        high: float

        @model_validator(mode="after")
        def _ordered(self) -> Window:
            if self.low >= self.high:
                raise problem("'high' must be larger than 'low'", "high")
            return self

    with pytest.raises(DocumentError) as caught:
        read("low: 2\nhigh: 1\n").validate(Window)
    assert str(caught.value) == "x.yaml:2: high: 'high' must be larger than 'low'"


def test_replacing_leaves_the_original_unchanged():
    document = read(TEXT)
    changed = document.replace(
        {
            "learners.Hebbian Physical.learning.rate": 0.4,
            "learners.Oja 0.1.learning.rate": 0.5,
            "learners.1.mode": "exact",
            "levels.fog": [0.5],
        }
    )
    assert document == read(TEXT) != changed
    assert changed.get("learners.0.learning.rate") == 0.4
    assert changed.get("learners.Oja 0.1.learning.rate") == 0.5
    assert changed.get("levels.fog") == [0.5]
    assert changed.get("levels.snow", "none") == "none"
    assert changed.validate(Model).learners[1].mode == "exact"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"voltage": 3}, "x.yaml: --set voltage=3: voltage: 3 has no unit; write '3 V'"),
        ({"volage": "3 V"}, "x.yaml: --set volage=3 V: unknown key 'volage'; did you mean 'voltage'?"),
        ({"level.fog": [1]}, "x.yaml: --set level.fog=[1]: unknown key 'level'; did you mean 'levels'?"),
        ({"voltage.high": 1}, "x.yaml: --set voltage.high=1: voltage is a value ('0.5 V'), not a section"),
        (
            {"learners.Oya 0.1.mode": 1},
            "x.yaml: --set learners.Oya 0.1.mode=1: no item 'Oya 0' in learners; did you mean 'Oja 0.1'?",
        ),
        ({"learners.7.mode": 1}, "x.yaml: --set learners.7.mode=1: no item '7' in learners; it has 2 items, counted"),
        ({"learners..mode": 1}, "x.yaml: --set learners..mode=1: a path is written as 'section.key'"),
        ({"name": {1, 2}}, "x.yaml: --set name={1, 2}: a value of type set cannot be written in YAML"),
        ({"name": 10**200}, "a number has more than 100 digits"),
        ({"name": {1: 2}}, "x.yaml: --set name: key 1 is not text of at most 256 characters"),
    ],
)
def test_a_wrong_change_is_reported_by_its_origin_instead_of_a_line(changes, message):
    with pytest.raises(DocumentError) as caught:
        read(TEXT).replace(changes, origin="--set").validate(Model)
    assert message in str(caught.value)


def test_keys_with_dots_are_found_where_they_exist_and_created_where_allowed():
    document = read("d2d:\n  conductance.max: {sigma: 1}\nconductance: {max: 2}\n")
    known = {"d2d": ["conductance.max", "conductance.min"]}
    changed = document.replace(
        {"d2d.conductance.max.sigma": 3, "conductance.max": 4, "d2d.conductance.min.sigma": 5}, dotted_keys=known
    )
    assert changed.data == {
        "d2d": {"conductance.max": {"sigma": 3}, "conductance.min": {"sigma": 5}},
        "conductance": {"max": 4},
    }
    assert document.find("d2d.conductance.max.sigma") == ("d2d", "conductance.max", "sigma")
    assert changed.where(("d2d", "conductance.max")) == "x.yaml:2"
    assert changed.where(("conductance", "max")) == "x.yaml: replace conductance.max=4"


def test_plain_forms_of_numpy_values_tuples_and_paths_are_taken(tmp_path):
    document = Document.from_data({"a": np.float32(0.5), "b": (1, 2), "c": np.arange(3), "d": tmp_path, "e": np.True_})
    assert document.data == {"a": 0.5, "b": [1, 2], "c": [0, 1, 2], "d": str(tmp_path), "e": True}


def test_data_that_contain_themselves_are_refused():
    data: dict[str, object] = {}
    data["self"] = data
    with pytest.raises(DocumentError, match="nested deeper than 32 levels"):
        Document.from_data(data)


def test_the_data_of_a_document_cannot_be_changed_from_outside():
    source = {"a": {"b": [1]}}
    document = Document.from_data(source)
    source["a"]["b"].append(2)
    document.data["a"]["b"].append(3)
    assert document.data == {"a": {"b": [1]}}


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False)
    | st.text(max_size=30)
    | st.text("ab :,#\n'\"-?[]{}|>\t \u00b51e.&\u2028", max_size=160)
    | st.sampled_from(["1e-6", "off", "null", "~", "0x1f", "1.6 V", "- a", "a: b", "...", "---", "", " ", "x" * 1200])
)
KEYS = st.text(max_size=12)
PLAIN = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


@pytest.mark.slow
@given(st.dictionaries(KEYS, PLAIN, max_size=4))
@settings(max_examples=100, deadline=None)
def test_every_document_reads_back_from_its_own_yaml(data):
    document = Document.from_data(data)
    back = Document.from_text(document.to_yaml())
    assert repr(back.data) == repr(document.data)


def test_yaml_is_written_for_people():
    long = "Words that go on for more than one line, because somebody had a lot to say. " * 2 + "End."
    data = {
        "title": "Chen & Yu, 2018",
        "a": {"x": 1, "y": "0.5 V", "z": "1e-6"},
        "notes": long,
        "b": [1, "two, 3", None],
    }
    assert Document.from_data(data).to_yaml() == (
        "title: Chen & Yu, 2018\n"
        'a: {x: 1, y: 0.5 V, z: "1e-6"}\n'
        "notes: >-\n"
        "  Words that go on for more than one line, because somebody had a lot to say. Words that go on for more than\n"
        "  one line, because somebody had a lot to say. End.\n"
        'b: [1, "two, 3", null]\n'
    )


def test_of_very_many_problems_some_are_listed_and_the_others_counted(tmp_path):
    (tmp_path / "many.yaml").write_text("".join(f"? k{number}\n" for number in range(9000)))

    with pytest.raises(DocumentError) as caught:
        load_device(tmp_path / "many.yaml")
    assert 200 < len(caught.value.problems) < 400
    assert any("more problems, which are not listed" in problem for problem in caught.value.problems)
