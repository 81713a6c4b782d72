"""Results that were changed until they read other files, run code, or fill the memory.

Each function of `HOSTILE` changes a result in place. Those that refer to another file refer to `target`.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import xarray as xr

Change = Callable[[Path, Path], None]


@contextlib.contextmanager
def changed(path: Path) -> Iterator[h5py.File]:
    with h5py.File(path, "r+") as file:
        yield file


def create(file: h5py.File, name: str, shape: tuple[int, ...], set_up: Callable[[h5py.h5p.PropDCID], object]) -> None:
    """A dataset of bytes of zero with properties that the interface of h5py for users does not have."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    set_up(properties)
    limits = tuple(h5py.h5s.UNLIMITED for _ in shape) if properties.get_layout() != h5py.h5d.CONTIGUOUS else shape
    h5py.h5d.create(file.id, name.encode(), h5py.h5t.STD_I8LE, h5py.h5s.create_simple(shape, limits), properties)


def external_link(path: Path, target: Path) -> None:
    with changed(path) as file:
        del file["clean_snr"]
        file["clean_snr"] = h5py.ExternalLink(str(target), "/clean_snr")


def soft_link(path: Path, target: Path) -> None:
    with changed(path) as file:
        file["other"] = h5py.SoftLink("/clean_snr")


def user_defined_link(path: Path, target: Path) -> None:
    """An external link whose kind, a byte in the file, is one that no library knows."""
    with h5py.File(path, "w", libver="earliest") as file:
        file["other"] = h5py.ExternalLink(str(target), "/clean_snr")
    content = path.read_bytes()
    end = content.index(b"\x05other") + 1
    start = content.rindex(b"\x40", 0, end)
    path.write_bytes(content[:start] + b"\x77" + content[start + 1 :])


def external_storage(path: Path, target: Path) -> None:
    with changed(path) as file:
        file.create_dataset("other", (10,), "f8", external=[(str(target), 0, 80)])


def virtual(path: Path, target: Path) -> None:
    layout = h5py.VirtualLayout((10,), "f8")
    layout[:] = h5py.VirtualSource(target, "clean_snr", shape=(10,))
    with changed(path) as file:
        file.create_virtual_dataset("other", layout)


def virtual_without_end(path: Path, target: Path) -> None:
    """A virtual dataset as long as that of the other file, whose length is read on opening."""

    def set_up(properties: h5py.h5p.PropDCID) -> None:
        whole = h5py.h5s.create_simple((1,), (h5py.h5s.UNLIMITED,))
        whole.select_hyperslab((0,), (h5py.h5s.UNLIMITED,))
        properties.set_virtual(whole, str(target).encode(), b"clean_snr", whole)

    with changed(path) as file:
        create(file, "other", (1,), set_up)


def virtual_of_many_files(path: Path, target: Path) -> None:
    """A virtual dataset with a block for each file of a series."""

    def set_up(properties: h5py.h5p.PropDCID) -> None:
        blocks = h5py.h5s.create_simple((1,), (h5py.h5s.UNLIMITED,))
        blocks.select_hyperslab((0,), (h5py.h5s.UNLIMITED,), (1,), (1,))
        properties.set_virtual(blocks, f"{target}%b".encode(), b"clean_snr", h5py.h5s.create_simple((1,)))

    with changed(path) as file:
        create(file, "other", (1,), set_up)


def cycle_of_links(path: Path, target: Path) -> None:
    with changed(path) as file:
        file.create_group("loop")["again"] = file["/"]


def root_in_itself(path: Path, target: Path) -> None:
    with changed(path) as file:
        file["again"] = file["/"]


def many_groups(path: Path, target: Path) -> None:
    with changed(path) as file:
        for number in range(500):
            file.create_group(f"group {number}")


def deep_groups(path: Path, target: Path) -> None:
    with changed(path) as file:
        file.create_group("/".join(["deep"] * 300))


def two_names(path: Path, target: Path) -> None:
    with changed(path) as file:
        file["other"] = file["clean_snr"]


def many_names(path: Path, target: Path) -> None:
    with changed(path) as file:
        for number in range(20_000):
            file[f"name {number}"] = file["clean_snr"]


def many_attributes(path: Path, target: Path) -> None:
    with h5py.File(path, "w", libver="latest") as file:
        for number in range(5_000):
            file.attrs.create(str(number), 0, dtype="i1")


