"""The README tells the truth: its code runs, its two commands are the ones the check runs, its table is measured."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_the_python_of_the_readme_runs(number, tmp_path, monkeypatch, capsys):
    if "import torch" in BLOCKS[number]:
        pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    exec(compile(BLOCKS[number], f"README block {number}", "exec"), {})


def test_the_readme_has_python_to_run():
    assert len(BLOCKS) == 3


def test_the_two_set_up_commands_make_their_own_environment():
    commands = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert len(commands) == 2
    assert "memsim run physical-01" in commands[0]
    assert '-m "not slow"' in commands[1]


def test_the_links_of_the_readme_lead_to_files():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).is_file(), target


def test_the_table_of_the_readme_is_what_the_code_measures():
    import memsim as ms

    rows = re.findall(
        r"^\| ((?:CNN|Hebbian|SGD) [^|]*?) \| ([\d.]+) \| (\S+) \| (\S+) \| (\S+) \|$", README, re.MULTILINE
    )
    experiment = ms.load_experiment("decomposition-01")
    assert {name: float(published) for name, published, *_ in rows} == experiment.spec.published["snr"]
    dataset = ms.run(experiment.replace({"resamples": 100}))
    for name, _, *printed in rows:
        part = dataset.sel(learner=name)
        measured = part.snr_mean, part.snr_magnitude_median, part.geometric_margin_mean
        assert [f"{float(m):.{d}f}" for m, d in zip(measured, (1, 1, 3), strict=True)] == printed, name


GUIDE = (ROOT / "experiments" / "README.md").read_text(encoding="utf-8")
MEMORISE, CLASSIFY, SELECT, PROGRAM, MACRO, INFER, REGRESS = (
    part[part.index("| key |") :] for part in GUIDE.split("## The task ")[1:]
)
EXAMPLES = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)


def test_the_guide_to_experiments_names_every_key_of_all_tasks():
    from memsim.document.walk import Spot, keys_of
    from memsim.experiments.aging import AgingSpec
    from memsim.experiments.learners import ArraySpec
    from memsim.tasks.classify import schema as classify
    from memsim.tasks.infer import schema as infer
    from memsim.tasks.macro import schema as macro
    from memsim.tasks.memorise import schema as memorise
    from memsim.tasks.program import schema as program
    from memsim.tasks.regress import schema as regress
    from memsim.tasks.select import schema as select

    for section, model, table in (
        ("data.", memorise.DataSpec, MEMORISE),
        ("array.", ArraySpec, MEMORISE),
        ("aging.", AgingSpec, MEMORISE),
        ("aging.", select.PassiveAgingSpec, MEMORISE),
        ("learning.", memorise.Learning, MEMORISE),
        ("network.", memorise.NetworkSpec, MEMORISE),
        ("training.", memorise.Training, MEMORISE),
        ("", memorise.MemoriseSpec, MEMORISE),
        ("data.", classify.LabelledSpec, CLASSIFY),
        ("learning.", classify.InPlace, CLASSIFY),
        ("features.", classify.Features, CLASSIFY),
        ("network.", classify.ArchitectureSpec, CLASSIFY),
        ("training.", classify.Fit, CLASSIFY + MEMORISE),
        ("programmed.", classify.ProgrammedSpec, CLASSIFY),
        ("tuning.", classify.TuningSpec, CLASSIFY),
        ("", classify.ClassifySpec, CLASSIFY + MEMORISE),
        ("array.", select.PassiveArraySpec, SELECT),
        ("wires.", select.WiresSpec, SELECT),
        ("", select.SelectSpec, SELECT + MEMORISE),
        ("array.", program.ProgrammedArraySpec, PROGRAM),
        ("aging.", AgingSpec, PROGRAM),
        ("targets.", program.AnyTargets, PROGRAM),
        ("", program.ProgramSpec, PROGRAM + MEMORISE),
        ("size.", macro.SizeSpec, MACRO),
        ("weights.", macro.WeightsSpec, MACRO),
        ("input.", macro.InputSpec, MACRO),
        ("output.", macro.OutputSpec, MACRO),
        ("read.", macro.ReadSpec, MACRO),
        ("energy.", macro.MacroEnergySpec, MACRO),
        ("operations.", macro.OperationsSpec, MACRO),
        ("", macro.MacroExperimentSpec, MACRO + MEMORISE),
        ("network.", infer.TrainedNetworkSpec, INFER),
        ("array.", infer.NetworkArraySpec, INFER),
        ("aging.", AgingSpec, INFER),
        ("data.", classify.LabelledSpec, CLASSIFY),
        ("", infer.InferSpec, INFER + MEMORISE),
        ("matrix.", regress.MatrixSpec, REGRESS),
        ("array.", regress.WeightsSpec, REGRESS),
        ("fast.", regress.FastSpec, REGRESS),
        ("learning.", regress.Learning, REGRESS),
        ("", regress.RegressSpec, REGRESS + MEMORISE),
    ):
        for key in keys_of(Spot(model, (), None)):
            sections = ("data", "learners", "tuning", "arrays", "targets", "macros")
            assert f"`{section}{key}" in table or key in sections, f"{section}{key}"


@pytest.mark.slow
def test_the_examples_of_the_guide_to_experiments_run(tmp_path):
    import memsim as ms

    files = [tmp_path / f"{number}.yaml" for number in range(9)]
    memorise, quiet, sweep, classify, select, program, macro, infer, regress = files
    for file, text in zip(files, EXAMPLES, strict=True):
        file.write_text(text, encoding="utf-8")
    small = ms.load_experiment(memorise).replace({"data.samples": 2, "data.shape": [16, 16], "resamples": 100})
    assert list(ms.run(small).device.values) == ["ideal", "agsi-jo2010", "none"]
    tiny = {"data.samples": 1, "data.shape": [16, 16], "resamples": 100}
    result = ms.run(ms.load_experiment(quiet).replace(tiny))
    assert list(result.learner.values) == ["On quiet-taox"] and "1 %" in str(result.attrs["device_values"])
    swept = ms.load_experiment(sweep).spec.labels
    assert len(swept) > 2 and any("taox-hfox-wu2018" in label for label in swept)
    small = ms.load_experiment(classify).replace({"data.samples": 60, "seeds": 2})
    assert list(ms.run(small).learner.values) == ["In place", "Digital", "Programmed"]
    assert ms.load_experiment(select).spec.labels == ["Alone", "Selector"]  # the solver takes long to compile
    levels = ms.run(ms.load_experiment(program))
    assert list(levels.array.values) == ["RADAR", "Error model, compensated"] and levels.sizes["level"] == 4
    assert ms.run(ms.load_experiment(macro)).sizes["macro"] == 4
    networks = ms.run(ms.load_experiment(infer))
    assert list(networks.learner.values) == ["pcm-joshi2020", "taox-hfox-wu2018"] and networks.sizes["time"] == 2
    schemes = ms.run(ms.load_experiment(regress))
    assert list(schemes.learner.values) == ["SGD, softbounds-rasch2024", "c-TTv2, softbounds-rasch2024"]
