"""Standard output and standard error of a command, which may be closed, know no Unicode, or lose their reader."""

from __future__ import annotations

import io
import os
import sys
from typing import Any


class _Pipe(io.FileIO):
    """A stream whose reader may leave, as in ``memsim list | head -1``; what is written after that is dropped."""

    def write(self, data: Any, /) -> int:
        """Write to the reader, or to nowhere."""
        try:
            return super().write(data)
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return len(data)


def prepare_streams() -> None:
    """Let a command print without caring for the state of its streams, so that it always does its work to the end."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the caller, as in `memsim list >&-`
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        elif stream.isatty():
            stream.reconfigure(errors="replace")  # a terminal that cannot show a character shows '?'
        else:
            pipe = io.BufferedWriter(_Pipe(stream.fileno(), "w", closefd=False))
            buffering = {"line_buffering": stream.line_buffering, "write_through": stream.write_through}
            setattr(sys, name, io.TextIOWrapper(pipe, encoding=stream.encoding, errors="replace", **buffering))
