"""A process that loads one input after another, within limits, and tells what each load did."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import resource
import site
import sys
import sysconfig
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import memsim
from memsim.document.problems import problems_of
from memsim.errors import InputError, MemsimError
from memsim.kernels.cache import cache_folder

CPU = 10.0
"""Processor time that a load may take, beside that of compiling kernels [s]."""
FITTING = 60.0
"""Processor time that a fit of pulses may take; that of the small sound tables takes 3 to 14 s [s]."""
LONGEST = 180.0
"""Processor time after which the process is ended [s]."""
MEMORY = 1 << 30
"""Memory that a load may take beside what the process had [byte]."""
REFUSED = 2
"""Exit code of a command that refuses a file and has printed why."""
LINE = 2100
"""Characters that a message may have, the name of the file and the word before it included."""

_RUNNING = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "socket.connect", "os.startfile")
_SYSTEM = (f"/proc/{os.getpid()}", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system", "/sys/fs/cgroup")
_SYSTEM += ("/dev/null", "/usr/share/zoneinfo", "/etc/localtime", "/proc/sys/kernel/random/boot_id")
_MEMORY_ERROR = re.compile("unable to allocate|memoryerror|cannot allocate", re.IGNORECASE)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class _Watch:
    """What Python opens and starts during a load that the user did not name.

    Libraries in C open files unseen; those of Python and memsim, and the caches of their compiled code, are no matter.

    Parameters
    ----------
    caches : iterable of str
        Folders of the kernel cache, in which files may be written.
    """

    def __init__(self, caches: Iterable[str]) -> None:
        self.folder: Path | None = None
        self.problems: list[str] = []
        package = Path(memsim.__file__).resolve().parent
        prefixes = {sys.prefix, sys.base_prefix, *site.getsitepackages(), *sysconfig.get_paths().values()}
        self._libraries = [package, *(package.parent / name for name in ("devices", "components", "experiments"))]
        self._libraries += [Path(prefix).resolve() for prefix in prefixes]
        self._libraries += map(Path, _SYSTEM)
        self._caches = [Path(cache).resolve() for cache in caches]
        sys.addaudithook(self._event)

    def _event(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.folder is None:
            return
        if event in _RUNNING:
            self.problems.append(f"{event} {arguments!r}"[:300])
        elif event == "open" and isinstance(arguments[0], str | bytes):
            self._opened(os.fsdecode(arguments[0]), arguments[1], arguments[2])

    def _opened(self, path: str, mode: str | None, flags: int) -> None:
        place = Path(os.path.realpath(path))  # which does not fail for links in a circle
        writes = bool(flags & _WRITING)
        folder, self.folder = self.folder, None  # what follows is not of the load
        try:
            named = place.is_relative_to(folder or place)
            library = any(place.is_relative_to(library) for library in self._libraries)
            bytecode = library and "__pycache__" in place.parts
            cached = bytecode or any(place.is_relative_to(cache) for cache in self._caches)
            if not (cached or place.is_dir() or (not writes and (named or library))):
                self.problems.append(f"{'wrote to' if writes else 'opened'} {place}")
        finally:
            self.folder = folder


def serve() -> None:
    """Read a line of JSON with a kind and a path, load it, and write a line of JSON, until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)  # libraries in C print there
    warnings.simplefilter("ignore")

    from memsim.fit.pulses.filter import log_likelihood

    from .loaders import LOADERS

    folders = cache_folder(), cache_folder(log_likelihood)
    watch = _Watch(folder for folder in folders if folder is not None)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        path = Path(request["path"])
        answer = _loaded(LOADERS[request["kind"]](path), path, watch, allowed_time(request["kind"]))
        print(json.dumps(answer), file=answers, flush=True)


def allowed_time(kind: str) -> float:
    """Processor time that a load of an input of a kind may take [s]."""
    return FITTING if kind == "fit" else CPU


def _loaded(loads: Sequence[Callable[[], object]], path: Path, watch: _Watch, allowed_seconds: float) -> dict[str, Any]:
    """Outcome of an input: what is wrong, whether a load succeeded, messages, processor time [s] and memory [byte]."""
    others: list[BaseException] = []
    messages: list[str] = []
    loaded = False
    printed, errors = io.StringIO(), io.StringIO()
    with _limits(), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(errors):
        before, start = _memory("VmRSS"), time.process_time()
        watch.folder, watch.problems = path.parent.resolve(), []
        for load in loads:
            try:
                code = load()
            except MemsimError as error:
                messages += problems_of(error) if isinstance(error, InputError) else [str(error)]
            except BaseException as error:
                others.append(error)
            else:
                loaded = loaded or not (isinstance(code, int) and code == REFUSED)
        watch.folder = None
        cpu, memory = time.process_time() - start, max(0, _memory("VmHWM") - before)
    messages += errors.getvalue().splitlines()
    problems = [f"{type(error).__name__}: {str(error)[:300]} at {_place(error)}" for error in others]
    problems += [f"message of {what}: {text[:300]!r}" for text in messages for what in _faults_of(text)]
    if re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", printed.getvalue()):
        problems.append("printed a control character")
    if cpu >= allowed_seconds:
        problems.append(f"{cpu:.1f} s of processor time")
    if memory >= MEMORY:
        problems.append(f"{memory / 2**20:.0f} MiB of memory")
    problems = list(dict.fromkeys(problems + watch.problems))
    return {"problems": problems, "loaded": loaded, "messages": messages, "cpu": cpu, "memory": memory}


def _faults_of(message: str) -> Iterator[str]:
    """What a message should not be."""
    if not message.strip():
        yield "no text"
    if not message.isprintable():
        yield "several lines or control characters"
    if len(message) > LINE:
        yield f"{len(message)} characters"
    if _MEMORY_ERROR.search(message):
        yield "memory that was wanted and not to be had"


@contextlib.contextmanager
def _limits() -> Iterator[None]:
    """Bounds on processor time and address space of one load; the measures of memory start again."""
    Path("/proc/self/clear_refs").write_text("5")
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime + LONGEST)
    for kind, limit in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, _memory("VmSize") + 2 * MEMORY)):
        resource.setrlimit(kind, (limit, resource.getrlimit(kind)[1]))
    try:
        yield
    finally:
        for kind in (resource.RLIMIT_CPU, resource.RLIMIT_AS):
            resource.setrlimit(kind, (resource.getrlimit(kind)[1],) * 2)


def _memory(field: str) -> int:
    """A size of this process, as Linux has it [byte]."""
    row = next(row for row in Path("/proc/self/status").read_text().splitlines() if row.startswith(field))
    return int(row.split()[1]) * 1024


def _place(error: BaseException) -> str:
    """The innermost line of memsim that an error came through, and the innermost of all."""
    frames = traceback.extract_tb(error.__traceback__)
    of_memsim = [frame for frame in frames if f"{os.sep}memsim{os.sep}" in frame.filename]
    return " < ".join(dict.fromkeys(f"{Path(f.filename).name}:{f.lineno}" for f in [*of_memsim[-1:], *frames[-1:]]))


if __name__ == "__main__":
    serve()
