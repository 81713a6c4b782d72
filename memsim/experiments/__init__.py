"""An experiment: its schema, its checked settings and devices, and what a user changes of them."""
