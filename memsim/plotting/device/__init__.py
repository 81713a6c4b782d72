"""The figure of one device: what its cells do under pulses, over time, under noise and against voltage."""

from memsim.plotting.device.figure import device_figure, model_figure

__all__ = ["device_figure", "model_figure"]
