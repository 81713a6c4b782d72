"""Figures of results of several tasks, one in each file; those of one task stand in its package."""
