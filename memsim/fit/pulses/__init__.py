"""Step models fitted to measured pulses: data, likelihood, search, intervals, review."""
