"""Component tables: YAML files that say what energy, time and area each component of an array needs."""

from memsim.energy.components.catalog import (
    component_table_names,
    components_from_text,
    components_of,
    load_components,
)
from memsim.energy.components.component import Component
from memsim.energy.components.components import Adc, Components
from memsim.energy.components.table import ComponentTable

__all__ = [
    "Adc",
    "Component",
    "ComponentTable",
    "Components",
    "component_table_names",
    "components_from_text",
    "components_of",
    "load_components",
]
