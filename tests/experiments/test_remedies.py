"""Errors of experiments say what to write, and what they say works; words of other programs lead to memsim's."""

from __future__ import annotations

import re
from typing import Any

import pytest

from memsim.document import Document, DocumentError
from memsim.document.walk import choices_of, fields_of, members_of
from memsim.errors import InputError, nearest
from memsim.experiments.experiment import Experiment
from memsim.experiments.loading import experiment_from_text
from memsim.synonyms import SYNONYMS
from memsim.tasks.compared import prepare
from memsim.tasks.registry import TASKS

TEXTS = {
    "memorise": "name: x\nlearners: [{name: A}]\ncorruptions: {fog: [0.1]}\n",
    "classify": "name: x\ntask: classify\nlearners: [{name: A}]\ncorruptions: {fog: [0.1]}\n",
    "select": "name: x\ntask: select\narrays: [{name: A, array: {device: epiram-choi2018}}]\n",
    "program": "name: x\ntask: program\narrays: [{name: A, array: {device: pcm-joshi2020}}]\n",
    "macro": "name: x\ntask: macro\nmacros: [{name: A, read: {voltage: 1 V, duration: 1 ns, conductance: 1 uS}, "
    "energy: {node: 22 nm}}]\n",
}


def experiment(data: dict[str, Any]) -> Experiment:
    made = experiment_from_text(Document.from_data(data).to_yaml(), "x.yaml")
    prepare(made)
    return made


def inside(data: dict[str, Any], path: list[Any]) -> Any:
    for step in path:
        data = data[step]
    return data


def problems(data: dict[str, Any]) -> list[str]:
    with pytest.raises(DocumentError) as error:
        experiment(data)
    return error.value.problems


def remedy(problem: str) -> str:
    """What a problem says to write."""
    (text,) = re.findall(r"write (?:e\.g\. )?'(.+)'$", problem)
    return text


@pytest.mark.parametrize("task", TEXTS)
def test_an_experiment_of_every_task_is_valid_once_its_problems_are_remedied(task):
    data: dict[str, Any] = {"task": task}
    for problem in problems(data):
        data |= Document.from_text(remedy(problem)).data
    assert experiment(data).spec.task == task


@pytest.mark.parametrize(
    ("task", "path"),
    [
        *((task, [key]) for task in ("memorise", "classify") for key in ("name", "learners", "corruptions")),
        *((task, ["learners", 0, "name"]) for task in ("memorise", "classify")),
        *((task, ["arrays"]) for task in ("select", "program")),
        *((task, ["arrays", 0, *keys]) for task in ("select", "program") for keys in (["name"], ["array"])),
        *((task, ["arrays", 0, "array", "device"]) for task in ("select", "program")),
        *(("macro", path) for path in (["name"], ["macros"], ["macros", 0, "name"])),
        *(("macro", ["macros", 0, "read", key]) for key in ("voltage", "duration", "conductance")),
    ],
)
def test_a_missing_key_can_be_written_as_its_error_says(task, path):
    data = Document.from_text(TEXTS[task]).data
    del inside(data, path[:-1])[path[-1]]
    (problem,) = problems(data)
    inside(data, path[:-1]).update(Document.from_text(remedy(problem)).data)
    experiment(data)


@pytest.mark.parametrize(
    ("task", "path", "value"),
    [
        ("memorise", ["corruptions"], "gaussian"),
        ("memorise", ["corruptions"], ["gaussian", "fog"]),
        ("memorise", ["learners"], {"A": {}}),
        ("memorise", ["data"], "road-scenes"),
        ("classify", ["data"], "mnist"),
        ("classify", ["learners"], "A"),
        ("select", ["arrays"], {"A": {}}),
        ("select", ["arrays", 0, "array"], "ideal"),
        ("program", ["targets"], "levels"),
        ("macro", ["macros"], {"A": {}}),
    ],
)
def test_a_value_of_another_type_can_be_written_as_its_error_says(task, path, value):
    data = Document.from_text(TEXTS[task]).data
    inside(data, path[:-1])[path[-1]] = value
    (problem,) = problems(data)
    inside(data, path[:-1]).update(Document.from_text(remedy(problem)).data)
    experiment(data)


@pytest.mark.parametrize("path", [["corruptions", "fog"], ["sweep", "learning.rate"]])
def test_one_value_in_the_place_of_a_list_can_be_written_as_its_error_says(path):
    data = Document.from_text(TEXTS["memorise"] + "sweep: {learning.rate: [0.1]}").data
    inside(data, path[:-1])[path[-1]] = 0.2
    (problem,) = problems(data)
    assert remedy(problem) == "[0.2]"
    inside(data, path[:-1])[path[-1]] = [0.2]
    experiment(data)


