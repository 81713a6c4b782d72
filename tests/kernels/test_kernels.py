"""The kernel cache: a fingerprint that sees every edit, and compilation wherever the cache fails."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from numba import njit

from memsim.kernels import compile as kernels
from memsim.kernels.cache import Turn, cache_folder
from memsim.kernels.compile import callee, compile_kernel
from memsim.kernels.fingerprint import fingerprint
from memsim.scalars import scalar

CALLEE = """
from numba import njit

CONSTANT = {constant}

@njit
def inner(x):
    return x {operation} 2.0

@njit
def outer(x):
    return inner(x) + CONSTANT
"""

LOOP = """
from callee import outer
from memsim.kernels.compile import compile_kernel

def make():
    def work(first, last, a):
        for i in range(first, last):
            a[i] = outer(a[i])
    return compile_kernel(work, len)
"""

RUN = """
import numpy as np
import pytest
from loop import make
kernel = make()
a = np.array([1.0, 2.0])
kernel(a)
print(kernel.cache_hits, *a)
"""


def run_edited(folder: Path, operation: str = "*", constant: float = 0.0) -> list[float]:
    return numbers(started(folder, operation, constant))


def started(folder: Path, operation: str = "*", constant: float = 0.0) -> subprocess.Popen:
    (folder / "callee.py").write_text(CALLEE.format(operation=operation, constant=constant))
    if not (folder / "loop.py").exists():
        (folder / "loop.py").write_text(LOOP)
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "cache")}
    return subprocess.Popen(
        [sys.executable, "-B", "-c", RUN], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    )


def numbers(process: subprocess.Popen) -> list[float]:
    out, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return [float(word) for word in out.split()]


@pytest.mark.slow
def test_a_second_process_loads_the_kernel_and_an_edited_callee_compiles_anew(tmp_path):
    assert run_edited(tmp_path) == [0, 2, 4]
    assert run_edited(tmp_path) == [1, 2, 4]
    assert run_edited(tmp_path, operation="+") == [0, 3, 4]
    assert run_edited(tmp_path, operation="+", constant=5.0) == [0, 8, 9]
    assert run_edited(tmp_path) == [1, 2, 4]


@pytest.mark.slow
def test_a_damaged_cache_costs_a_compilation_and_nothing_else(tmp_path):
    assert run_edited(tmp_path) == [0, 2, 4]
    for file in (tmp_path / "cache").rglob("*.nb[ci]"):
        file.write_bytes(b"not a kernel")
    assert run_edited(tmp_path) == [0, 2, 4]


@pytest.mark.slow
def test_of_processes_that_need_a_kernel_at_once_one_compiles_it_and_the_others_load_it(tmp_path):
    results = [numbers(process) for process in [started(tmp_path) for _ in range(4)]]
    assert sorted(results) == [[0, 2, 4], *[[1, 2, 4]] * 3]


HOLDER = """
import sys
from memsim.kernels.cache import TURN
TURN.begin(sys.argv[1], sys.argv[2])
print("begun", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """A process that has its turn with a kernel until it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path), STAMP], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "begun\n"
        yield process
        process.kill()


STAMP = "0123456789abcdef"


def test_a_process_waits_for_the_turn_of_another_one_until_that_dies(tmp_path, holder):
    turn = Turn()
    assert not turn.begin(str(tmp_path), b"another kernel".hex())
    turn.end()
    threading.Timer(0.2, holder.kill).start()
    assert turn.begin(str(tmp_path), STAMP)
    turn.end()


def test_a_process_waits_for_a_limited_time(tmp_path, holder, monkeypatch):
    monkeypatch.setattr("memsim.kernels.cache._LONGEST_WAIT", 0.1)
    assert not Turn().begin(str(tmp_path), STAMP)


def test_without_locks_no_process_waits(tmp_path, monkeypatch):
    def refused(*args):
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.lockf", refused)
    assert not Turn().begin(str(tmp_path), STAMP)


def test_without_a_place_for_the_cache_kernels_compile(tmp_path, monkeypatch):
    def nowhere(self, *args, **kwargs):
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr("numba.core.caching.FunctionCache.__init__", nowhere)
    assert cache_folder() is None
    assert doubled() == [2, 2]


def test_without_the_private_interface_kernels_compile(monkeypatch):
    monkeypatch.delattr("numba.core.caching.FunctionCache")
    assert doubled() == [2, 2]


def test_a_full_disk_under_the_cache_does_not_stop_a_run(monkeypatch):
    def full(self, sig, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numba.core.caching.FunctionCache.save_overload", full)
    assert doubled() == [2, 2]


def doubled():
    def work(first, last, a):
        for i in range(first, last):
            a[i] = a[i] * 2

    a = np.ones(2)
    compile_kernel(work, len)(a)
    return a.tolist()


def test_the_fingerprint_sees_callees_constants_defaults_closures_and_options():
    def make(function, value):
        def loop(a, factor=value):
            return function(a) * factor

        return loop

    @njit
    def plus(x):
        return x + 1

    @njit
    def minus(x):
        return x - 1

    @njit(fastmath=True)
    def fast(x):
        return x + 1

    loops = [make(plus, 1.0), make(minus, 1.0), make(plus, 2.0), make(fast, 1.0)]
    assert len({fingerprint(loop) for loop in loops}) == 4
    assert fingerprint(make(plus, 1.0)) == fingerprint(make(plus, 1.0))
    assert fingerprint(loops[0], frozenset({"b", "a"})) == fingerprint(loops[0], frozenset({"a", "b"}))


def test_the_fingerprint_sees_scalar_functions_that_are_not_compiled_yet():
    def sum_of(value):
        return scalar(lambda x: x + value)

    def loop_of(function):
        return lambda a: function(a)

    assert fingerprint(loop_of(sum_of(1))) == fingerprint(loop_of(sum_of(1)))
    assert fingerprint(loop_of(sum_of(1))) != fingerprint(loop_of(sum_of(2)))


def test_a_function_for_kernels_alone_refuses_a_call_from_python():
    @callee
    def twice(x):
        return 2 * x

    with pytest.raises(TypeError, match=r"twice\(\) has no entry from Python: kernels alone call it"):
        twice(1.0)

    def work(first, last, a):
        for i in range(first, last):
            a[i] = twice(a[i])

    a = np.ones(2)
    compile_kernel(work, len)(a)
    assert a.tolist() == [2, 2]


def test_kernels_may_be_launched_from_several_python_threads():
    from concurrent.futures import ThreadPoolExecutor

    from memsim.kernels.fill import fill
    from memsim.philox import Stream

    def draw(seed):
        return fill("normal", (4, 2, 4096), seed=seed, stream=Stream.READ)

    with ThreadPoolExecutor(4) as pool:
        many = list(pool.map(draw, [1, 2] * 8))
    assert all(np.array_equal(many[i], many[i % 2]) for i in range(16))


def test_every_unit_is_done_once_whatever_the_number_of_threads(monkeypatch):
    def work(first, last, a):
        for i in range(first, last):
            a[i] += i

    kernel = compile_kernel(work, len)
    for threads in (1, 2, 7):
        monkeypatch.setattr(kernels, "threads", lambda threads=threads: threads)
        for size in (0, 1, 5, 1000):
            a = np.zeros(size)
            kernel(a)
            assert np.array_equal(a, np.arange(size))


SPARED = """
import sys
import numpy as np
from numba import njit
from memsim.kernels.compile import spare_linear_algebra
from memsim.kernels.fill import fill
from memsim.philox import Stream

spare_linear_algebra()
fill("normal", (1, 1, 64), seed=1, stream=Stream.READ)
assert "scipy.linalg" not in sys.modules, "SciPy's linear algebra was loaded"
a = np.arange(9.0).reshape(3, 3)
assert np.array_equal(njit(lambda x: np.dot(x, x))(a), a @ a)
"""


@pytest.mark.slow
def test_kernels_start_without_linear_algebra_which_compiled_functions_of_others_find():
    run = subprocess.run([sys.executable, "-c", SPARED], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
