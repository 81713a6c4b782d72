"""The kernel cache: a fingerprint that sees every edit, and compilation wherever the cache fails."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numba import njit

from memsim.errors import KernelCacheWarning
from memsim.kernels import compile as kernels
from memsim.kernels.cache import Turn, cache_folder, folder_problem, named_folder_problem
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
from loop import make
kernel = make()
a = np.array([1.0, 2.0])
kernel(a)
print(kernel.cache_hits, *a)
"""

PLACES = (0, 0.002, 0.1, 0.3, 0.5, 0.7, 1)
"""Bits of a file with a kernel, as parts of its length: in its hash, in the machine code, in what lies around it."""


def run_edited(folder: Path, operation: str = "*", constant: float = 0.0) -> list[float]:
    return numbers(started(folder, operation, constant))


def started(folder: Path, operation: str = "*", constant: float = 0.0, *, cache=None, before="") -> subprocess.Popen:
    """A process that runs the kernel with the cache in this folder, by default `cache`, and some code before it."""
    (folder / "callee.py").write_text(CALLEE.format(operation=operation, constant=constant))
    if not (folder / "loop.py").exists():
        (folder / "loop.py").write_text(LOOP)
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(cache or folder / "cache")}
    command, pipe = [sys.executable, "-B", "-c", before + RUN], subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=pipe, stderr=pipe, text=True)


def numbers(process: subprocess.Popen, warned: str = "$") -> list[float]:
    """What it prints; its standard error must match this pattern, by default nothing."""
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert re.match(warned, err), err
    return [float(word) for word in out.split()]


@pytest.mark.slow
def test_a_second_process_loads_the_kernel_and_an_edited_callee_compiles_anew(tmp_path):
    assert run_edited(tmp_path) == [0, 2, 4]
    assert run_edited(tmp_path) == [1, 2, 4]
    assert run_edited(tmp_path, operation="+") == [0, 3, 4]
    assert run_edited(tmp_path, operation="+", constant=5.0) == [0, 8, 9]
    assert run_edited(tmp_path) == [1, 2, 4]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory) -> Path:
    """A folder whose cache has the kernel."""
    folder = tmp_path_factory.mktemp("compiled")
    assert run_edited(folder) == [0, 2, 4]
    return folder


@pytest.fixture
def stored(compiled) -> Iterator[Path]:
    """The only file with a kernel in the cache of `compiled`, which may be damaged."""
    (file,) = (compiled / "cache").rglob("*.kernel")
    whole = file.read_bytes()
    yield file
    file.write_bytes(whole)