def test_a_setting_to_tune_can_be_written_as_its_error_says():
    for learner in ({"name": "A"}, {"name": "A", "network": {}}):
        data = Document.from_text(TEXTS["classify"]).data | {"learners": [learner], "tuning": {"trials": 2}}
        (problem,) = problems(data)
        learner |= Document.from_text(problem.partition("for example ")[2]).data
        experiment(data)


def test_a_program_without_a_network_is_told_what_its_key_is():
    data = Document.from_text(TEXTS["classify"]).data
    data["learners"].append({"name": "B", "programmed": {}})
    (problem,) = problems(data)
    assert problem.endswith(
        "missing key 'learner' in learners.B.programmed; it is the name of a network of this experiment"
    )


def test_a_wrong_choice_does_not_hide_the_other_problems_of_its_section():
    text = TEXTS["memorise"].replace("{name: A}", "{name: A, learning: {rule: hebian, lr: 2, margin: 3}}")
    with pytest.raises(DocumentError) as error:
        experiment_from_text(text + "sed: 3\n", "x.yaml")
    unknown = "unknown key 'lr' in learners.A.learning; did you mean 'rate'?"
    assert [problem.partition(": ")[2].partition(";")[0] for problem in error.value.problems] == [
        "learners.A.learning.rule is 'hebian'",
        unknown.partition(";")[0],
        "unknown key 'sed'",
    ]
    assert error.value.problems[1].endswith(unknown)


class TestSynonyms:
    def test_every_word_leads_to_a_key_or_a_choice_that_exists(self):
        words: set[str] = {source for task in TASKS.values() for source in embedded(task)}
        for task in TASKS.values():
            words |= vocabulary(task.spec_type, set())
        for word, names in SYNONYMS.items():
            assert set(names) <= words, word

    @pytest.mark.parametrize(
        ("word", "allowed", "name"),
        [
            ("lr", ("rule", "rate"), "rate"),
            ("Learning-Rate", ("learning", "rate"), "rate"),
            ("noise", ("notes", "corruptions"), "corruptions"),
            ("CE", ("mse", "cross-entropy"), "cross-entropy"),
            ("mnist", ("digits", "road-patches"), "digits"),
            ("epochs", ("steps", "rate"), "steps"),
            ("epochs", ("Epochs", "steps"), "Epochs"),  # the word itself comes first
            ("sed", ("seed", "seeds"), "seed"),
        ],
    )
    def test_a_hint_names_the_word_of_the_same_meaning(self, word, allowed, name):
        assert nearest(word, allowed) == f"; did you mean '{name}'?"

    @pytest.mark.parametrize(
        ("key", "full"),
        [
            ("lr", "learning.rate"),
            ("learning_rate", "learning.rate"),
            ("epochs", "learning.steps"),
            ("n_samples", "data.samples"),
        ],
    )
    def test_a_short_key_of_another_program_is_answered_with_the_full_path(self, key, full):
        with pytest.raises(InputError, match=rf"^--set {key}: unknown key '{key}'; did you mean '{full}'\?$"):
            experiment_from_text(TEXTS["memorise"], "x.yaml").replace({key: 1}, origin="--set")

    def test_images_that_do_not_come_with_memsim_are_answered_with_those_that_do_and_an_option(self, tmp_path):
        import memsim as ms

        (tmp_path / "x.yaml").write_text(TEXTS["classify"] + "data: {source: mnist}\n", encoding="utf-8")
        with pytest.raises(InputError) as error:
            ms.load_experiment(tmp_path / "x.yaml").data_path()
        assert "there is no 'mnist' in the folder" in str(error.value)
        assert str(error.value).endswith("; did you mean 'digits'? (data=... names a place elsewhere)")


def embedded(task) -> tuple[str, ...]:
    data = fields_of(task.spec_type).get("data")
    return data.annotation.EMBEDDED if data else ()


def vocabulary(annotation, seen: set[Any]) -> set[str]:
    """All keys and choices inside a type."""
    words = {choice for choice in choices_of(annotation) if isinstance(choice, str)}
    for member in members_of(annotation):
        fields = fields_of(member)
        if fields is None:
            for part in getattr(member, "__args__", ()):
                words |= vocabulary(part, seen)
        elif member not in seen:
            seen.add(member)
            for key, field in fields.items():
                words |= {key} | vocabulary(field.annotation, seen)
    return words
