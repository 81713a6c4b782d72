"""The JSON Schema of a profile: what it accepts and refuses, and that it tells an author what is wanted."""

from __future__ import annotations

import copy
import json

import pytest
from jsonschema import Draft7Validator

from memsim.document import Document
from memsim.profiles.inherit import OWN
from memsim.profiles.json_schema import device_schema, device_schema_text
from memsim.profiles.models import models
from memsim.profiles.schema import DeviceSpec
from memsim.profiles.template import starting_file
from memsim.storage.library import library


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    schema = json.loads(device_schema_text())
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


@pytest.fixture
def agsi() -> dict:
    return Document.from_file(library("devices")["agsi-jo2010"]).data


def problems(validator, data) -> list[str]:
    return [".".join(map(str, error.absolute_path)) for error in validator.iter_errors(data)]


@pytest.mark.slow
@pytest.mark.parametrize("name", library("devices"))
def test_every_shipped_profile_agrees_with_it(validator, name):
    assert problems(validator, Document.from_file(library("devices")[name]).data) == []


@pytest.mark.slow
@pytest.mark.parametrize("model", [model.name for model in models() if model.kind == "update"])
def test_every_starting_file_agrees_with_it(validator, model):
    assert problems(validator, Document.from_text(starting_file("x.yaml", model)).data) == []


def test_it_knows_every_key_of_the_schema():
    definitions = device_schema()["definitions"]
    for part in ("Profile", "ProfileChanges"):
        assert set(definitions[part]["properties"]) == set(DeviceSpec.model_fields)
    for model in models():
        name = model.schema.__name__
        assert set(definitions[name]["properties"]) == set(model.schema.model_fields), name


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda data: data["update"].update(model="neurosm"), "update.model"),
        (lambda data: data["update"].update(step=0.1), "update"),  # a key of another model
        (lambda data: data["update"].pop("model"), "update"),
        (lambda data: data["update"].pop("nonlinearity"), "update"),
        (lambda data: data["update"].update(pulses=0), "update.pulses"),
        (lambda data: data["update"].update(pulses=1.5), "update.pulses"),
        (lambda data: data["update"]["nonlinearity"].update(set=12), "update.nonlinearity.set"),
        (lambda data: data["update"]["set"].update(voltage=3.2), "update.set.voltage"),
        (lambda data: data["conductance"].update(max="38 V"), "conductance.max"),
        (lambda data: data["conductance"].update(max={"value": "38 nS", "status": "guessed"}), "conductance.max"),
        (lambda data: data["conductance"].update(max={"status": "assumed"}), "conductance.max"),
        (lambda data: data["variability"]["c2c"].update(sigma=3.7), "variability.c2c.sigma"),
        (lambda data: data["variability"]["c2c"].update(relative_to="value"), "variability.c2c.relative_to"),
        (lambda data: data["variability"]["d2d"].update({"conductance.mx": {}}), "variability.d2d"),
        (lambda data: data.update(naem="x"), ""),
        (lambda data: data.update(name="Not A Name"), "name"),
        (lambda data: data.pop("update"), ""),
        (lambda data: data.pop("read"), ""),
        (lambda data: data.update(status="guessed"), "status"),
    ],
)
def test_it_refuses_what_a_profile_may_not_say(validator, agsi, change, place):
    wrong = copy.deepcopy(agsi)
    change(wrong)
    assert problems(validator, wrong) == [place]


def test_numbers_may_be_written_in_all_forms(validator, agsi):
    agsi["conductance"] = {
        "min": {"value": "3.08e-9 S", "source": "jo2010", "where": "fig. 3", "status": "measured", "note": "x"},
        "max": "38.5nS",
    }
    agsi["variability"]["c2c"] |= {"sigma": 0.035, "source": "jo2010", "where": "x", "status": "assumed", "note": "x"}
    agsi["update"]["nonlinearity"] = {"set": "2.4", "reset": {"value": -4.88}}
    agsi["update"]["set"]["width"] = "300 \N{MICRO SIGN}s"
    assert problems(validator, agsi) == []


def test_a_profile_that_extends_another_one_may_leave_out_all_but_its_own_keys(validator):
    changes = {"extends": "agsi-jo2010", "name": "x", "title": "x"}
    assert problems(validator, changes) == []
    assert problems(validator, changes | {"update": {"pulses": 3}, "read": {"noise": None}}) == []
    assert problems(validator, changes | {"update": {"model": "linear", "nonlinearity": {}}}) == ["update"]
    assert problems(validator, {"extends": "agsi-jo2010", "name": "x"}) == [""]
    assert set(OWN) == {"name", "title", "notes"}


def test_every_number_states_its_unit_and_its_range():
    definitions = device_schema()["definitions"]
    window, neurosim = definitions["Window"]["properties"], definitions["NeurosimUpdate"]["properties"]
    assert window["max"]["description"] == "G_max, of weight 1; quantity in S, at least 0 S, at most 1 S"
    assert neurosim["pulses"]["description"].endswith("; whole number, 1 to 1000000")
    sigma = definitions["ReadNoise"]["properties"]["sigma"]
    assert sigma["description"] == "standard deviation; a share in percent, at least 0 %, at most 1000 %"


def test_where_a_model_is_chosen_its_keys_follow():
    update = device_schema()["definitions"]["Profile"]["properties"]["update"]
    names = [model.name for model in models() if model.kind == "update"]
    assert sorted(update["properties"]["model"]["enum"]) == sorted(names)
    chosen = {branch["if"]["properties"]["model"]["const"]: branch["then"]["$ref"] for branch in update["allOf"]}
    assert chosen["linear"] == "#/definitions/LinearUpdate"
    assert set(chosen) == set(names)
