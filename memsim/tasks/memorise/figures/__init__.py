"""Figures of the task `memorise`, one in each file."""
