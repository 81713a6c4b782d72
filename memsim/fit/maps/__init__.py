"""Measured conductance maps in files."""
