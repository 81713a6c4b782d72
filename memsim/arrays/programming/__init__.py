"""Programming of the cells of arrays: delivery of pulses, write and verify, the error model, refresh of pairs."""
