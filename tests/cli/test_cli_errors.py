"""Mistakes on the command line: each is one line that names what was given, where, and what would be right."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image

from memsim.cli.main import run_command
from memsim.storage.library import library

SETTINGS = {
    "a misspelt key": ("learning.rte=0.1", "unknown key 'rte'", "did you mean 'rate'?"),
    "a misspelt section": ("lerning.rate=0.1", "unknown key 'lerning'", "did you mean 'learning'?"),
    "a key without its section": ("rate=0.1", "unknown key 'rate'", "did you mean 'learning.rate'?"),
    "a misspelt learner": ("learners.Hebian Physical.learning.rate=1", "unknown learner", "'Hebbian Physical'?"),
    "a misspelt key of one learner": ("learners.Hebbian Physical.aray.bounds=none", "unknown key 'aray'", "'array'?"),
    "a misspelt corruption": ("corruptions.gausian=[0.1]", "unknown key 'gausian'", "did you mean 'gaussian'?"),
    "a misspelt published learner": ("published.snr.Hebian=3", "unknown learner 'Hebian'", "Hebbian Physical"),
    "no value": ("learning.rate=", "no value after '='"),
    "no equals sign": ("learning.rate", "not of the form KEY=VALUE", "--set learning.rate=0.1"),
    "no key": ("=3", "not of the form KEY=VALUE"),
    "a missing unit": ("data.grey.cap=30", "data.grey.cap: 30 has no unit", "write '30 m'"),
    "a wrong unit": ("data.grey.cap=30 V", "'30 V' is a voltage (V), not a length (m)"),
    "bounds upside down": ("array.bounds=[1, 0]", "array.bounds: [1, 0] has min >= max", "min < max"),
    "bounds of one number": ("array.bounds=[1]", "array.bounds", "allowed"),
    "bounds of words": ("array.bounds=[a, b]", "must be a number, not 'a'"),
    "infinite bounds": ("array.bounds=[0, .inf]", "array.bounds.1 is inf", "finite numbers"),
    "initial states outside the bounds": ("array.initial=[3, 4]", "[3, 4] lies outside the bounds [0, 1]"),
    "bounds that leave out the initial states": ("array.bounds=[0.5, 0.9]", "[0, 0.01] lies outside", "array.initial"),
    "no samples": ("data.samples=0", "data.samples: 0 is out of range", "1 to 100000"),
    "half a sample": ("data.samples=1.5", "1.5 is not a whole number"),
    "true samples": ("data.samples=true", "true is not a whole number"),
    "many samples": (f"data.samples={10**30}", "out of range"),
    "more digits than a number has": ("data.samples=" + "9" * 200, "more than 100 digits"),
    "an overflowing number": ("data.samples=1e400", "inf is not a whole number"),
    "an infinite rate": ("learning.rate=1e400", "learning.rate is inf", "finite numbers"),
    "a rate that is not a number": ("learning.rate=.nan", "learning.rate is nan", "finite numbers"),
    "a rate in words": ("learning.rate=fast", "must be a number, not 'fast'"),
    "many steps": ("learning.steps=99999999999", "learning.steps: 99999999999 is out of range", "10000000"),
    "a huge shape": ("data.shape=[99999, 8]", "99999 is out of range", "1 to 4096"),
    "an empty shape": ("data.shape=[0, 8]", "0 is out of range", "1 to 4096"),
    "a shape of one number": ("data.shape=64", "data.shape must be a list, not 64"),
    "a negative noise level": ("corruptions.gaussian=[-1]", "corruptions.gaussian.0 is -1", "at least 0"),
    "a noise level twice": ("corruptions.gaussian=[0.1, 0.1]", "a level is given twice"),
    "no noise level": ("corruptions.gaussian=[]", "at least 1"),
    "a task of many letters": ("task=" + "a" * 5000, "task is 'aaaa", "aaa...'; allowed: memorise"),
    "an unknown rule": ("learning.rule=hebb", "is 'hebb'", "hebbian"),
    "an unknown encoding": ("learning.encoding=count", "is 'count'", "did you mean 'counted'?"),
    "an unknown device": ("array.device=taox", "unknown device 'taox'", "did you mean 'taox-hfox-wu2018'?"),
    "a missing device file": ("array.device=./nope.yaml", "nope.yaml: no such file"),
    "an unknown thing to keep": ("keep=[weight]", "keep.0 is 'weight'", "conductance", "did you mean 'weights'?"),
    "a negative seed": ("seed=-1", "seed: -1 is out of range"),
    "a learner of the same name": ("learners=[{name: A}, {name: A}]", "two learners are called 'A'"),
    "no learner": ("learners=[]", "at least 1"),
    "a learner with a control character": (r'learners=[{name: "A\eB"}]', "cannot be printed"),
    "a title of two lines": (r'title="a\nb"', "cannot be printed"),
    "an anchor": ("title=&a x", "anchors and aliases"),
    "a tag": ("title=!!python/object:os.system x", "tags"),
}
OPTIONS = {
    "an unknown command": (["rn"], "unknown command 'rn'", "did you mean 'run'?"),
    "an unknown command of a group": (["device", "lst"], "unknown command 'lst'", "did you mean 'list'?"),
    "an unknown option": (["run", "physical-01", "--sed", "3"], "--sed", "--seed"),
    "a missing argument": (["run"], "Missing argument 'NAME|FILE'"),
    "an unknown experiment": (["run", "physical-1"], "unknown experiment 'physical-1'", "did you mean 'physical-01'?"),
    "an experiment without a name": (["run", ""], "unknown experiment ''"),
    "a device as experiment": (["run", "ideal"], "'ideal' is a device", "--device ideal"),
    "a folder as experiment": (["run", "/"], "/: is a directory, not a YAML file"),
    "a missing experiment": (["run", "./nope.yaml"], "nope.yaml: no such file"),
    "a name with control characters": (["run", "a\nb\x1b[31m"], "unknown experiment 'a b?[31m'"),
    "an unknown device": (["run", "physical-01", "--device", "ideel"], "unknown device 'ideel'", "'ideal'?"),
    "an unknown profile": (["device", "show", "ideel"], "unknown device 'ideel'", "did you mean 'ideal'?"),
    "bounds beyond a real device": (
        ["run", "loose-01", "--device", "taox-hfox-wu2018"],
        "learners.Hebbian Loose.array.bounds: [0, 2] leave the window",
        "for example array.bounds: [0, 1]",
    ),
    "no bounds on a real device": (
        ["run", "unconstrained-01", "--device", "agsi-jo2010"],
        "learners.Hebbian Unconstrained.array.bounds: none leave the window",
    ),
    "an unknown backend": (["run", "physical-01", "--backend", "gpu"], "'gpu' is not one of", "'cpu'"),
    "a backend that is not there": (["run", "physical-01", "--backend", "cuda"], "'cuda' cannot run here", "'cpu'"),
    "a seed in words": (["run", "physical-01", "--seed", "x"], "'--seed': 'x' is not a valid integer"),
    "a seed of 70 bits": (["run", "physical-01", "--seed", str(1 << 70)], "out of range", "18446744073709551615"),
    "force without a name": (["run", "physical-01", "--force"], "without -o, results are numbered"),
    "a missing result": (["show", "nope.nc"], "nope.nc: no such file"),
    "a missing result to draw": (["plot", "nope.nc"], "nope.nc: no such file"),
    "missing data": (["run", "physical-01", "--data", "nope"], "nope: no such file or folder"),
    "no data": (["run", "physical-01", "--data", ""], "data.source is ''"),
    "more memory than there is": (
        [
            *("run", "physical-01", "--set", f"corruptions.gaussian=[{','.join(f'{i}e-3' for i in range(1000))}]"),
            *("--set", "data.samples=100000", "--set", "data.shape=[4,4]", "--set", "published={}"),
            *("--set", f"learners=[{','.join(f'{{name: L{i}}}' for i in range(300))}]"),
        ],
        "GiB of memory",
        "make less of data.samples, learners and noise levels",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("setting", "parts"), [(s[0], s[1:]) for s in SETTINGS.values()], ids=list(SETTINGS))
def test_a_setting_that_is_wrong_is_one_line_and_writes_nothing(cli, setting, parts):
    outcome = cli("run", "physical-01", "--set", setting)
    line = outcome.refusal()
    assert all(part in line for part in parts), line
    assert outcome.files == []


@pytest.mark.parametrize(("args", "parts"), [(o[0], o[1:]) for o in OPTIONS.values()], ids=list(OPTIONS))
def test_an_argument_that_is_wrong_is_one_line_and_writes_nothing(cli, args, parts):
    outcome = cli(*args)
    line = outcome.refusal()
    assert all(part in line for part in parts), line
    assert outcome.files == []


class TestExperimentFiles:
    @pytest.mark.parametrize(
        ("given", "wrong", "parts"),
        [
            ("seed: 42", "sed: 42", (":15:", "unknown key 'sed'", "did you mean 'seed'?")),
            ("rate: 0.1", "rte: 0.1", (":10:", "unknown key 'rte' in learners.Two words.learning", "'rate'?")),
            ("steps: 30", "steps: many", (":7:", "learners.Ideal.learning.steps: 'many'")),
            ("[0, 1]", "[1, 0]", (":6:", "min < max")),
            ("bounds: [0, 1]", "device: ideal", (":6:", "key 'device' is given twice")),
            ("agsi-jo2010", "agsi-jo201", (":9:", "unknown device 'agsi-jo201'", "'agsi-jo2010'?")),
            ("agsi-jo2010", "nope.yaml", (":9:", "there is no 'nope.yaml' in the folder")),
            ("agsi-jo2010", "../other.yaml", (":9:", "lies outside the folder", "--device")),
            ("agsi-jo2010", "/etc/passwd", (":9:", "lies outside the folder", "--device")),
            ("data: {", "data: {source: ../images, ", (":3:", "lies outside the folder", "--data")),
            ("data: {", "data: {source: roadscenes, ", (":3:", "did you mean 'road-scenes'?")),
            ("{Ideal: 169.30}", "{Idle: 169.30}", (":14:", "unknown learner 'Idle'", "did you mean 'Ideal'?")),
            ("Two words", "Ideal", ("two learners are called 'Ideal'",)),
            ("Two words", "Two.words", (":8:", "text of 1 to 64 characters without '.'")),
            ("name: mine", "name: My experiment", (":1:", "lower-case letters")),
            ("seed: 42", "seed: [42", ("not valid YAML",)),
        ],
    )
    def test_mistakes_name_file_line_and_remedy(self, cli, experiment_file, given, wrong, parts):
        experiment_file(replace=(given, wrong))
        outcome = cli("run", "mine.yaml")
        line = outcome.refusal()
        assert "mine.yaml" in line and all(part in line for part in parts), line
        assert outcome.files == ["mine.yaml"]

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"", "the file is empty"),
            (bytes(range(128)), "not allowed in YAML"),
            (b"\xff\xfe\x00\x01", "not UTF-8 text"),
            (b"- 1\n- 2\n", "a 'key: value' mapping is wanted"),
            (b"name: a\n" * 200_000, "larger than"),
            (b"a: &a [x]\nb: *a\n", "anchors and aliases"),
        ],
    )
    def test_files_that_are_no_experiment_are_refused(self, cli, tmp_path, content, says):
        (tmp_path / "mine.yaml").write_bytes(content)
        assert says in cli("run", "mine.yaml").refusal()

    def test_a_link_that_leads_out_of_the_folder_is_refused(self, cli, experiment_file, tmp_path):
        (tmp_path / "inside").mkdir()
        experiment_file(name="inside/mine.yaml", replace=("agsi-jo2010", "link.yaml"))
        assert cli("device", "show", "ideal").code == 0
        (tmp_path / "out.yaml").write_text("name: out")
        (tmp_path / "inside" / "link.yaml").symlink_to(tmp_path / "out.yaml")
        assert (
            "'link.yaml' is a link that leads out of the folder of the experiment"
            in cli("run", "inside/mine.yaml").refusal()
        )


class TestDeviceFiles:
    @pytest.mark.parametrize(
        ("given", "wrong", "parts"),
        [
            ("sigma: 5 %", "sigma: -5 %", ("variability.d2d.conductance.max.sigma: '-5 %' is out of range",)),
            ("sigma: 5 %", "sgma: 5 %", ("unknown key 'sgma'", "did you mean 'sigma'?")),
            ("min: 3.08 nS", "min: 3.08 nV", ("'3.08 nV' is a voltage",)),
            ("min: 3.08 nS", "min: 3.08", ("no unit",)),
            ("min: 3.08 nS", "min: 380 nS", ("conductance",)),
        ],
    )
    def test_mistakes_name_file_and_line_for_run_and_validate(self, cli, tmp_path, given, wrong, parts):
        from memsim.storage.library import find

        text = find("devices", "agsi-jo2010").read_text()
        (tmp_path / "d.yaml").write_text(text.replace(given, wrong))
        for args in (("run", "physical-01", "--device", "d.yaml"), ("device", "validate", "d.yaml")):
            outcome = cli(*args)
            line = outcome.refusal()
            assert "d.yaml:" in line and all(part in line for part in parts), line
            assert outcome.files == ["d.yaml"]

    def test_validate_reports_every_problem_of_every_file(self, cli, tmp_path):
        (tmp_path / "a.yaml").write_text("name: a\ncolour: red\n")
        outcome = cli("device", "validate", "ideal", "a.yaml", "./nope.yaml")
        assert outcome.code == 2
        assert "ideal: valid" in outcome.out
        lines = outcome.err.splitlines()
        assert any("a.yaml:2: unknown key 'colour'" in line for line in lines)
        assert any("nope.yaml: no such file" in line for line in lines)


class TestData:
    @pytest.fixture
    def images(self, tmp_path):
        rng = np.random.default_rng(3)
        np.save(tmp_path / "good.npy", rng.random((3, 8, 8)))
        np.save(tmp_path / "other.npy", rng.random((3, 8, 8)))
        np.save(tmp_path / "wide.npy", rng.random((2, 8, 9)))
        np.save(tmp_path / "nan.npy", np.full((2, 8, 8), np.nan))
        picture = tmp_path / "good.png"
        Image.fromarray(rng.integers(0, 256, (40, 30), dtype=np.uint8)).save(picture)
        (tmp_path / "cut.png").write_bytes(picture.read_bytes()[:600])
        (tmp_path / "empty").mkdir()
        return tmp_path

    @pytest.mark.parametrize(
        ("name", "says"),
        [
            ("empty", "empty: no picture in this folder"),
            ("cut.png", "cut.png: is damaged, cut short"),
            ("nan.npy", "nan.npy: has values that are not finite numbers"),
            ("wide.npy", "images of 8 x 9, not 8 x 8; remedy: data.shape: [8, 9]"),
        ],
    )
    def test_images_that_cannot_be_used_are_refused(self, small, images, name, says):
        outcome = small("physical-01", "--data", name)
        assert says in outcome.refusal()
        assert "results" not in outcome.files

    def test_a_picture_of_another_size_is_resized(self, small, images):
        outcome = small("physical-01", "--data", "good.png")
        assert outcome.code == 0
        assert "resized to 8 x 8 (1 found, 2 asked for)" in outcome.out

    @pytest.mark.slow
    def test_a_repeated_run_wants_the_same_local_images_named_again(self, small, cli, images):
        assert small("physical-01", "--data", "good.npy", "-o", "first").code == 0
        assert "--data good.npy" in cli("run", "first.nc").refusal()
        assert "not the images of the earlier run" in cli("run", "first.nc", "--data", "other.npy").refusal()
        assert cli("run", "first.nc", "--data", "good.npy", "-q", "--no-figure").out == "results/physical-01.nc\n"


class TestResultFiles:
    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"memsim_schema": 99}, "written with schema 99"),
            ({"memsim_schema": "new"}, "'memsim_schema' is damaged"),
            ({"memsim_schema": None}, "not a result of memsim"),
            ({"experiment": None}, "has no attribute 'experiment'"),
            ({"experiment": "a: &a [1]\nb: *a\n"}, "anchors and aliases"),
            ({"experiment": "published: 3\n"}, "published must be a section"),
            ({"devices": "{"}, "'devices' is damaged"),
            ({"devices": "[" * 100_000}, "'devices' is damaged"),
            ({"devices": '{"ideal": "name: ideal"}'}, "missing key"),
            ({"devices": '{"ideal": 3}'}, "'devices' is damaged"),
            ({"images_sha256": "0123456789abcdef"}, "not the images of the earlier run"),
        ],
        ids=lambda value: str(value)[:40],
    )
    @pytest.mark.slow
    def test_tampered_attributes_are_refused(self, cli, tmp_path, whole_result, changes, says):
        import xarray as xr

        dataset = xr.load_dataset(whole_result)
        for key, value in changes.items():
            dataset.attrs.pop(key)
            if value is not None:
                dataset.attrs[key] = value
        dataset.to_netcdf(tmp_path / "bad.nc")
        outcome = cli("run", "bad.nc")
        assert says in outcome.refusal()
        assert outcome.files == ["bad.nc"]
        for command in ("show", "plot") if "experiment" in changes else ("show",):
            outcome = cli(command, "bad.nc")
            assert outcome.code == 0 or outcome.refusal()

    def test_files_that_are_no_result_are_refused(self, cli, tmp_path, whole_result):
        import xarray as xr

        whole = whole_result.read_bytes()
        (tmp_path / "cut.nc").write_bytes(whole[: len(whole) // 2])
        (tmp_path / "text.nc").write_text("hello")
        (tmp_path / "empty.nc").touch()
        (tmp_path / "folder.nc").mkdir()
        attrs = xr.load_dataset(whole_result).attrs
        xr.Dataset({"snr": ("x", [1.0])}).to_netcdf("alien.nc")
        xr.Dataset({"snr": ("x", [1.0])}, attrs=attrs).to_netcdf("shape.nc")
        xr.load_dataset(whole_result).drop_vars("example_image").to_netcdf("part.nc")
        says = {
            "cut": "not a readable netCDF file",
            "text": "not a readable netCDF file",
            "empty": "not a readable netCDF file",
            "folder": "not a file",
            "alien": "not a result of memsim",
            "shape": "'snr' is float64 (x); a result has numbers (learner, image, noise_type, noise_level)",
        }
        for name, text in says.items():
            for command in ("run", "show", "plot"):
                assert text in cli(command, f"{name}.nc").refusal()
        assert "has no variable 'example_image'" in cli("plot", "part.nc").refusal()

    @pytest.mark.slow
    def test_a_title_in_a_file_cannot_steer_the_terminal(self, cli, whole_result):
        import xarray as xr

        dataset = xr.load_dataset(whole_result)
        dataset.attrs["title"] = "\x1b[31m[red]x[/red] :smile:\nsecond $\\frac{$"
        dataset.to_netcdf("bad.nc")
        out = cli("show", "bad.nc").out
        assert out.splitlines()[0] == "?[31m[red]x[/red] :smile: second $\\frac{$"
        assert cli("plot", "bad.nc").code == 0


def test_without_arguments_the_help_is_printed(capsys):
    assert run_command([]) == 0
    assert "Usage: memsim" in capsys.readouterr().out
    assert run_command(["device"]) == 0
    assert "validate" in capsys.readouterr().out


def test_running_out_of_memory_is_one_line(cli, monkeypatch):
    def explode(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr("memsim.simulate.run", explode)
    outcome = cli("run", "physical-01")
    assert "not enough memory; make the images, the arrays or the networks smaller" in outcome.refusal()
    assert outcome.files == []


@pytest.mark.slow
def test_a_profile_that_two_learners_name_differently_works(cli, experiment_file, tmp_path):
    from memsim.storage.library import find

    shutil.copy(find("devices", "agsi-jo2010"), tmp_path / "a.yaml")
    experiment_file(replace=("agsi-jo2010", "a.yaml"))
    assert cli("run", "mine.yaml", "--no-figure").code == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "option", "number"),
    [
        ("energy-01", "--set energy.components=...", 1),
        ("macro-01", "--set 'macros.8-bit DACs.energy.components=...'", 2),
    ],
)
def test_validate_refuses_component_tables_elsewhere(cli, tmp_path, name, option, number):
    text = library("experiments")[name].read_text()
    (tmp_path / "mine.yaml").write_text(text.replace("components: generic", "components: ../generic.yaml"))
    outcome = cli("validate", "mine.yaml")
    lines = outcome.err.splitlines()
    assert outcome.code == 2 and len(lines) == number
    assert all("'../generic.yaml' lies outside the folder of the experiment" in line for line in lines)
    assert option in lines[0]