def unknown_filter(path: Path, target: Path) -> None:
    """A filter with a number that no library has, for which HDF5 looks for a plug-in."""
    with changed(path) as file:
        file.create_dataset("other", (10,), "i1", compression="lzf")[:] = 1
    content = path.read_bytes()
    start = content.index(b"lzf\0") - 8
    assert struct.unpack_from("<H", content, start) == (32000,)
    path.write_bytes(content[:start] + struct.pack("<H", 32101) + content[start + 2 :])


def filter_twice(path: Path, target: Path) -> None:
    def set_up(properties: h5py.h5p.PropDCID) -> None:
        properties.set_chunk((10,))
        for _ in range(2):
            properties.set_filter(h5py.h5z.FILTER_DEFLATE, values=(9,))

    with changed(path) as file:
        create(file, "other", (10,), set_up)


def unwritten_bytes(path: Path, target: Path) -> None:
    with changed(path) as file:
        file.create_dataset("other", (2**28,), "i1", chunks=(2**20,))


def unwritten_numbers(path: Path, target: Path) -> None:
    """Variables of one value each, none of which is written, that are large together only."""
    with changed(path) as file:
        for number in range(3):
            file.create_dataset(f"other {number}", (2**16,), "f8", chunks=(2**10,), compression=1, fillvalue=1.0)


def scaled_bytes(path: Path, target: Path) -> None:
    """Bytes that are eight times as large in memory, of which few are written."""
    with changed(path) as file:
        other = file.create_dataset("other", (2**18,), "i1", chunks=(2**10,))
        other[:10] = 1
        other.attrs["scale_factor"] = 0.5


def long_dimension(path: Path, target: Path) -> None:
    """A dimension that is longer than the variables which have it: netCDF allocates what it says."""
    with changed(path) as file:
        number = file["y"].attrs["_Netcdf4Dimid"]
        del file["y"]
        longer = file.create_dataset("y", (2**36,), ">f4", chunks=(2**10,))
        longer.make_scale("This is a netCDF dimension but not a netCDF variable     68719476736")
        longer.attrs.create("_Netcdf4Dimid", number, dtype="i4")
        for variable in file.values():
            if "_Netcdf4Coordinates" in variable.attrs and number in variable.attrs["_Netcdf4Coordinates"]:
                variable.dims[list(variable.attrs["_Netcdf4Coordinates"]).index(number)].attach_scale(longer)


def one_text_many_times(path: Path, target: Path) -> None:
    """Texts of which each is the same long one in the file."""
    with changed(path) as file:
        texts = file.create_dataset("other", (1000,), h5py.string_dtype())
        texts[:] = ["x"] * 1000
        texts[0] = "x" * 10_000
        start = texts.id.get_offset()
    content = bytearray(path.read_bytes())
    content[start : start + 16_000] = content[start : start + 16] * 1000
    path.write_bytes(content)


def other_dimensions(path: Path, target: Path) -> None:
    """A variable whose dimensions it cannot have, and which needs 2 GiB: its chunks are one of zeros, many times."""
    with changed(path) as file:
        del file["snr"]
        values = file.create_dataset("snr", (28, 2**20, 10), "f8", chunks=(1, 2**20, 10), compression=9)
        values[0] = 0.0
        chunk = values.id.read_direct_chunk((0, 0, 0))[1]
        for place in range(1, 28):
            values.id.write_direct_chunk((place, 0, 0), chunk)


def named_as_a_dimension(path: Path, target: Path) -> None:
    """A variable of 2 GiB without values, which says that it only gives the length of a dimension."""
    with changed(path) as file:
        del file["snr_mean"]
        values = file.create_dataset("snr_mean", (2**28,), "f8")
        values.attrs["NAME"] = np.bytes_("This is a netCDF dimension but not a netCDF variable         8")


def huge_attribute(path: Path, target: Path) -> None:
    with changed(path) as file:
        file.attrs["history"] = "x" * (17 << 20)


def list_of_texts(path: Path, target: Path) -> None:
    with changed(path) as file:
        file.attrs["title"] = ["one", "another"]


def reference_cycle(path: Path, target: Path) -> None:
    with changed(path) as file:
        file["clean_snr"].attrs["self"] = file["clean_snr"].ref


