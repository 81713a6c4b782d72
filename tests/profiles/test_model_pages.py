"""The pages of docs/models say what the models say: they are written anew and compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from memsim.document import parse_value
from memsim.plotting.device import model_figure
from memsim.profiles.models import find_models, models
from memsim.profiles.pages import drawable, example, index, page, page_name, snippet

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "models"
MODELS = models()


def named(model) -> str:
    return f"{model.kind}.{model.name}"


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS, ids=named)
def test_the_page_of_a_model_is_what_the_model_says(model):
    file = FOLDER / f"{page_name(model)}.md"
    assert file.read_text(encoding="utf-8") == page(model), "run: python docs/update_models.py"


def test_the_list_of_models_is_complete_and_nothing_else_lies_beside_the_pages():
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == index(), "run: python docs/update_models.py"
    wanted = {"README.md", *(f"{page_name(model)}.md" for model in MODELS)}
    wanted |= {f"{page_name(model)}.png" for model in MODELS if drawable(model)}
    assert {file.name for file in FOLDER.iterdir()} == wanted
    assert all(file.stat().st_size < 100_000 for file in FOLDER.iterdir())


@pytest.mark.parametrize("model", MODELS, ids=named)
@pytest.mark.slow
def test_the_example_of_a_page_is_a_valid_part_of_a_profile(model):
    text = page(model).partition("```yaml\n")[2].partition("\n```")[0]
    assert parse_value(text) == snippet(model)
    assert example(model).spec


def test_a_model_is_drawn_alone():
    (faults,) = find_models("faults")
    figure = model_figure(faults)
    (axes,) = figure.axes
    assert axes.images[0].get_array().shape == (32, 96)
    (conduction,) = find_models("conduction.exponential")
    assert [axes.get_title(loc="left") for axes in model_figure(conduction).axes] == ["Current (exponential)"]


@pytest.mark.slow
@pytest.mark.parametrize("model", [model for model in MODELS if drawable(model)], ids=named)
def test_every_model_is_drawn(model):
    assert model_figure(model).axes
