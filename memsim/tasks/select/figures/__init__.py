"""Figures of the task `select`."""
