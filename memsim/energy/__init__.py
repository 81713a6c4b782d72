"""Energy, latency and area: component tables, and costs of events that arrays count."""
