"""Figures of the task `macro`."""
