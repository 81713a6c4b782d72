"""Tables of measurements: files, headings, columns, numbers, and the layouts in which pulses come."""
