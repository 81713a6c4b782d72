"""Published figures of NeuRRAM: Wan et al., Nature 608, 504 (2022), as digitised in the tests of CiMLoop."""

# Bits out and in; word lines, neurons and input pulses [fJ/op]; throughput [TOPS]; efficiency [TOPS/W].
NEURRAM = (
    (3, 1, 8.99, 10.62, 3.45, 2.122, 43.08),
    (4, 2, 8.27, 12.39, 3.96, 1.793, 40.33),
    (5, 3, 15.46, 20.12, 7.73, 1.165, 23.09),
    (6, 4, 21.76, 29.11, 11.51, 0.744, 15.95),
    (7, 5, 30.93, 44.21, 14.02, 0.525, 11.03),
    (8, 6, 37.22, 52.48, 19.24, 0.418, 8.26),
    (9, 7, 43.69, 61.83, 22.83, 0.344, 7.75),
    (10, 8, 50.52, 75.86, 27.51, 0.264, 6.44),
)
