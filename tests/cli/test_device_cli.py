"""`memsim device`: the commands with which a profile is written, checked and read."""

from __future__ import annotations

import json
import re

import pytest

from memsim.cli.author import SCHEMA_FILE
from memsim.profiles import device_names, load_device
from memsim.profiles.listing import DEFAULT, lines
from memsim.profiles.models import KINDS, find_models, models
from memsim.profiles.parameters import parameters
from memsim.profiles.template import starting_file

UPDATES = [model.name for model in models() if model.kind == "update"]


class TestNew:
    @pytest.mark.slow
    @pytest.mark.parametrize("model", UPDATES)
    def test_a_new_profile_is_valid_as_it_stands_for_every_model(self, cli, model):
        outcome = cli("device", "new", "My Oxide_2.yaml", "--model", model)
        assert outcome.code == 0 and outcome.err == ""
        assert outcome.files == ["My Oxide_2.yaml"]
        assert cli("device", "validate", "My Oxide_2.yaml").code == 0
        profile = load_device("My Oxide_2.yaml")
        assert profile.name == "my-oxide-2"
        assert profile.spec.update.model == model
        assert {row.status for row in profile.rows()} == {"assumed"}

    @pytest.mark.slow
    def test_it_explains_units_sources_and_bases_and_names_every_key_of_its_model(self):
        for name in UPDATES:
            text = starting_file("x.yaml", name)
            for words in (
                "measured",
                "digitised",
                "fitted",
                "computed",
                "assumed",
                "38.5 nS",
                "relative_to",
                "extends",
                "source",
            ):
                assert words in text
            (model,) = (model for model in find_models(name) if model.kind == "update")
            for parameter in parameters(model.schema):
                key = parameter.key.partition("[]")[0].rpartition(".")[2]
                assert re.search(rf"^[ #]*{key}:", text, re.MULTILINE), parameter.key

    @pytest.mark.parametrize("section", ["retention", "conduction", "faults"])
    def test_an_optional_section_works_when_its_comment_marks_are_taken_away(self, cli, tmp_path, section):
        head, _, rest = starting_file("x.yaml").partition(f"# {section}:")
        block, *after = (f"# {section}:" + rest).split("\n\n", 1)
        live = "\n".join(line.removeprefix("# ") for line in block.splitlines())
        (tmp_path / "x.yaml").write_text(head + "\n\n".join([live, *after]), encoding="utf-8")
        assert cli("device", "validate", "x.yaml").code == 0
        assert getattr(load_device("x.yaml").spec, section) is not None

    def test_a_file_is_never_replaced(self, cli, tmp_path):
        (tmp_path / "x.yaml").write_text("precious")
        assert "x.yaml: exists already, and a new profile never replaces" in cli("device", "new", "x.yaml").refusal()
        assert (tmp_path / "x.yaml").read_text() == "precious"

    def test_the_schema_for_editors_comes_with_it_when_asked_for(self, cli, tmp_path):
        outcome = cli("device", "new", "x.yaml", "--schema")
        assert outcome.files == [SCHEMA_FILE, "x.yaml"]
        first = (tmp_path / "x.yaml").read_text(encoding="utf-8").splitlines()[0]
        assert first == f"# yaml-language-server: $schema={SCHEMA_FILE}"
        assert cli("device", "validate", "x.yaml").code == 0
        (tmp_path / SCHEMA_FILE).write_text("mine")
        assert cli("device", "new", "y.yaml", "--schema").code == 0
        assert (tmp_path / SCHEMA_FILE).read_text() == "mine"

    @pytest.mark.parametrize(
        ("args", "says"),
        [
            (["x.txt"], "x.txt: profiles are YAML files; give a name that ends in .yaml"),
            (["there/x.yaml"], "there/x.yaml: there is no folder there; make it first"),
            (["x.yaml", "--model", "powr"], "unknown update model 'powr'; did you mean 'power'?"),
            (["x.yaml", "--model", "drift"], "unknown update model 'drift'"),
            ([], "Missing argument 'FILE'"),
        ],
    )
    def test_mistakes_leave_nothing_behind(self, cli, args, says):
        outcome = cli("device", "new", *args)
        assert says in outcome.refusal()
        assert outcome.files == []


class TestSchema:
    def test_it_is_printed_or_written(self, cli, tmp_path):
        printed = cli("device", "schema")
        assert json.loads(printed.out)["$schema"] == "http://json-schema.org/draft-07/schema#"
        assert cli("device", "schema", "-o", "s.json").out == "s.json\n"
        assert (tmp_path / "s.json").read_text(encoding="utf-8") == printed.out

    @pytest.mark.slow
    def test_files_are_replaced_only_when_told_to(self, cli, tmp_path):
        (tmp_path / "s.json").write_text("precious")
        assert "s.json: exists already; use --force" in cli("device", "schema", "-o", "s.json").refusal()
        assert cli("device", "schema", "-o", "s.json", "--force").code == 0
        assert "give a name that ends in .json" in cli("device", "schema", "-o", "s.yaml").refusal()
        assert "without -o, the schema is printed" in cli("device", "schema", "--force").refusal()


