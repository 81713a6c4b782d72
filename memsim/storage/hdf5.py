"""Untrusted HDF5 files: what is in one is checked before netCDF opens it, since netCDF follows links to other files."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from memsim.errors import OutputError
from memsim.storage.inputs import CLASSIC_SIGNATURE, HDF5_SIGNATURE

if TYPE_CHECKING:
    import h5py

_MOST_PARTS = 20_000
"""Datasets and attributes of a file. A result has about a thousand."""
_MOST_ATTRIBUTES = 1 << 24
"""Bytes of all attributes of a file."""
_MOST_OF_ONE = 500
"""Attributes of one variable, or of the file. A result has about 40; the time to look for them grows as the square."""
_DENSEST = 1100
"""Bytes that a stored byte can hold; deflate reaches 1032."""
_LEAST = 1 << 20
"""Bytes that every file may have in memory beyond what is stored, for values that were never written."""
_BATCH = 1 << 26
"""Bytes of texts that are read at once, if each is as long as the file."""
_TEXT = 64
"""Bytes of an empty text in memory. Further bytes of a text take 4 bytes each at most."""
_PLACE = 16
"""Bytes that are stored of a text beside its letters: their place and number."""
_DIMENSION = b"This is a netCDF dimension but not a netCDF variable"
"""Start of the attribute NAME of a dataset that only gives the length of a dimension; its values are not read."""
_SCALED = {"scale_factor", "add_offset"}
_FILLED = {"_FillValue", "missing_value", "_Unsigned"}
"""Attributes with which whole numbers become floating-point numbers in memory."""


def check(path: Path) -> dict[str, tuple[int, ...]]:
    """Refuse a file that is not like those that netCDF-4 writes for memsim. No other file is opened.

    Allowed are datasets of numbers and texts in the root group, which are all in the file itself and take no more
    memory than what is stored can hold.

    Parameters
    ----------
    path : Path
        A regular file.

    Returns
    -------
    dict of str to tuple of int
        Shapes of the datasets by name, without those that only give the length of a dimension.

    Raises
    ------
    OutputError
        If it holds anything else, or more than it can.
    Exception
        Several kinds, if the file is damaged.
    """
    with path.open("rb") as stream:
        start = stream.read(len(HDF5_SIGNATURE))
    if start.startswith(CLASSIC_SIGNATURE):
        raise OutputError(f"{path}: a classic netCDF file; memsim reads netCDF-4")
    if start != HDF5_SIGNATURE:
        raise OutputError(f"{path}: not a readable netCDF file (it does not begin like one)")
    import netCDF4  # noqa: F401 - both bring an HDF5 library; netCDF's is loaded first
    import h5py  # isort: skip

    with h5py.File(path, "r") as file:
        return _Check(path).shapes(h5py.h5g.open(file.id, b"/"))


class _Check:
    """Sums over the parts of a file.

    Parameters
    ----------
    path : Path
        The file, for messages.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = path.stat().st_size
        self._parts = self._attributes = self._texts = 0
        self._stored = self._in_memory = self._unstored = 0

    def shapes(self, root: h5py.h5g.GroupID) -> dict[str, tuple[int, ...]]:
        """Shapes of the datasets in the root group by name, after all of them are checked."""
        self._check_attributes(root, 0)
        shapes = {}
        for name, dataset in self._datasets(root).items():
            properties = dataset.get_create_plist()
            self._check_properties(properties, name)
            shape = dataset.shape  # a virtual dataset, refused above, would open its sources here
            attributes = self._check_attributes(dataset, len(shape), f" of '{name}'")
            if self._check_values(dataset, properties, name, attributes):
                shapes[name] = shape
        return shapes

    def _refuse(self, problem: str) -> OutputError:
        return OutputError(f"{self._path}: {problem}")

    def _count(self, parts: int) -> None:
        self._parts += parts
        if self._parts > _MOST_PARTS:
            raise self._refuse(f"has more than {_MOST_PARTS} variables and attributes")

    def _datasets(self, root: h5py.h5g.GroupID) -> dict[str, h5py.h5d.DatasetID]:
        """What is in the root group by name. Links to other files are not followed but refused."""
        from h5py import h5l, h5o

        links: list[tuple[bytes, int]] = []

        def collect(name: bytes, info: Any) -> bool:
            links.append((name, info.type))
            return len(links) > _MOST_PARTS

        root.links.iterate(collect, info=True)
        self._count(len(links))
        kinds = {h5l.TYPE_SOFT: "a soft link", h5l.TYPE_EXTERNAL: "a link to another file"}
        datasets: dict[str, h5py.h5d.DatasetID] = {}
        addresses = set()
        for raw, kind in links:
            name = _name(raw)
            if kind != h5l.TYPE_HARD:
                raise self._refuse(f"'{name}' is {kinds.get(kind, 'a link of an unknown kind')}, which is not followed")
            if b"/" in raw or raw in (b"", b".") or name in datasets:
                raise self._refuse(f"damaged; '{name}' is no name of a variable")
            info = h5o.get_info(root, raw)
            if info.type != h5o.TYPE_DATASET:
                what = "a group" if info.type == h5o.TYPE_GROUP else "a type"
                raise self._refuse(f"'{name}' is {what}; files of memsim hold variables only")
            if info.addr in addresses:
                raise self._refuse(f"'{name}' is another name of a variable, which files of memsim do not have")
            addresses.add(info.addr)
            datasets[name] = h5o.open(root, raw)
        return datasets

    def _check_properties(self, properties: h5py.h5p.PropDCID, name: str) -> None:
        """Refuse a dataset whose values are in other files, or that only code outside the library can read."""
        from h5py import h5d, h5z

        if properties.get_layout() not in (h5d.COMPACT, h5d.CONTIGUOUS, h5d.CHUNKED) or properties.get_external_count():
            raise self._refuse(f"the values of '{name}' are in other files, which are not read")
        filters = [properties.get_filter(number)[0] for number in range(properties.get_nfilters())]
        allowed = {h5z.FILTER_DEFLATE, h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32}
        if len(filters) > len(set(filters)) or not allowed.issuperset(filters):
            text = ", ".join(map(str, filters))
            raise self._refuse(
                f"'{name}' has the HDF5 filters {text}; allowed, once each: deflate, shuffle, fletcher32"
            )

    def _check_attributes(self, holder: Any, rank: int, of: str = "") -> set[str]:
        """Names of the attributes of the root group or of a dataset, after their types and sizes are checked."""
        from h5py import h5a

        count = h5a.get_num_attrs(holder)
        self._count(count)
        if count > _MOST_OF_ONE:
            raise self._refuse(f"{count} attributes{of or ' of the file'}; allowed: {_MOST_OF_ONE}")
        names = set()
        for number in range(count):
            attribute = h5a.open(holder, index=number)
            name = _name(attribute.name)
            self._attributes += attribute.get_storage_size()
            if not self._is_allowed(name, attribute, rank):
                which = f"the attribute '{name}'{of}" if of else f"its attribute '{name}'"
                raise self._refuse(f"{which} is damaged (it is neither a text nor numbers)")
            if self._attributes > min(_MOST_ATTRIBUTES, self._size):
                raise self._refuse("damaged; its attributes are too large")
            names.add(name)
        return names

    def _is_allowed(self, name: str, attribute: h5py.h5a.AttrID, rank: int) -> bool:
        """Whether an attribute is one text, numbers, or one of those with which netCDF connects dimensions."""
        from h5py import h5t

        kind = attribute.get_type()
        if isinstance(kind, h5t.TypeStringID):
            values = math.prod(attribute.shape)
            if kind.is_variable_str() and values == 1:
                self._attributes += self._add_texts([_text_of(attribute)])
            return values <= 1
        values = attribute.get_storage_size() // kind.get_size()  # quicker than by its shape
        if name == "DIMENSION_LIST":
            return values == rank and _refers_once(attribute, kind, rank)
        if name == "REFERENCE_LIST":
            return isinstance(kind, h5t.TypeCompoundID)
        expected = {"_Netcdf4Dimid": 1, "_Netcdf4Coordinates": rank}
        return _is_number(kind) and values == expected.get(name, values)

    def _add_texts(self, texts: list[bytes]) -> int:
        """Count texts, each of which is in the file once, and return the length of the longest [byte]."""
        lengths = [len(text) for text in texts]
        self._texts += sum(lengths)
        if self._texts > self._size:
            raise self._refuse("damaged; it says that it holds more text than it can")
        return max(lengths, default=0)

    def _check_values(
        self, dataset: h5py.h5d.DatasetID, properties: h5py.h5p.PropDCID, name: str, attributes: set[str]
    ) -> bool:
        """Refuse a dataset of other values than numbers and text, or of more than are stored.

        False for one that says that it only gives the length of a dimension: its values are not checked, and must not
        be read.
        """
        from h5py import h5a, h5d, h5t

        kind, values = dataset.get_type(), math.prod(dataset.shape)
        text = isinstance(kind, h5t.TypeStringID) and kind.is_variable_str()
        letters = isinstance(kind, h5t.TypeStringID) and kind.get_size() == 1
        if not (text or letters or _is_number(kind)):
            raise self._refuse(f"'{name}' holds neither numbers nor text")
        if "NAME" in attributes and _text_of(h5a.open(dataset, b"NAME")).startswith(_DIMENSION):
            return False
        width = _TEXT if text or letters else kind.get_size()
        if _SCALED & attributes or (isinstance(kind, h5t.TypeIntegerID) and _FILLED & attributes):
            width = max(width, 8)
        stored = dataset.get_storage_size()
        self._stored += stored
        if self._stored > self._size:
            raise self._refuse("damaged; it says that it stores more than it has")
        in_memory = written = values * width
        if properties.get_layout() == h5d.CHUNKED:
            chunk, chunks = math.prod(properties.get_chunk()) * width, dataset.get_num_chunks()
            in_memory, written = max(in_memory, chunk if chunks else 0), chunks * chunk
        # Texts are not compressed.
        self._add(in_memory, min(written, stored * (_TEXT // _PLACE if text else _DENSEST)))
        if text:
            self._add(4 * values * self._longest_text(dataset), _DENSEST * stored)
        return True

    def _add(self, in_memory: int, possible: int) -> None:
        """Count bytes in memory, of which some can be stored."""
        self._in_memory += in_memory
        self._unstored += max(0, in_memory - possible)
        if self._unstored > _LEAST:
            declared, size = self._in_memory / 2**20, self._size / 2**20
            raise self._refuse(
                f"damaged; it says that it holds {_plain(declared)} MiB, but has {_plain(size)} MiB; allowed: "
                f"{_DENSEST:,} times what is stored"
            )

    def _longest_text(self, dataset: h5py.h5d.DatasetID) -> int:
        """Length of the longest text of a dataset [byte]. Few are read at once, since all may be one in the file."""
        import h5py

        texts, longest = h5py.Dataset(dataset), 0
        if not texts.shape:
            return self._add_texts([texts[()]])
        step = max(1, _BATCH // self._size)
        for place in np.ndindex(texts.shape[:-1]):
            for first in range(0, texts.shape[-1], step):
                longest = max(longest, self._add_texts(texts[(*place, slice(first, first + step))].tolist()))
        return longest


def _plain(number: float) -> str:
    """A number with one digit after the point, if that is not 0."""
    return f"{number:,.1f}".removesuffix(".0")


def _name(raw: bytes) -> str:
    return raw.decode(errors="replace")


def _text_of(attribute: h5py.h5a.AttrID) -> bytes:
    """The text of an attribute that holds one; empty for other attributes."""
    if math.prod(attribute.shape) != 1 or attribute.dtype.kind not in "SO":
        return b""
    value = np.empty(attribute.shape, attribute.dtype)
    attribute.read(value)
    return bytes(value.item() or b"")


def _refers_once(attribute: h5py.h5a.AttrID, kind: h5py.h5t.TypeID, rank: int) -> bool:
    """Whether an attribute holds lists of at most one reference to an object in the same file."""
    from h5py import h5t, ref_dtype, vlen_dtype

    if not isinstance(kind, h5t.TypeVlenID) or not kind.get_super().equal(h5t.STD_REF_OBJ):
        return False
    lists = np.empty(rank, vlen_dtype(ref_dtype))
    attribute.read(lists)
    return all(len(references) <= 1 for references in lists)


def _is_number(kind: h5py.h5t.TypeID) -> bool:
    """Whether a type is one of the numbers of netCDF."""
    from h5py import h5t

    if isinstance(kind, h5t.TypeIntegerID):
        return kind.get_size() in (1, 2, 4, 8) and kind.get_precision() == 8 * kind.get_size()
    floats = (h5t.IEEE_F64LE, h5t.IEEE_F32LE, h5t.IEEE_F64BE, h5t.IEEE_F32BE)
    return isinstance(kind, h5t.TypeFloatID) and any(kind.equal(number) for number in floats)
