"""Metrics of outputs, and intervals of their means over seeds and images."""
