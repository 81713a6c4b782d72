"""Building blocks for the pydantic models that documents are validated against: sections, quantities, counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import PydanticCustomError, core_schema

from memsim.document.problems import brief
from memsim.errors import InputError
from memsim.units import format_quantity, parse_quantity, quantity_pattern


def _accept_lists(schema: Any) -> None:
    """Let tuple fields take lists, which is all that YAML has; items and members of unions stay strict."""
    if isinstance(schema, dict):
        # A strict union hands its strictness to every tuple inside.
        if schema.get("type") in ("tuple", "union", "tagged-union"):
            schema["strict"] = False
        for part in schema.values():
            _accept_lists(part)
    elif isinstance(schema, list):
        for part in schema:
            _accept_lists(part)


class Section(BaseModel):
    """A mapping of a document: frozen, unknown keys refused, no silent conversion between types.

    Lists of the document may be declared as list or, to keep the model hashable, as tuple.
    """

    # Deferred: a section's own validator would be built beside that of the whole document, which is all that is used.
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        defer_build=True,
    )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        schema = handler(source)
        _accept_lists(schema)
        return schema

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """The section for editors: descriptions of quantities end with unit and range, defaults are as users write."""
        found = handler(schema)
        properties = handler.resolve_ref_schema(found).get("properties", {})
        for name, field in cls.model_fields.items():
            marker, part = marker_of(field), properties.get(field.alias or name)
            if marker is None or part is None:
                continue
            part["description"] = "; ".join(filter(None, (field.description, marker.in_words())))
            if isinstance(part.get("default"), float):
                part["default"] = marker.show(part["default"])
        return found


def problem(message: str, *at: str | int) -> PydanticCustomError:
    """Error to raise from a validator: `message` as the user will read it, at a key below the validated value."""
    return PydanticCustomError("memsim", "{message}", {"message": message, "at": at})


def _printable(text: str) -> str:
    if not text.isprintable():
        raise problem(f"{text!r} has characters that cannot be printed on one line; remove them")
    return text


ONE_LINE = AfterValidator(_printable)
Place = Annotated[str, Field(min_length=1, max_length=4096), ONE_LINE]
"""Name of something that is shipped, or a path."""


def unknown_key(key: str, allowed: Sequence[str]) -> PydanticCustomError:
    """Error to raise from a validator of a mapping: `key` is none of those allowed in it."""
    return PydanticCustomError("memsim_key", "unknown key", {"key": key, "allowed": list(allowed)})


@dataclass(frozen=True)
class Quantity:
    """Marks a float field as a quantity: ``Annotated[float, Quantity("V", above=0, high=100)]`` is in volts.

    Attributes
    ----------
    unit : str
        SI unit as for `memsim.units.parse_quantity`; "%" is a fraction that prints in percent.
    low, high : float
        Smallest and largest value allowed (`unit`).
    above : float, optional
        Value that must be exceeded (`unit`), in place of `low`.
    nonzero : bool
        Whether 0 is refused.
    """

    unit: str
    low: float = -math.inf
    high: float = math.inf
    above: float | None = None
    nonzero: bool = False

    def read(self, value: Any) -> float:
        """The value in SI units, in range."""
        try:
            number = parse_quantity(value, self.unit)
        except InputError as error:
            raise problem(str(error)) from None
        if self.unit == "%" and abs(number) > 1 and not (isinstance(value, str) and "%" in value):
            # A bare 3.7 is as likely to mean 3.7 % as 370 %.
            raise problem(
                f"{brief(value)} could be percent or a fraction; write '{number:g} %' or '{number * 100:g} %'"
            )
        too_low = number < self.low or (self.above is not None and number <= self.above)
        if too_low or number > self.high or (self.nonzero and number == 0):
            raise problem(f"{brief(value)} is out of range; allowed: {self.allowed()}")
        return number

    def allowed(self) -> str:
        """The range in words, with units."""
        parts = []
        if self.above is not None:
            parts.append(f"above {self.show(self.above)}")
        elif self.low > -math.inf:
            parts.append(f"at least {self.show(self.low)}")
        if self.high < math.inf:
            parts.append(f"at most {self.show(self.high)}")
        if self.nonzero:
            parts.append("not 0")
        return ", ".join(parts) or "any finite value"

    def interval(self) -> str:
        """The range as an interval, and the unit: "(0, 100] V"."""
        factor = 100 if self.unit == "%" else 1
        low = self.low if self.above is None else self.above
        left = "[" if self.above is None and low > -math.inf else "("
        right = "]" if self.high < math.inf else ")"
        ends = f"{left}{low * factor:g}, {self.high * factor:g}{right}"
        return f"{ends}{'' if self.unit == '1' else f' {self.unit}'}{', not 0' if self.nonzero else ''}"

    def in_words(self) -> str:
        """What is wanted: the unit and the range."""
        if self.unit == "%":
            return f"a share in percent, {self.allowed()}"
        return f"number, {self.allowed()}" if self.unit == "1" else f"quantity in {self.unit}, {self.allowed()}"

    def show(self, value: float, digits: int | None = None) -> str:
        """The value as a user would write it, with its unit."""
        return format_quantity(value, self.unit, digits)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        text = {"type": "string", "pattern": quantity_pattern(self.unit), "patternErrorMessage": self.in_words()}
        if self.unit not in ("1", "%"):
            return text
        largest = 1.0 if self.unit == "%" else math.inf  # a bare 3.7 is refused where 3.7 % may be meant
        number: dict[str, Any] = {"type": "number"}
        if self.above is not None:
            number["exclusiveMinimum"] = self.above
        elif max(self.low, -largest) > -math.inf:
            number["minimum"] = max(self.low, -largest)
        if min(self.high, largest) < math.inf:
            number["maximum"] = min(self.high, largest)
        return {"anyOf": [number, text]}


@dataclass(frozen=True)
class Count:
    """Marks an int field as a whole number from `low` to `high`: ``Annotated[int, Count(1, 1000)]``."""

    low: int
    high: int

    def read(self, value: Any) -> int:
        """The value, a true int in range."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise problem(f"{brief(value)} is not a whole number; allowed: {self.allowed()}")
        if not self.low <= value <= self.high:
            raise problem(f"{brief(value)} is out of range; allowed: {self.allowed()}")
        return value

    def allowed(self) -> str:
        """The range in words."""
        return f"{self.low} to {self.high}"

    def interval(self) -> str:
        """The range as an interval."""
        return self.allowed()

    def in_words(self) -> str:
        """What is wanted: the range."""
        return f"whole number, {self.allowed()}"

    def show(self, value: float, digits: int | None = None) -> str:
        """The value as a user would write it."""
        return str(value)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True)
class NoneWord:
    """Marks an optional field that may be stated as "none": ``Annotated[float | None, NONE_WORD]``."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(_without_word, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        found = handler(schema)
        return {**found, "anyOf": [*found["anyOf"], {"const": "none"}]}


NONE_WORD = NoneWord()


def _without_word(value: Any) -> Any:
    return None if isinstance(value, str) and value.strip().lower() == "none" else value


def marker_of(field: FieldInfo) -> Quantity | Count | None:
    """The mark of a field that holds one number, also where it is optional; None for other fields."""
    inside = get_args(field.annotation) if get_origin(field.annotation) is not dict else ()
    found = (item for item in field.metadata if isinstance(item, Quantity | Count))
    return next(found, None) or _among(inside)


def item_marker_of(field: FieldInfo) -> Quantity | Count | None:
    """The mark of the numbers inside a field that maps names to numbers."""
    return _among(get_args(field.annotation)) if get_origin(field.annotation) is dict else None


def _among(members: Sequence[Any]) -> Quantity | Count | None:
    found = (item for member in members for item in getattr(member, "__metadata__", ()))
    return next((item for item in found if isinstance(item, Quantity | Count)), None)
