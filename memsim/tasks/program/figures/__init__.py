"""Figures of the task `program`."""
