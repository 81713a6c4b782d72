"""Arrays of NumPy, and the files of MNIST and CIFAR-10, whose headers say what is not so."""

from __future__ import annotations

import gzip
import io
import random
import re
import struct
import warnings
import zipfile

import numpy as np

_SHAPES = (
    "()",
    "(0,)",
    "(-1, 8, 8)",
    "(4, 8)",
    "(1, 8, 8)",
    "(2147483648, 8, 8)",
    "(4, 8, 8, 8)",
    "(99999, 99999)",
    "(8.0, 8)",
)
_SHAPES += ("(True, 8)", "(9223372036854775807, 8, 8)", "(" + "1, " * 70 + ")", "(65536, 65536)", "[8, 8]", "None")
_TYPES = (
    "'|O'",
    "'<f8'",
    "'<f2'",
    "'<c16'",
    "'|S9'",
    "'<U9'",
    "'|V0'",
    "'>f4'",
    "'<M8[s]'",
    "'<f16'",
    "'|b1'",
    "'|S0'",
    "'x'",
)
_TYPES += ("[('a', '<f4')]", "[('a', '|O')]", "'<i8'", "('<f4', (2147483647,))", "('<f4', (8, 8))")
_WORDS = (0, 1, 7, 28, 0x801, 0x803, 0x80D, 4096, 16385, 65536, 2**31 - 1, 2**32 - 1)
_NAMES = ("images", "conductance", "units", "../outside", "/etc/passwd", "", "a" * 300, "images\n", "é")


def arrays() -> dict[str, bytes]:
    """Arrays that can be read as images or as maps of conductances, by name."""
    values = np.linspace(0, 1, 4 * 8 * 8, dtype=np.float32).reshape(4, 8, 8)
    made = {
        "floats.npy": values,
        "bytes.npy": (255 * values).astype(np.uint8),
        "doubles.npy": values[0].astype(np.float64),
        "fortran.npy": np.asfortranarray(values),
        "siemens.npy": values[0] * 1e-6,
    }
    contents = {name: _npy(array) for name, array in made.items()}
    for name, save in (("images.npz", np.savez), ("packed.npz", np.savez_compressed)):
        stream = io.BytesIO()
        save(stream, **{"images": values, "conductance": values[0], "units": np.array("uS")})
        contents[name] = stream.getvalue()
    return contents


def changed(content: bytes, rng: random.Random) -> bytes:
    """An array with another header or other values, or an archive with other members."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [(member, archive.read(member)) for member in archive.namelist()]
        place = rng.randrange(len(members))
        name, array = members[place]
        match rng.randrange(5):
            case 0:
                members[place] = (rng.choice(_NAMES) + rng.choice((".npy", "")), array)
            case 1:
                members[place] = (name, _large(rng))
            case 2:
                members += [members[place]] * rng.choice((1, 2000))
            case 3:
                del members[place]
            case _:
                members[place] = (name, _with_header(array, rng))
        return _archive(members, rng)
    match rng.randrange(4):
        case 0:
            values = np.frombuffer(content[128:], np.uint8).copy()
            values[:8] = np.frombuffer(np.array([rng.choice((np.nan, np.inf, 1e300, -1.0))]).tobytes(), np.uint8)[
                : len(values)
            ]
            return content[:128] + values.tobytes()
        case 1:
            return content[:6] + bytes((rng.choice((0, 1, 2, 3, 255)), 0)) + content[8:]
        case _:
            return _with_header(content, rng)


def idx_folder(rng: random.Random | None) -> dict[str, bytes]:
    """The four files of a small MNIST; with a generator, one of them has another header, or is packed."""
    pixels = bytes(range(64)) * 40
    labels = bytes(place % 10 for place in range(40))
    images = struct.pack(">4I", 0x803, 40, 8, 8) + pixels
    classes = struct.pack(">2I", 0x801, 40) + labels
    files = {"train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": classes}
    files |= {"t10k-images-idx3-ubyte": images, "t10k-labels-idx1-ubyte": classes}
    if rng is None:
        return files
    name = rng.choice(list(files))
    content = files[name]
    if rng.random() < 0.7:
        words = 4 if b"images" in name.encode() else 2
        place = 4 * rng.randrange(words)
        content = content[:place] + struct.pack(">I", rng.choice(_WORDS)) + content[place + 4 :]
    if rng.random() < 0.4:
        del files[name]
        name += ".gz"
        content = gzip.compress(content + (bytes(1 << 26) if rng.random() < 0.3 else b""), 1)
        content = content[: rng.randrange(len(content))] if rng.random() < 0.3 else content
    return {**files, name: content}


def cifar_folder(rng: random.Random | None) -> dict[str, bytes]:
    """The seven files of a small CIFAR-10; with a generator, one of them is changed or missing."""
    records = b"".join(bytes((label,)) + bytes([20 * label] * 3072) for label in range(10))
    files = {f"data_batch_{number}.bin": records for number in range(1, 6)} | {"test_batch.bin": records}
    files["batches.meta.txt"] = b"\n".join(b"class %d" % number for number in range(10))
    if rng is not None:
        name = rng.choice(list(files))
        change = rng.choice((b"", records[:-1], records[1:], b"\xff" * 3073, b"a\n" * 5000, bytes(3073 * 3000), None))
        files = {key: content for key, content in files.items() if key != name} | (
            {} if change is None else {name: change}
        )
    return files


def _npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def _with_header(content: bytes, rng: random.Random) -> bytes:
    """An array with another shape, type or order in its header, or with something else there."""
    size = int.from_bytes(content[8:10], "little")
    header = content[10 : 10 + size].decode("latin-1").rstrip()
    match rng.randrange(4):
        case 0:
            header = re.sub(r"'shape': \([^)]*\)", lambda _: f"'shape': {rng.choice(_SHAPES)}", header)
        case 1:
            header = re.sub(r"'descr': '[^']*'", lambda _: f"'descr': {rng.choice(_TYPES)}", header)
        case 2:
            header = re.sub(
                r"'fortran_order': \w+", f"'fortran_order': {rng.choice(('True', 'False', '1', 'None'))}", header
            )
        case _:
            header = rng.choice(
                ("{}", "(" * 900, "__import__('os').system('true')", "[" * 9000, "{'descr': 'f4'}", "9**9**9")
            )
    text = header.ljust(-(-(len(header) + 11) // 64) * 64 - 11).encode("latin-1") + b"\n"
    return content[:8] + len(text).to_bytes(2, "little") + text + content[10 + size :]


def _large(rng: random.Random) -> bytes:
    """An array of many equal numbers, which compresses to little."""
    shape = rng.choice(((1, 8, 8), (1 << 19, 8, 8), (1 << 13, 1 << 13)))
    header = f"{{'descr': '|u1', 'fortran_order': {rng.random() < 0.3}, 'shape': {shape}, }}"
    text = header.ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(int(np.prod(shape)))


def _archive(members: list[tuple[str, bytes]], rng: random.Random) -> bytes:
    stream = io.BytesIO()
    method = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", method, compresslevel=1) as archive:
        warnings.simplefilter("ignore")  # names may be equal
        for name, content in members:
            info = zipfile.ZipInfo(name or "empty")
            info.compress_type = method
            archive.writestr(info, content)
    return stream.getvalue()
