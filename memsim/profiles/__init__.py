"""Device profiles: YAML files that say what a memristor does and where each number comes from."""

from memsim.profiles.catalog import device_from_text, device_names, device_of, load_device
from memsim.profiles.profile import DeviceProfile, Row
from memsim.profiles.provenance import Provenance

__all__ = ["DeviceProfile", "Provenance", "Row", "device_from_text", "device_names", "device_of", "load_device"]
