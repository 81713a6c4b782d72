"""What a layer passes on to the one that takes its place: its mode, its hooks, and which parameters are trained."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, TypeVar

from torch import nn

M = TypeVar("M", bound=nn.Module)
_HOOKS = {
    "_forward_pre_hooks": ("_forward_pre_hooks_with_kwargs",),
    "_forward_hooks": ("_forward_hooks_with_kwargs", "_forward_hooks_always_called"),
    "_backward_pre_hooks": (),
    "_backward_hooks": (),
}
"""Where torch keeps the hooks of a module, and their options, by the number of the hook."""


def copied(model: M) -> M:
    """A deep copy of a model whose parameters have the same hooks; those of torch have none."""
    result = copy.deepcopy(model)
    of_result = dict(result.named_parameters())
    for name, before in model.named_parameters():
        if name in of_result:
            _pass_hooks(before, of_result[name])
    return result


def pass_on(source: nn.Module, target: nn.Module, names: Mapping[str, str]) -> None:
    """Give a layer the mode, the hooks and the frozen parameters of the one whose place it takes.

    Hooks by which `torch.nn.utils` computes a weight from other parameters are left out: the new layer has the weight
    itself.

    Parameters
    ----------
    source, target : nn.Module
    names : mapping of str to str
        The parameter of `target` for each parameter of `source`.
    """
    target.train(source.training)
    for kind, options in _HOOKS.items():
        hooks = {number: hook for number, hook in getattr(source, kind).items() if not _computes_weight(hook)}
        getattr(target, kind).update(hooks)
        for option in options:
            chosen = {number: value for number, value in getattr(source, option).items() if number in hooks}
            getattr(target, option).update(chosen)
    target._is_full_backward_hook = source._is_full_backward_hook
    of_source, of_target = dict(source.named_parameters()), dict(target.named_parameters())
    for before, after in names.items():
        if before in of_source and after in of_target:
            of_target[after].requires_grad_(of_source[before].requires_grad)
            _pass_hooks(of_source[before], of_target[after])


def _computes_weight(hook: Any) -> bool:
    return type(hook).__module__.startswith("torch.nn.utils.")


def _pass_hooks(source: nn.Parameter, target: nn.Parameter) -> None:
    """Register the hooks of a parameter with another one."""
    on_gradient = (source._backward_hooks or {}).values()
    after_sum = (getattr(source, "_post_accumulate_grad_hooks", None) or {}).values()
    if not on_gradient and not after_sum:
        return
    trained = target.requires_grad
    target.requires_grad_(True)  # torch registers hooks with such parameters alone
    for hook in on_gradient:
        target.register_hook(hook)
    for hook in after_sum:
        target.register_post_accumulate_grad_hook(hook)
    target.requires_grad_(trained)