def many_references(path: Path, target: Path) -> None:
    """More than one dimension for an axis."""
    with changed(path) as file:
        variable = file["clean_snr"]
        lists = np.empty(len(variable.shape), object)
        lists[:] = [np.array([variable.ref] * 3, dtype=h5py.ref_dtype) for _ in variable.shape]
        variable.attrs.create("DIMENSION_LIST", lists, dtype=h5py.vlen_dtype(h5py.ref_dtype))


def records(path: Path, target: Path) -> None:
    with changed(path) as file:
        file.create_dataset("other", (3,), [("a", "f8"), ("b", "i4")])


def opaque(path: Path, target: Path) -> None:
    with changed(path) as file:
        file.create_dataset("other", (3,), "V4")


def named_type(path: Path, target: Path) -> None:
    with changed(path) as file:
        file["other"] = np.dtype("f8")


def truncated(path: Path, target: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def wrong_superblock(path: Path, target: Path) -> None:
    content = bytearray(path.read_bytes())
    content[8] = 9
    path.write_bytes(content)


def wrong_address(path: Path, target: Path) -> None:
    """The root group lies after the end of the file."""
    content = bytearray(path.read_bytes())
    content[36:44] = struct.pack("<Q", 2**40)
    path.write_bytes(content)


def classic(path: Path, target: Path) -> None:
    attributes = xr.load_dataset(path).attrs
    path.unlink()
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as file:
        file.setncatts({name: str(value) for name, value in attributes.items()})


HOSTILE: dict[str, tuple[Change, str]] = {
    "external link": (external_link, "'clean_snr' is a link to another file, which is not followed"),
    "soft link": (soft_link, "'other' is a soft link, which is not followed"),
    "user-defined link": (user_defined_link, "'other' is a link of an unknown kind, which is not followed"),
    "external storage": (external_storage, "the values of 'other' are in other files, which are not read"),
    "virtual dataset": (virtual, "the values of 'other' are in other files, which are not read"),
    "virtual dataset without end": (virtual_without_end, "the values of 'other' are in other files"),
    "virtual dataset of many files": (virtual_of_many_files, "the values of 'other' are in other files"),
    "cycle of links": (cycle_of_links, "'loop' is a group; files of memsim hold variables only"),
    "root in itself": (root_in_itself, "'again' is a group"),
    "many groups": (many_groups, "is a group"),
    "deep groups": (deep_groups, "'deep' is a group"),
    "two names": (two_names, "'other' is another name of a variable"),
    "many names": (many_names, "has more than 20000 variables and attributes"),
    "many attributes": (many_attributes, "5000 attributes of the file; allowed: 500"),
    "unknown filter": (unknown_filter, "'other' has the HDF5 filters 32101; allowed, once each: deflate"),
    "filter twice": (filter_twice, "'other' has the HDF5 filters 1, 1; allowed, once each: deflate"),
    "unwritten bytes": (
        unwritten_bytes,
        "damaged; it says that it holds 256 MiB, but has 0.2 MiB; allowed: 1,100 times what is stored",
    ),
    "unwritten numbers": (unwritten_numbers, "damaged; it says that it holds 1"),
    "scaled bytes": (scaled_bytes, "damaged; it says that it holds 2"),
    "long dimension": (long_dimension, "has another shape than its dimensions"),
    "one text many times": (one_text_many_times, "damaged; it says that it holds more text than it can"),
    "other dimensions": (other_dimensions, "a result has numbers (learner, image, noise_type, noise_level) there"),
    "named as a dimension": (named_as_a_dimension, "'snr_mean' has another shape than its dimensions"),
    "huge attribute": (huge_attribute, "damaged; its attributes are too large"),
    "list of texts": (list_of_texts, "its attribute 'title' is damaged (it is neither a text nor numbers)"),
    "reference cycle": (
        reference_cycle,
        "the attribute 'self' of 'clean_snr' is damaged (it is neither a text nor numbers)",
    ),
    "many references": (many_references, "the attribute 'DIMENSION_LIST' of 'clean_snr' is damaged"),
    "records": (records, "'other' holds neither numbers nor text"),
    "opaque": (opaque, "'other' holds neither numbers nor text"),
    "named type": (named_type, "'other' is a type"),
    "truncated": (truncated, "not a readable netCDF file (cut short: "),
    "wrong superblock": (wrong_superblock, "not a readable netCDF file"),
    "wrong address": (wrong_address, "not a readable netCDF file"),
    "classic": (classic, "a classic netCDF file; memsim reads netCDF-4"),
}
"""What is wrong with a result -> the change that makes it so, and what the refusal says."""