class TestModels:
    def test_every_model_of_every_kind_has_a_line(self, cli):
        out = cli("device", "models").out
        for model in models():
            assert re.search(rf"^{model.name} ", out, re.MULTILINE)
        for kind, meaning in KINDS.items():
            assert f"{kind}: {meaning}" in out

    @pytest.mark.parametrize("model", models(), ids=lambda model: f"{model.kind}.{model.name}")
    def test_each_is_explained_with_equation_source_and_keys(self, cli, model):
        assert model.summary.endswith(".") and model.equation
        out = " ".join(cli("device", "models", f"{model.kind}.{model.name}").out.split())
        assert f"{model.name} ({model.kind}): {model.summary}" in out
        assert f"equation: {model.equation}" in out
        assert f"source: {model.source or 'none; assumed'}" in out
        assert f"in a profile: {model.section}: " in out
        for parameter in parameters(model.schema):
            assert parameter.key in out
            assert parameter.meaning, parameter.key

    def test_a_name_of_two_kinds_explains_both(self, cli):
        out = cli("device", "models", "polynomial").out
        assert "polynomial (programming)" in out and "polynomial (conduction)" in out

    def test_an_unknown_model_gets_the_nearest(self, cli):
        assert "unknown model 'flickr'; did you mean 'flicker'?" in cli("device", "models", "flickr").refusal()


class TestShow:
    @pytest.mark.parametrize("name", device_names())
    def test_every_value_that_holds_is_shown_with_its_status(self, name):
        profile = load_device(name)
        shown = {line.field: line for line in lines(profile)}
        for row in profile.rows():
            assert shown[row.field][:2] == row[:2]
            assert (shown[row.field].status, shown[row.field].source) == (row.status, row.source)
        assert shown["read.column"].value == profile.spec.read.column
        assert {line.status for line in shown.values()} <= {
            "measured",
            "digitised",
            "fitted",
            "computed",
            "assumed",
            DEFAULT,
            "",
        }

    def test_values_are_shown_in_si_and_defaults_are_marked(self, cli):
        out = cli("device", "show", "agsi-jo2010").out
        assert re.search(r"conductance\.max +38\.5 nS +3\.85e-08 S +computed +chen2018", out)
        assert re.search(r"variability\.c2c\.sigma +3\.5 % of range +0\.035 +fitted", out)
        assert re.search(r"update\.encoding +counted +default", out)
        assert re.search(r"update\.model +neurosim *$", out, re.MULTILINE)

    def test_yaml_is_a_profile_with_what_it_extends_written_out(self, cli, tmp_path):
        (tmp_path / "mine.yaml").write_text("extends: agsi-jo2010\nname: mine\ntitle: Mine\n", encoding="utf-8")
        assert re.search(r"conductance\.max .* chen2018 +agsi-jo2010", cli("device", "show", "mine.yaml").out)
        text = cli("device", "show", "mine.yaml", "--yaml").out
        (tmp_path / "flat.yaml").write_text(text, encoding="utf-8")
        assert "extends" not in text
        assert load_device("flat.yaml").rows() == load_device("mine.yaml").rows()

    def test_an_unknown_device_gets_the_nearest(self, cli):
        assert "did you mean 'agsi-jo2010'?" in cli("device", "show", "agsi-jo2011").refusal()


@pytest.mark.slow
def test_a_result_carries_the_whole_device_and_repeats_without_its_files(cli, small, tmp_path):
    import memsim as ms

    base = tmp_path / "base.yaml"
    base.write_text("extends: agsi-jo2010\nname: base\ntitle: Base\n", encoding="utf-8")
    text = "extends: base.yaml\nname: mine\ntitle: Mine\nstatus: assumed\nupdate: {pulses: 20}\n"
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    assert small("physical-01", "-q", "--device", "mine.yaml", "-o", "a.nc").code == 0
    base.unlink()
    (tmp_path / "mine.yaml").unlink()
    assert cli("run", "a.nc", "-q", "--no-figure", "-o", "b.nc").code == 0
    first, second = ms.load(tmp_path / "a.nc"), ms.load(tmp_path / "b.nc")
    assert str(first.device.values[0]).endswith("mine.yaml") or str(first.device.values[0]) == "mine"
    assert (first.snr == second.snr).all()
