"""Classifiers: crossbars that learn in place, networks, and networks on crossbars, behind one interface."""