def flipped(content: bytes, place: float) -> bytes:
    """With one bit of another value, at this part of the length."""
    i = int(place * (len(content) - 1))
    return content[:i] + bytes([content[i] ^ 1]) + content[i + 1 :]


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage",
    [
        *[pytest.param(lambda whole, place=place: flipped(whole, place), id=f"bit-at-{place}") for place in PLACES],
        pytest.param(lambda whole: whole[: len(whole) // 2], id="truncated"),
        pytest.param(lambda whole: b"", id="empty"),
        pytest.param(lambda whole: b"not a kernel", id="foreign"),
        pytest.param(lambda whole: whole[32:], id="without-its-hash"),
    ],
)
def test_a_damaged_kernel_is_compiled_anew_and_its_file_is_whole_again(compiled, stored, damage):
    stored.write_bytes(damage(stored.read_bytes()))
    assert run_edited(compiled) == [0, 2, 4]
    assert run_edited(compiled) == [1, 2, 4]


@pytest.mark.slow
def test_a_missing_kernel_is_compiled_anew(compiled, stored):
    stored.unlink()
    assert run_edited(compiled) == [0, 2, 4]
    assert stored.exists()


@pytest.mark.slow
def test_kernels_are_not_loaded_from_a_folder_that_others_can_write_to(compiled, open_place):
    shutil.copytree(compiled / "cache", open_place / "cache")
    line = rf".*KernelCacheWarning: .* other users can write to {open_place}/cache \(mode 777\).*\n.*\n$"
    for mode, hits, warned in ((0o755, 1, "$"), (0o777, 0, line)):
        (open_place / "cache").chmod(mode)
        assert numbers(started(compiled, cache=open_place / "cache"), warned) == [hits, 2, 4]


@pytest.mark.slow
def test_a_process_that_waits_in_vain_for_another_one_says_so_and_compiles(compiled, stored):
    stored.unlink()
    short = "import memsim.kernels.cache as cache\ncache._SILENT_WAIT, cache._LONGEST_WAIT = 0.1, 0.5\n"
    line = r".*KernelCacheWarning: waiting for another process, which compiles the kernel 'work' for .*0\.5 s.*\n.*\n$"
    with open(stored.with_name("turns"), "r+") as turns:
        fcntl.lockf(turns, fcntl.LOCK_EX)
        assert numbers(started(compiled, before=short), line) == [0, 2, 4]


@pytest.mark.slow
def test_of_processes_that_need_a_kernel_at_once_one_compiles_it_and_the_others_load_it(tmp_path):
    results = [numbers(process) for process in [started(tmp_path) for _ in range(4)]]
    assert sorted(results) == [[0, 2, 4], *[[1, 2, 4]] * 3]


HOLDER = """
import sys
from memsim.kernels.cache import TURN
TURN.begin(sys.argv[1], sys.argv[2], "held")
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
    assert not turn.begin(str(tmp_path), b"another kernel".hex(), "other")
    turn.end()
    threading.Timer(0.2, holder.kill).start()
    assert turn.begin(str(tmp_path), STAMP, "held")
    turn.end()


def test_a_process_waits_for_a_limited_time(tmp_path, holder, monkeypatch):
    monkeypatch.setattr("memsim.kernels.cache._LONGEST_WAIT", 0.1)
    assert not Turn().begin(str(tmp_path), STAMP, "held")


def test_a_process_that_waits_for_long_says_for_what_and_where_once(tmp_path, holder, monkeypatch):
    monkeypatch.setattr("memsim.kernels.cache._SILENT_WAIT", 0.05)
    monkeypatch.setattr("memsim.kernels.cache._LONGEST_WAIT", 0.3)
    with pytest.warns(KernelCacheWarning) as caught:
        assert not Turn().begin(str(tmp_path), STAMP, "held")
    (warned,) = caught
    assert f"the kernel 'held' for the cache in {tmp_path}; after 0.3 s" in str(warned.message)


def test_without_locks_no_process_waits(tmp_path, monkeypatch):
    def refused(*args):
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.lockf", refused)
    assert not Turn().begin(str(tmp_path), STAMP, "held")


def test_without_a_place_for_the_cache_kernels_compile(tmp_path, monkeypatch):
    def nowhere(self, *args, **kwargs):
        raise RuntimeError("cannot cache function: no locator available")

    monkeypatch.setattr("numba.core.caching.FunctionCache.__init__", nowhere)
    assert cache_folder() is None
    assert "no writable folder" in folder_problem()
    assert doubled() == [2, 2]


@pytest.mark.parametrize("name", ["file/cache", "/proc/cache"])
def test_a_named_folder_that_cannot_be_used_is_reported(tmp_path, monkeypatch, name):
    (tmp_path / "file").write_bytes(b"")
    place = str(tmp_path / name)
    monkeypatch.setattr("numba.config.CACHE_DIR", place)
    assert named_folder_problem().startswith(f"NUMBA_CACHE_DIR: {place} cannot be used (no")
    assert not cache_folder().startswith(place)


def test_a_report_on_the_cache_makes_no_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("numba.config.CACHE_DIR", str(tmp_path / "new" / "cache"))
    assert named_folder_problem() is None
    assert "new/cache" in cache_folder() and not folder_problem()
    assert not (tmp_path / "new").exists()


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
