"""The figures, one a file; `memsim.plotting.FIGURES` names them."""
