"""The guides in docs/ tell the truth: their code blocks run, in order, in one session."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
GUIDES = sorted(DOCS.glob("*.md"))


@pytest.mark.slow
@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_every_block_of_a_guide_runs(guide, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    if any("import torch" in block for block in blocks):
        pytest.importorskip("torch")
    if any(".onnx" in block for block in blocks):
        pytest.importorskip("onnx")
    session: dict = {}
    for number, block in enumerate(blocks):
        exec(compile(block, f"{guide.name}, block {number + 1}", "exec"), session)


def test_there_is_a_tutorial_on_the_study():
    assert DOCS / "tutorial.md" in GUIDES
