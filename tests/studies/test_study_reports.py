"""Reports of studies as table, JSON, Markdown and Dataset, and the command that writes them."""

from __future__ import annotations

import json

import pytest
import xarray as xr

import memsim as ms
from memsim.studies.verdict import REFUTED


def test_json_has_every_number_and_null_for_what_does_not_exist(small_report):
    content = json.loads(small_report.to_json(), parse_constant=pytest.fail)
    one, two = content["claims"]
    assert one["verdict"] == REFUTED and one["seeds"]["sd"] > 0 and one["published"] == 1000
    assert two["without"] is None and two["seeds"] is None and two["condition"] is None
    assert content["verdicts"] == small_report.counts and len(content["rules"]) == 6


def test_markdown_has_a_table_for_each_place_and_the_rules(small_report):
    text = small_report.to_markdown()
    assert "## a table" in text and "## a figure" in text and "## Verdicts" in text
    assert text.count("| SNR | 1000 |") == 1 and "3. only given CONDITION" in text


def test_markdown_shows_text_as_it_is(study_file):
    text = ms.verify(study_file("text: SNR", "text: '|x|* <b>_y_[z](http://w)'"), seeds=2).to_markdown()
    assert r"| \|x\|\* \<b\>\_y\_\[z\](http://w) |" in text


def test_the_dataset_survives_a_file(small_report, tmp_path):
    dataset = small_report.to_dataset()
    dataset.to_netcdf(tmp_path / "r.nc")
    with xr.open_dataset(tmp_path / "r.nc") as back:
        xr.testing.assert_identical(back.load().drop_encoding(), dataset)
    assert dataset.sizes == {"claim": 2, "interval": 2}
    assert dataset.sel(claim="one").verdict.item() == REFUTED
    assert "contradicts itself" in dataset.attrs["rules"] and dataset.attrs["memsim_version"]


def test_the_table_shows_numbers_verdict_and_cause(cli, study_file, monkeypatch):
    for columns in ("80", "120"):
        monkeypatch.setenv("COLUMNS", columns)
        outcome = cli("verify", study_file(), "--seeds", 3)
        assert outcome.code == 0 and outcome.err == "" and outcome.files == ["mine.yaml"]
        lines = outcome.out.splitlines()
        row = next(i for i, line in enumerate(lines) if line.startswith("SNR "))
        assert "1000" in lines[row] and lines[row].split()[-1] == "refuted"
        assert lines[row + 1].startswith("  It is ") and lines[row + 1].endswith("% over seeds.")
        assert "2 claims: " in outcome.out and "5. refuted: otherwise." in outcome.out
        assert max(map(len, lines)) <= int(columns)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "file"),
    [
        (["-o", "r.json"], "r.json"),
        (["-o", "r.md"], "r.md"),
        (["-o", "r.nc"], "r.nc"),
        (["--format", "nc", "-o", "r"], "r.nc"),
        (["--format", "nc"], "results/verify.nc"),
    ],
)
def test_every_format_is_written_under_its_name(cli, study_file, tmp_path, options, file):
    outcome = cli("verify", "--claims", study_file(), "--seeds", 2, "-q", *options)
    assert outcome.out == f"{file}\n" and file in outcome.files
    start = (tmp_path / file).read_bytes()[:4]
    assert start == {"json": b'{\n "', "md": b"# A ", "nc": b"\x89HDF"}[file.rpartition(".")[2]]


def test_json_and_markdown_go_to_the_terminal_without_a_file(cli, study_file):
    file = study_file()
    assert json.loads(cli("verify", "--claims", file, "--seeds", 2, "--format", "json").out)["claims"]
    assert cli("verify", "--claims", file, "--seeds", 2, "--format", "md").out.startswith("# A small study\n")
    assert cli("verify", "--claims", file, "--seeds", 2, "-q").out.startswith("2 claims: ")


def test_a_table_names_the_file_beside_it(cli, study_file):
    outcome = cli("verify", "--claims", study_file(), "--seeds", 2, "-o", "r.md")
    assert outcome.out.endswith("Report   r.md\n") and "a figure" in outcome.out


def test_the_help_fits_80_columns(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    outcome = cli("verify", "--help")
    assert outcome.code == 0 and max(map(len, outcome.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["akbay2025", "-o", "r.txt"], "give a name that ends in .md, .json, .nc"),
        (["akbay2025", "-o", "r.md", "--format", "json"], "the ending is not that of --format json"),
        (["akbay2025", "-o", "there.md"], "exists already; use --force"),
        (["akbay2025", "-o", "nowhere/r.md"], "no such folder"),
        (["akbay2025", "-o", ".", "--format", "md"], "is a folder"),
        (["akbay2025", "--force"], "--force replaces the file that -o names"),
        (["akbay2025", "--seeds", "1"], "not in the range"),
        (["akbay2025", "--results", "nope.nc"], "nope.nc: no such file"),
        (["akbay2025", "--data", "nope"], "nope: no such file or folder"),
        (["akbay2025", "--claims", "mine.yaml"], "give STUDY or --claims, not both: 'akbay2025' and 'mine.yaml'"),
        (["--claims", "nope.yaml"], "nope.yaml: no such file"),
        (["nope.yaml"], "nope.yaml: no such file"),
        (["akbay"], "unknown study 'akbay'; did you mean 'akbay2025'? ('memsim verify' shows all)"),
        (["--format", "json"], "name a study, for example: memsim verify akbay2025"),
        (["--data", "there.md"], "name a study"),
    ],
)
def test_wrong_options_are_refused_in_one_line(cli, tmp_path, options, says):
    (tmp_path / "there.md").write_text("precious")
    assert says in cli("verify", *options).refusal()
    assert (tmp_path / "there.md").read_text() == "precious"


def test_without_a_name_the_studies_are_listed(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    outcome = cli("verify")
    assert outcome.code == 0 and outcome.files == [] and max(map(len, outcome.out.splitlines())) <= 80
    row = next(line for line in outcome.out.splitlines() if line.startswith("akbay2025"))
    assert row.split()[-3:] == ["76", "2", "min"] and "A Systematic Decomposition" in row
    assert "Y. Akbay" in outcome.out and outcome.out.endswith("Check one: memsim verify NAME.\n")
    assert ms.study_names() == [line.split()[0] for line in outcome.out.splitlines()[2:-2] if line[0] != " "]


def test_the_shell_completes_studies():
    from memsim.cli.completion import studies

    assert [item.value for item in studies(None, None, "akb")] == ["akbay2025"]
    assert studies(None, None, "zzz")[0].type == "file"
