"""Noise models: scalar functions of state, parameters and addressed random numbers."""
