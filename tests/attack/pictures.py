"""Pictures whose headers say what is not so, and those that become large when they are decoded."""

from __future__ import annotations

import functools
import io
import random
import struct
import zlib

import numpy as np
from PIL import Image

_SIZES = (0, 1, 2, 255, 4096, 16384, 16385, 65535, 2**31 - 1, 2**32 - 1)


def pictures() -> dict[str, bytes]:
    """Small pictures of every mode that is read, by name."""
    ramp = np.arange(12 * 10, dtype=np.uint16).reshape(12, 10)
    colours = np.stack([ramp, 2 * ramp, 255 - ramp], axis=-1).astype(np.uint8)
    made = {
        "grey.png": Image.fromarray(ramp.astype(np.uint8)),
        "colour.png": Image.fromarray(colours),
        "depth.png": Image.fromarray(ramp * 200),
        "palette.png": Image.fromarray(colours).quantize(16),
        "clear.png": Image.fromarray(colours).convert("RGBA"),
        "bits.png": Image.fromarray(ramp.astype(np.uint8)).convert("1"),
        "grey.jpg": Image.fromarray(ramp.astype(np.uint8)),
        "colour.jpeg": Image.fromarray(colours),
        "cmyk.jpg": Image.fromarray(colours).convert("CMYK"),
        "other.gif": Image.fromarray(ramp.astype(np.uint8)),
        "other.tiff": Image.fromarray(ramp.astype(np.uint8)),
    }
    contents = {}
    for name, picture in made.items():
        stream = io.BytesIO()
        picture.save(stream, format={"jpg": "JPEG", "jpeg": "JPEG"}.get(name.partition(".")[2], name.partition(".")[2]))
        contents[name] = stream.getvalue()
    return contents


def changed(content: bytes, rng: random.Random) -> bytes:
    """A picture with another header or further chunks; one that is not a PNG gets other bytes in its first segments."""
    if not content.startswith(b"\x89PNG"):
        place = rng.randrange(2, min(len(content), 200))
        return content[:place] + rng.choice(_SIZES).to_bytes(4, "big")[-rng.randint(1, 4) :] + content[place + 2 :]
    chunks = _chunks(content)
    match rng.randrange(5):
        case 0 | 1:
            kind, header = chunks[0]
            fields = list(struct.unpack(">IIBBBBB", header[:13].ljust(13, b"\0")))
            place = rng.randrange(7)
            fields[place] = rng.choice(_SIZES) if place < 2 else rng.choice((0, 1, 2, 3, 4, 6, 7, 8, 16, 32, 255))
            chunks[0] = kind, struct.pack(">IIBBBBB", *fields)
        case 2:
            return bomb(rng)
        case 3:
            text = zlib.compress(bytes(rng.choice((1, 1 << 20, 1 << 27))))
            added = rng.choice(
                ((b"zTXt", b"a\0\0" + text), (b"iCCP", b"a\0\0" + text), (b"iTXt", b"a\0\1\0\0\0" + text))
            )
            chunks.insert(rng.randint(0, len(chunks)), added)
        case _:
            kind, data = rng.choice(chunks)
            place = rng.randint(0, len(chunks))
            chunks[place:place] = [
                (rng.choice((kind, b"acTL", b"fcTL", b"tRNS", b"gAMA", b"eXIf")), data)
            ] * rng.choice((1, 2, 500))
    return content[:8] + b"".join(_chunk(kind, data) for kind, data in chunks)


def bomb(rng: random.Random) -> bytes:
    """A PNG of few bytes and many pixels."""
    return _even(
        rng.choice((4096, 7071, 7071, 16384, 30_000)), *rng.choice(((1, 0), (8, 0), (16, 0), (8, 2), (8, 6), (16, 2)))
    )


@functools.cache
def _even(side: int, bits: int, colour: int) -> bytes:
    """A square PNG of equal pixels: side in pixels, bits of a channel, and the type of colours that PNG has."""
    channels = {0: 1, 2: 3, 6: 4}[colour]
    row = b"\0" + b"\x10" * -(-side * bits * channels // 8)
    packer = zlib.compressobj(1)
    # The end may be missing: larger pictures are refused, or decoded until then.
    packed = b"".join(packer.compress(row) for _ in range(min(side, (1 << 28) // len(row)))) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    chunks, place = [], 8
    while place + 8 <= len(content):
        size, kind = struct.unpack(">I4s", content[place : place + 8])
        chunks.append((kind, content[place + 8 : place + 8 + size]))
        place += 12 + size
    return chunks


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
