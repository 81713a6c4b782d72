"""Figures of the task `infer`."""
