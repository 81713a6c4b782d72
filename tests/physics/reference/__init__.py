"""Published equations and parameters of devices, written again in plain NumPy: they share no code with memsim.

Each module cites what it transcribes. A test that compares them with memsim fails where one of the two differs from the
source; the transcription is not adapted to memsim.
"""
