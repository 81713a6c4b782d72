"""Figures of the task `classify`, one in each file."""
