"""Files: written whole or not at all, Datasets as netCDF, arrays of NumPy, and those that come with memsim."""
