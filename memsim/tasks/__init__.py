"""Tasks: what `memsim run` can compute. Each is a package that describes itself in one `Task`."""
