"""A page for each model as Markdown: what it is, equation, source, how a profile says it, every key, and its figure."""

from __future__ import annotations

from typing import Any

from memsim.document import Document
from memsim.profiles.models import KINDS, Model, models
from memsim.profiles.parameters import Parameter, example_of, parameters
from memsim.profiles.profile import DeviceProfile
from memsim.profiles.template import starting_file

_GENERATED = "<!-- Written by docs/update_models.py from the models themselves; do not edit. -->\n"
_BASE = {
    "name": "example",
    "title": "An example",
    "technology": "none",
    "status": "assumed",
    "conductance": {"min": "1 uS", "max": "10 uS"},
    "update": {"model": "constant", "pulses": 100},
    "read": {"voltage": "0.5 V", "duration": "5 ns"},
}


def page_name(model: Model) -> str:
    """File name of a model's page without its ending; its figure has the same."""
    return f"{model.kind}-{model.name}" if model.kind != model.name else model.name


def index() -> str:
    """The page that lists all models."""
    lines = [
        "# Models\n",
        _GENERATED,
        "What a [device profile](../../devices/README.md) can say, a page a model. `memsim device models NAME` prints the",
        "same, `memsim device new FILE --model NAME` writes a profile with an update model to fill in.",
    ]
    known = models()
    for kind, meaning in KINDS.items():
        lines += [f"\n## {kind.capitalize()}: {meaning}\n", "| model | |", "|---|---|"]
        lines += [
            f"| [{model.name}]({page_name(model)}.md) | {_cell(model.summary)} |"
            for model in known
            if model.kind == kind
        ]
    return "\n".join(lines) + "\n"


def page(model: Model) -> str:
    """The page of a model."""
    lines = [
        f"# {model.name}\n",
        _GENERATED,
        f"*{KINDS[model.kind].capitalize()}.* {model.summary} {model.explanation}".rstrip(),
    ]
    lines += ["\n```text", *model.equation.split("; "), "```\n"]
    lines += [f"Source: {model.source}." if model.source else "Source: none; assumed."]
    lines += [
        "\nIn a profile, for example:\n",
        "```yaml",
        Document.from_data(snippet(model)).to_yaml().rstrip(),
        "```\n",
    ]
    lines += ["| key | range | default | meaning |", "|---|---|---|---|"]
    lines += [_row(parameter) for parameter in parameters(model.schema)]
    if drawable(model):
        lines += [f"\n![{model.name}: {_cell(model.summary)}]({page_name(model)}.png)\n", _caption(model)]
    return "\n".join(lines) + "\n"


def snippet(model: Model) -> dict[str, Any]:
    """The model's section of a profile, without where its numbers come from."""
    if model.kind == "update":
        update = Document.from_text(starting_file("example.yaml", model.name)).data["update"]
        return {"update": update}
    inner: dict[str, Any] = example_of(model.schema, model.name if model.chosen else "")
    for key in reversed(model.section.split(".")):
        inner = {"conductance.max" if key == "PARAMETER" else key: inner}
    return inner


def example(model: Model) -> DeviceProfile:
    """A device with this model and nothing else that varies."""
    if model.kind == "update":
        text = Document.from_text(starting_file("example.yaml", model.name)).data
        data = {**text, "variability": None}
        data["read"] = {key: value for key, value in text["read"].items() if key != "noise"}
    else:
        data = dict(_BASE)
        for key, inner in snippet(model).items():
            data[key] = {**data.get(key, {}), **inner}  # type: ignore[dict-item]
    return DeviceProfile.from_document(Document.from_data(data, model.name))


def drawable(model: Model) -> bool:
    """Whether there is something to draw; a step of one's own is not known here."""
    return (model.kind, model.name) != ("update", "custom")


def _caption(model: Model) -> str:
    if model.kind == "update":
        return f"Drawn by `memsim device plot` from the profile that `memsim device new example.yaml --model {model.name}` writes, without its noise."
    return "Drawn from the example above, on equal steps between 1 and 10 uS."


def _row(parameter: Parameter) -> str:
    return (
        f"| `{parameter.key}` | {_cell(parameter.allowed)} | {_cell(parameter.default)} | {_cell(parameter.meaning)} |"
    )


def _cell(text: str) -> str:
    """Text in which Markdown sees neither a column nor emphasis."""
    for sign in "|*_<":
        text = text.replace(sign, "\\" + sign)
    return text
