"""Figures of the task `regress`."""
