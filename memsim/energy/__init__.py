"""Energy, latency and area of crossbars: tables of components, and what counted events cost with them."""
