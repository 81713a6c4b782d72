"""Sections of a profile fitted to measurements: retention, read noise, current against voltage."""
