"""The JSON Schema of an experiment: what it accepts and refuses, and that it knows all keys of all tasks."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft7Validator

from memsim.document import Document
from memsim.document.walk import bare, fields_of, members_of
from memsim.experiments.devices import ChangedDevice
from memsim.storage.library import library
from memsim.tasks.json_schema import experiment_schema, experiment_schema_text
from memsim.tasks.registry import TASKS

TEXT = """\
name: x
task: TASK
learners:
  - name: A
    LEARNER
corruptions: {gaussian: [0.1]}
"""
NETWORK = "network: {}\n    training: "


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    schema = json.loads(experiment_schema_text())
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def problems(validator, text: str) -> list[str]:
    data = Document.from_text(text).data
    return [".".join(map(str, error.absolute_path)) for error in validator.iter_errors(data)]


def learner(text: str, task: str = "memorise") -> str:
    return TEXT.replace("TASK", task).replace("LEARNER", text)


def sections(annotation) -> set[type]:
    """All sections inside a type."""
    found: set[type] = set()
    for member in members_of(annotation):
        fields = fields_of(member)
        if fields is None:
            for part in getattr(bare(member)[0], "__args__", ()):
                found |= sections(part)
        elif member not in found:
            found.add(member)
            for field in fields.values():
                found |= sections(field.annotation)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", library("experiments"))
def test_every_shipped_experiment_agrees_with_it(validator, name):
    assert problems(validator, library("experiments")[name].read_text(encoding="utf-8")) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", list(TASKS))
def test_it_knows_every_key_of_every_section(name):
    definitions, whole = experiment_schema()["definitions"], TASKS[name].spec_type
    assert set(definitions[f"Experiment-{name}"]["properties"]) == set(fields_of(whole))
    inside = sections(whole) - {whole}
    assert len(inside) >= 4
    for section in inside - {ChangedDevice}:
        assert set(definitions[f"{section.__name__}-{name}"]["properties"]) == set(fields_of(section)), section


@pytest.mark.parametrize(
    "text",
    [
        learner("learning: {}"),
        learner("learning: {steps: 3, rate: 0.1}").replace("task: memorise\n", ""),
        learner("learning: {rule: margin-delta, margin: 2, encoding: counted, max_pulses: null}"),
        learner("array: {bounds: none, dac: {bits: none}, adc: none, wires: null, tile: none}"),
        learner("array: {bounds: [0, 1], wires: {node: 22 nm, temperature: 300 K}, tile: [64, 64]}"),
        learner(NETWORK + "{loss: log-margin-mse, lambda: 10, floor: 0.2}"),
        learner("features: {units: 7}", "classify"),
        learner("features: {kind: competitive, epochs: 3}", "classify"),
        learner(NETWORK + "{beta1: 0.5}", "classify"),
        learner(NETWORK + "{optimiser: sgd, momentum: 0.5, loss: focal, alpha: 0.5}", "classify"),
        "name: x\ntask: select\narrays: [{name: A, array: {device: ideal}, wires: {word_resistance: 2 ohm}}]",
    ],
)
def test_it_accepts_what_memsim_accepts(validator, text):
    from memsim.experiments.loading import experiment_from_text

    assert problems(validator, text) == []
    assert experiment_from_text(text, "x.yaml").name == "x"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (learner("learning: {lr: 3}"), "learners.0.learning"),
        (learner("learning: {margin: 3}"), "learners.0.learning"),  # a key of another rule than the default one
        (learner("learning: {rule: delta, margin: 3}"), "learners.0.learning"),
        (learner("learning: {rule: hebian}"), "learners.0.learning.rule"),
        (learner("learning: {steps: -1}"), "learners.0.learning.steps"),
        (learner("array: {device: {read: {voltage: 1 V}}}"), "learners.0.array.device"),
        (learner("array: {bounds: [0, 1, 2]}"), "learners.0.array.bounds"),
        (learner("array: {dtype: none}"), "learners.0.array.dtype"),
        (learner(NETWORK + "{alpha: 0.5}"), "learners.0.training"),
        (learner(NETWORK + "{momentum: 0.5}", "classify"), "learners.0.training"),
        (learner(NETWORK + "{optimiser: sgd, beta1: 0.5}", "classify"), "learners.0.training"),
        (learner(NETWORK + "{optimiser: sgd, momentum: 1.5}", "classify"), "learners.0.training.momentum"),
        (learner("features: {epochs: 3}", "classify"), "learners.0.features"),
        (learner("learning: {}").replace("gaussian", "gausian"), "corruptions"),
        (learner("learning: {}").replace("[0.1]", "0.1"), "corruptions.gaussian"),
        (learner("learning: {}").replace("name: x\n", ""), ""),
        (learner("learning: {}") + "seeds: 3\n", ""),  # a key of another task
        (learner("learning: {}", "clasify"), "task"),
    ],
)
def test_it_marks_what_memsim_refuses(validator, text, place):
    from memsim.errors import InputError
    from memsim.experiments.loading import experiment_from_text

    assert place in problems(validator, text)
    with pytest.raises(InputError):
        experiment_from_text(text, "x.yaml")


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ("variability: {c2c: {sigma: 1 %}}, read: {voltage: 0.3 V}", ""),
        ("update: {nonlinearity: {set: {value: 2.4, status: assumed}}}", ""),
        ("reed: {voltage: 0.3 V}", "learners.0.array.device"),
        ("read: {voltage: 0.3 A}", "learners.0.array.device"),
    ],
)
def test_it_knows_the_values_of_devices(validator, values, place):
    text = learner(f"array: {{device: {{extends: agsi-jo2010, {values}}}}}")
    assert problems(validator, text) == ([place] if place else [])


@pytest.mark.slow
def test_the_command_prints_and_writes_it(cli):
    assert json.loads(cli("schema").out) == experiment_schema()
    assert cli("schema", "-o", "s.json").out == "s.json\n"
    assert "s.json: exists already; use --force" in cli("schema", "-o", "s.json").refusal()
