"""Datasets of results: how they are built, stored and combined, and the settings that they carry."""
