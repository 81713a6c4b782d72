"""Write the pages of docs/models anew, and the tables of keys in devices/README.md.

`python docs/update_models.py`; with `--text`, without the figures.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image

from memsim.plotting import render
from memsim.plotting.device import model_figure
from memsim.profiles.guide import keys
from memsim.profiles.models import Model, models
from memsim.profiles.pages import drawable, index, page, page_name

GUIDE = Path(__file__).resolve().parents[1] / "devices" / "README.md"
FOLDER = Path(__file__).with_name("models")
WIDTH = 1000  # of a figure [pixel]


def picture(model: Model) -> bytes:
    """A small PNG of a model's figure."""
    image = Image.open(io.BytesIO(render(model_figure(model), "figure.png"))).convert("RGB")
    image = image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.quantize(128, dither=Image.Dither.NONE).save(buffer, "png", optimize=True)
    return buffer.getvalue()


def guide() -> str:
    """The guide to authors with its tables written anew."""
    head, _, rest = GUIDE.read_text(encoding="utf-8").partition("<!-- keys -->\n")
    return f"{head}<!-- keys -->\n{keys()}<!-- end -->{rest.partition('<!-- end -->')[2]}"


if __name__ == "__main__":
    GUIDE.write_text(guide(), encoding="utf-8")
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "README.md").write_text(index(), encoding="utf-8")
    for model in models():
        (FOLDER / f"{page_name(model)}.md").write_text(page(model), encoding="utf-8")
        if drawable(model) and "--text" not in sys.argv[1:]:
            (FOLDER / f"{page_name(model)}.png").write_bytes(picture(model))
