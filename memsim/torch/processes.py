"""Processes that train one network together, each with its own samples (DistributedDataParallel of torch)."""

from __future__ import annotations

import torch.distributed


def processes() -> int:
    """How many processes there are; 1 without a process group."""
    return torch.distributed.get_world_size() if _grouped() else 1


def process_number() -> int:
    """Number of this process, from 0; 0 without a process group."""
    return torch.distributed.get_rank() if _grouped() else 0


def _grouped() -> bool:
    return torch.distributed.is_available() and torch.distributed.is_initialized()
