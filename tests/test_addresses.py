"""Random addresses: no two kinds of draw share one, as the layout says and as real work draws."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import recorded_addresses

import memsim.philox
from memsim.data import corruptions
from memsim.errors import InputError
from memsim.kernels.fill import fill
from memsim.philox import (
    MAX_COLUMNS,
    MAX_POSITIONS,
    MAX_ROW_TILES,
    MAX_ROWS,
    MAX_SAMPLES,
    MAX_SLOTS,
    REFERENCE_COLUMN,
    SCOPE_BITS,
    TILE_STRIDE,
    ConverterError,
    Occasion,
    OrderDraw,
    Purpose,
    SceneDraw,
    Scope,
    SplitDraw,
    Stream,
    TargetDraw,
    array_word,
    converter_word,
    corrupted_read,
    counter_word,
    group_word,
    in_stream,
    key,
    level_word,
    mix64,
    read_position,
    read_sample,
    read_words,
    row_tile,
    scoped,
    shake_words,
    with_upper,
)
from memsim.profiles.schema import SPREADING
from memsim.profiles.slots import CUSTOM, SLOTS, slot, slots

MASK = (1 << 64) - 1


class Word(NamedTuple):
    """The fields of a counter word, (first bit, bits) by name."""

    fields: dict[str, tuple[int, int]]

    @property
    def used(self) -> int:
        """The bits that belong to a field."""
        return sum(((1 << bits) - 1) << first for first, bits in self.fields.values())


def word_of(text: str) -> Word:
    """A cell of the table in the docstring of `memsim.philox`."""
    fields, first = {}, 0
    for field in [] if text == "0" else text.split(", "):
        name, _, bits = field.partition(":")
        assert re.fullmatch(r"[a-z ]+", name), field
        fields[name] = (first, int(bits or 32))
        first += int(bits or 32)
    assert first <= 32, text
    return Word(fields)


def layout() -> dict[Stream, tuple[Word, Word, Word]]:
    """The fields of c0, c1 and c2 in each stream, from that table."""
    lines = (memsim.philox.__doc__ or "").splitlines()
    rules = [number for number, line in enumerate(lines) if line.startswith("===")]
    starts = [match.start() for match in re.finditer("=+", lines[rules[0]])]
    found: dict[Stream, tuple[Word, Word, Word]] = {}
    for line in lines[rules[1] + 1 : rules[2]]:
        names, *cells = (line[a:b].strip() for a, b in zip(starts, [*starts[1:], None], strict=True))
        if cells[0]:
            words = tuple(map(word_of, cells))
        for name in filter(None, re.split(r",\s*", names)):
            assert name not in Stream.__members__ or Stream[name] not in found, f"{name} stands there twice"
            found[Stream[name]] = words  # type: ignore[assignment]
    return found


LAYOUT = layout()
KINDS: dict[Stream, tuple[str, list[int]]] = {
    Stream.D2D: ("slot", [CUSTOM, *SLOTS.values()]),
    Stream.CONVERTER: ("error", list(ConverterError)),
    Stream.CORRUPTION: ("field", [c.field + n for c in corruptions._REGISTRY.values() for n in range(c.fields)]),
    Stream.SCENE: ("draw", list(SceneDraw)),
    Stream.SPLIT: ("own test images", list(SplitDraw)),
    Stream.ORDER: ("features", list(OrderDraw)),
    Stream.TARGET: ("inputs", list(TargetDraw)),
}
"""Field of c1 or c2 that tells the kinds of draw in a stream apart, and its values."""


def test_every_stream_has_its_own_number_and_its_row_in_the_layout():
    assert set(LAYOUT) == set(Stream)
    assert len({int(stream) for stream in Stream}) == len(Stream.__members__)
    assert all(0 <= stream < 256 for stream in Stream)


def test_two_kinds_of_draw_differ_in_the_stream_or_in_a_field_of_it():
    # The stream is the lowest byte of c3, so kinds in different streams cannot meet. Kinds in the same stream need
    # different values of one field that all of them have; purposes of reads are told apart by their keys, see below.
    kinds = [(stream, None) for stream in Stream if stream not in KINDS]
    kinds += [(stream, value) for stream, (_, values) in KINDS.items() for value in values]
    assert len(set(kinds)) == len(kinds) > 80
    for stream, (field, values) in KINDS.items():
        bits = next(word.fields[field][1] for word in LAYOUT[stream] if field in word.fields)
        assert all(0 <= value < 1 << bits for value in values)


def test_the_limits_of_sizes_fit_into_their_fields():
    for stream, words in LAYOUT.items():
        for word in words:
            for name, (_, bits) in word.fields.items():
                limits = {
                    "group": MAX_ROWS // 4,
                    "row": MAX_ROWS,
                    "column": 1 << 26,  # one beyond `REFERENCE_COLUMN`
                    "converter": max(MAX_ROWS, MAX_COLUMNS),
                    "column group": MAX_COLUMNS // 4,
                    "row tile": MAX_ROW_TILES,
                    "sample": MAX_SAMPLES,
                    "position": MAX_POSITIONS,
                    "slot": MAX_SLOTS,
                }
                assert 1 << bits >= limits.get(name, 0), (stream, name)
    assert MAX_COLUMNS < memsim.philox.REFERENCE_COLUMN < 1 << 26
    assert TILE_STRIDE * 16 == MAX_COLUMNS // 4


# The key.


def unmixed(word: int) -> int:
    """The word that `mix64` makes into this one, step by step backwards."""

    def unshifted(word: int, by: int) -> int:
        found = word
        for _ in range(64 // by):
            found = word ^ found >> by
        return found

    word = unshifted(word, 31) * pow(0x94D049BB133111EB, -1, 1 << 64) & MASK
    word = unshifted(word, 27) * pow(0xBF58476D1CE4E5B9, -1, 1 << 64) & MASK
    return unshifted(word, 30)


def test_mix64_has_an_inverse_so_no_two_scopes_share_a_key():
    words = [0, 1, MASK, *map(int, np.random.default_rng(0).integers(0, 1 << 64, 2000, dtype=np.uint64))]
    words += [1 << bit for bit in range(64)]
    assert [unmixed(mix64(word)) for word in words] == words
    assert [mix64(unmixed(word)) for word in words] == words
    assert mix64(0) == 0


def test_mix64_gives_the_known_numbers_of_splitmix64():
    # The generator's state grows by this constant; its numbers for the seed 1234567 are published.
    # Source: Rosetta Code, "Pseudo-random numbers/Splitmix64".
    words = [mix64(1234567 + turn * 0x9E3779B97F4A7C15 & MASK) for turn in range(1, 6)]
    assert words == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_the_fields_of_a_scope_fill_its_word_without_overlap():
    ends = {name: Scope(**{name: (1 << bits) - 1}).word for name, bits in SCOPE_BITS.items()}
    assert sum(ends.values()) == MASK
    assert all(one & other == 0 for one, other in itertools.combinations(ends.values(), 2))
    assert all(end.bit_count() == SCOPE_BITS[name] for name, end in ends.items())
    assert Scope(**{name: (1 << bits) - 1 for name, bits in SCOPE_BITS.items()}).word == MASK


def test_the_key_of_no_scope_is_the_seed_and_that_of_another_is_not():
    seed = 0x0123456789ABCDEF
    assert scoped(seed) == seed and key(seed) == (0x89ABCDEF, 0x01234567)
    one = Scope(layer=1)
    assert scoped(seed, one) == seed ^ mix64(1 << SCOPE_BITS["network"])
    assert key(seed, one) == (scoped(seed, one) & 0xFFFFFFFF, scoped(seed, one) >> 32)


@pytest.mark.parametrize("name", SCOPE_BITS)
@pytest.mark.parametrize("wrong", [-1, "limit", 0.5, True, "1"])
def test_a_field_of_a_scope_outside_its_bits_is_refused(name, wrong):
    limit = 1 << SCOPE_BITS[name]
    Scope(**{name: limit - 1})
    with pytest.raises(InputError, match=rf"{name}: .* is not a whole number in \[0, {limit}\)"):
        Scope(**{name: limit if wrong == "limit" else wrong})


def test_purposes_have_numbers_of_their_own_that_fit_into_a_scope():
    assert len(set(map(int, Purpose))) == len(Purpose.__members__)
    assert all(0 <= purpose < 1 << SCOPE_BITS["purpose"] for purpose in Purpose)
    # An array's own reads share the scope of its cells.
    assert Occasion(Purpose.OWN).within(Scope(layer=3)) == Scope(layer=3)
    assert Occasion(Purpose.TEST, 5).within(Scope(layer=3)) == Scope(layer=3, purpose=Purpose.TEST, read=5)


# The words of a read.


def test_a_read_of_a_network_has_a_place_for_each_of_its_numbers():
    assert read_sample(5) == 5 and read_sample((1 << 24) - 1, 255) == (1 << 32) - 1
    assert read_position(3, 2, 1) == 1 << 24 | 2 << 16 | 3
    assert Occasion(Purpose.TEST, call=2, time=1).index == 1 << 24 | 2 << 16
    for make in (lambda: read_sample(1 << 24), lambda: read_sample(0, 256), lambda: read_position(1 << 16)):
        with pytest.raises(InputError, match="not a whole number in"):
            make()
    for wrong in ({"call": 256}, {"time": 256}, {"positions": (1 << 16) + 1}, {"positions": 0}, {"read": 1 << 20}):
        with pytest.raises(InputError, match=next(iter(wrong))):
            Occasion(**{"purpose": Purpose.TEST} | wrong)


@pytest.mark.parametrize(("repeats", "positions"), [(1, 1), (2, 1), (1, 5), (2, 5)])
def test_reads_that_follow_each_other_differ_in_repeat_position_and_sample(repeats, positions):
    words = [tuple(map(int, read_words(row, 7, repeats, positions, 3 << 16))) for row in range(4 * repeats * positions)]
    wanted = [
        (7 + sample | repeat << 24, 3 << 16 | position)
        for sample in range(4)
        for position in range(positions)
        for repeat in range(repeats)
    ]
    assert words == wanted


def test_the_words_of_a_cell_are_those_of_the_layout():
    assert group_word(3, 5) == 3 * 16 + 5 and group_word(2, 21) == group_word(3, 5)
    assert array_word(7, Stream.TRAP) == 7 << 8 | Stream.TRAP == in_stream(array_word(7, 0), Stream.TRAP)
    assert counter_word(REFERENCE_COLUMN, 1) == 1 << 26
    assert with_upper(REFERENCE_COLUMN, 63) == (1 << 32) - 1 and with_upper(9, 2) == 2 << 26 | 9
    assert shake_words(9, 4, 5 * 64 + 2) == (2 << 26 | 9, 5 << 26 | 4)
    assert row_tile(MAX_ROW_TILES) * 16 == 1 << 32


def test_the_numbers_of_kinds_of_draws_are_those_of_the_layout():
    assert converter_word(ConverterError.ADC_CODES, 3) == 3 << 8 | 5
    assert level_word(0.0) == 1 and level_word(0.5) == 1 + (1 << 19) and level_word(100.0) < 1 << 27
    assert corrupted_read(4, 9) == 4 << 12 | 9 < 1 << SCOPE_BITS["read"]
    with pytest.raises(InputError, match=r"level: 4096 is not a whole number in \[0, 4096\)"):
        corrupted_read(4, 4096)


# Slots.


def test_every_parameter_that_can_spread_has_a_slot_and_no_two_share_one():
    assert set(SPREADING) <= set(SLOTS)
    assert len(set(SLOTS.values())) == len(SLOTS)
    assert all(CUSTOM < number < MAX_SLOTS for number in SLOTS.values())


def test_the_slot_of_a_parameter_depends_on_its_name_alone():
    several = slots(["update.step", "update.parameters.a", "update.parameters.b", "conductance.min"])
    for path, own in several.items():
        assert slot(path) == own
    assert several["update.step"] == (SLOTS["update.step"], 0)
    one, other = several["update.parameters.a"], several["update.parameters.b"]
    assert one.number == other.number == CUSTOM and 0 < one.key < 1 << 64 and one.key != other.key


def test_names_of_parameters_with_the_same_hash_are_refused(monkeypatch):
    monkeypatch.setattr("memsim.profiles.slots._hash", lambda name: 5)
    with pytest.raises(InputError, match=r"update.parameters.b: has the same random address as update.parameters.a"):
        slots(["update.parameters.a", "update.step", "update.parameters.b"])


def test_the_spread_of_a_parameter_does_not_depend_on_what_else_spreads():
    from memsim.arrays.place import Place
    from memsim.arrays.site import Site
    from memsim.backends import resolve
    from memsim.profiles import load_device

    def spread(*paths: str) -> np.ndarray:
        spreads = {path: {"sigma": "5 %", "relative_to": "value", "status": "assumed"} for path in paths}
        spec = load_device("taox-hfox-wu2018").replace({"variability.d2d": spreads}).spec
        return Place(spec, Site(resolve("cpu"), 3), (1, 2, 100)).parameter("conductance.max", 1e-5)

    alone = spread("conductance.max")
    assert np.std(alone) > 1e-7
    assert np.array_equal(alone, spread("conductance.max", "conductance.min", "update.nonlinearity.set"))
    z = fill("normal", (1, 2, 128), seed=3, stream=Stream.D2D, step=SLOTS["conductance.max"]).astype(float)
    assert np.allclose(alone, 1e-5 + 5e-7 * z, rtol=1e-12)


# What real work draws.


@pytest.mark.slow
@pytest.mark.parametrize("work", recorded_addresses.WORKS)
def test_no_address_is_drawn_for_two_purposes_and_all_are_in_the_layout(work):
    root = Path(__file__).parents[1]
    environment = os.environ | {
        "NUMBA_DISABLE_JIT": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH", "")))),
    }
    command = [sys.executable, recorded_addresses.__file__, work]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    addresses = json.loads(done.stdout)[work]
    assert addresses["collisions"] == {}
    streams = {Stream(int(number)) for number in addresses["streams"]}
    assert streams >= {Stream[name] for name in recorded_addresses.EXPECTED[work].split()}
    for number, words in addresses["bits"].items():
        for word, fields in zip(words, LAYOUT[Stream(int(number))], strict=True):
            assert word & ~fields.used == 0, f"{Stream(int(number)).name}: {word:#x} has bits outside {fields}"


def test_the_recorder_sees_an_address_that_is_drawn_for_two_purposes():
    record = recorded_addresses.Record()
    for chain in (["one"], ["other"]):
        record._launch, record._chain = Counter(), chain
        record.draw(1, 2, 3, 4, 5, 6)
    assert list(record.collisions) == ["stream 4: one AND other"]
    record.draw(1, 2, 3, 4, 5, 6)
    assert "stream 4: twice at once in other" in record.collisions


def test_the_recorder_draws_the_words_that_memsim_draws():
    counter = (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0)
    assert recorded_addresses.python_philox(*counter) == (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)
