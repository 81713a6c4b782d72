"""Which backend computes: what is asked for, what is there, and the reason where a card cannot be used."""

from __future__ import annotations

import importlib.util
import sys
from types import SimpleNamespace

import pytest

from memsim import BackendError
from memsim.backends import cuda, resolve


@pytest.fixture
def libraries(monkeypatch):
    """Pretend that some libraries are installed, and that CuPy finds cards, or fails to."""

    def given(*names, count=lambda: 1):
        find = importlib.util.find_spec
        known = {"cupy": "cupy" in names or None, "numba_cuda": "numba_cuda" in names or None}
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: known[name] if name in known else find(name))
        runtime = SimpleNamespace(getDeviceCount=count)
        monkeypatch.setitem(sys.modules, "cupy", SimpleNamespace(cuda=SimpleNamespace(runtime=runtime)))
        cuda.problem.cache_clear()

    yield given
    monkeypatch.undo()
    cuda.problem.cache_clear()


def no_driver():
    raise RuntimeError("CUDA driver version is insufficient\nfor CUDA runtime version")


@pytest.mark.parametrize(
    ("names", "count", "reason"),
    [
        ((), lambda: 1, r'CuPy is not installed \(pip install "memsim\[cuda13\]"'),
        (("cupy",), lambda: 1, "numba-cuda is not installed"),
        (("cupy", "numba_cuda"), no_driver, "no CUDA device answers .CUDA driver version is insufficient for CUDA"),
        (("cupy", "numba_cuda"), lambda: 0, "there is no CUDA device"),
    ],
)
def test_a_card_that_cannot_be_used_has_a_reason_and_auto_takes_the_cpu(libraries, names, count, reason):
    libraries(*names, count=count)
    assert resolve("auto").name == resolve("cpu").name == "cpu"
    with pytest.raises(BackendError, match=f"'cuda' cannot run here: {reason}.*allowed here: 'cpu'"):
        resolve("cuda")


def test_auto_takes_a_card_where_one_answers(libraries, monkeypatch):
    libraries("cupy", "numba_cuda")
    monkeypatch.setattr(cuda, "CudaBackend", lambda: SimpleNamespace(name="cuda"))
    assert resolve("auto").name == resolve("cuda").name == "cuda"
    assert resolve("cpu").name == "cpu"
