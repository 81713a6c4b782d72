"""Counter-based random words: Philox4x32-10, its named streams, and the layout of all random addresses.

A random number in memsim is a function of its address, not of the order of drawing. An address is a 64-bit key and a
counter of four 32-bit words, c0 to c3; from these, Philox makes four random words.

**The key** is the seed XOR `mix64` of the scope. A scope says which matrix of cells a number belongs to and, for reads
of networks, on which occasion; `Scope` packs its fields into 64 bits. `mix64` permutes the 64-bit words and leaves 0 as
it is. So the keys of one seed's scopes all differ, the empty scope has the seed itself as its key, and no two pairs of
scope and counter are the same address.

**The counter** inside a scope. Word c3 is ``array:24 << 8 | stream:8``. The table shows the fields of the others,
``name:bits``, from the lowest bit on; a field without a number has all 32 bits, and bits without a field are 0. A test
reads this table and compares it with what is drawn.

===========================  ============================  =======================  ===========================
stream                       c0                            c1                       c2
===========================  ============================  =======================  ===========================
INITIAL                      group:24                      column:26                layer:1
FAULT, STUCK, RETENTION,     group:24                      column:26                0
WEAR
C2C, PULSE, WRITE, PROGRAM,  group:24                      column:26                step
PROGRAM_MODEL, SCHEME
VERIFY                       group:24                      column:26                verify read
D2D, REFERENCE               group:24                      column:26                slot:12
PROGRAM_INPUT                group:24                      sample                   step
SHAKE                        row:26, lower slot:6          column:26, upper slot:6  step
TRAP, FLICKER                group:24                      column:26, round:6       reads and waits so far
PATH                         row:26                        column:26, block:6       number of the programming
READ, REFERENCE_READ,        column group:20, row tile:12  sample:24, repeat:8      position:16, call:8, time:8
READOUT
ROW_TRAIN, COLUMN_TRAIN      line:26                       run of digits:3          step
CONVERTER                    group:24                      converter:26             error:8, row tile:12
WEIGHTS                      input group                   unit                     0
WEIGHT_NOISE, DROP_CONNECT   input group                   unit                     step of training
OUTPUT_NOISE                 output group                  read                     step of training
ORDER                        sample group                  features:1               epoch
MIXUP                        attempt group:4               number:1                 step of training
DROPOUT                      place group                   feature                  step of training
CORRUPTION                   pixel group                   level:27                 field:8
SCENE                        quantity group                kind                     draw:3
SPLIT                        image group                   0                        own test images:1
TUNING                       settings group                0                        0
BOOTSTRAP                    sample group                  resample                 0
BACKGROUND                   group:24                      column:26                0
TARGET                       group:24                      column:26                inputs:1
===========================  ============================  =======================  ===========================

- INITIAL has fresh cells, and the networks of the task `memorise`: their first layer draws the numbers of cells, so
  that all methods of the study start alike; `layer` is 1 for their second one.
- c3's array is the number of the array, image or network, or, for BACKGROUND, SCENE, SPLIT and TARGET, of the pattern,
  scene, class or programming. It is 0 for BOOTSTRAP and TUNING.
- `REFERENCE_COLUMN` is the column of the cells of a reference column. D2D and READ have streams of their own for these.
- READ and REFERENCE_READ have the noise of cells, one number for each column and row tile. READOUT has that of the
  electronics behind them; its columns are outputs.
- The slot of a parameter is its number in `memsim.profiles.slots`, which also says how custom steps find theirs.
- c2 of a READ is the number of the read, for an array's own reads (`Purpose.OWN`). For others, that number and the
  purpose are in the scope, and c2 is position (patch or time step), call of the layer and evaluation time.
- In write and verify, c2 of VERIFY counts the reads of a cell, and c2 of C2C and SHAKE its pulses.
- In the scopes of layers that learn in place (`memsim.schemes`), `role` is 0 for the weights, 1 for the cells that
  collect gradients, 2 for the errors of references and 3 for backward reads. The column of SCHEME is the row whose sign
  may change. In READOUT of these layers, c1 counts the reads of one vector, and c2 is the vector.
- The kinds of draws that share a stream are the enumerations below: `SceneDraw`, `SplitDraw`, `OrderDraw`,
  `TargetDraw`, `ConverterError`, `CorruptionField`. The quantities and kinds (c0, c1) of streets are in
  `memsim.data.scenes`.
- A new kind of draw gets a new stream, or values of a field that no other kind has.
- No other module shifts or adds the fields of a word: it calls the functions below. A test reads all sources for this.

A group holds four cells of a tile of 64 that lie 16 apart, one for each word: index i belongs to group
``(i // 64) * 16 + i % 16``, word ``i % 64 // 16``. So vector lanes need no shuffles and no address depends on a width.

Sources: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011, doi:10.1145/2063384.2063405; for
`mix64`, Steele, Lea & Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014,
doi:10.1145/2660193.2660195.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import IntEnum

import numpy as np
from numpy import uint32, uint64

from memsim.errors import InputError
from memsim.scalars import scalar

LAYOUT = 2
"""Number of the layout of addresses; files tell it, as another layout gives other random numbers."""

WORDS = 4
"""Words of a draw, one for each cell of a group."""
LANES = 16
"""Groups of a tile, and how far apart the cells of a group lie."""
TILE = WORDS * LANES
COUNTER = 1 << 32
"""Values of a counter word: steps, reads and waits that an array can address."""

ARRAY_SHIFT = 8
"""First bit of the array in c3; below it is the stream."""
MAX_ARRAYS = 1 << 24
MAX_ROWS = 1 << 26
MAX_COLUMNS = 1 << 22
"""Bit lines of an array: what the group of columns of a read can tell apart."""
UPPER_SHIFT = 26
"""First bit of the six above a row in c0 and above a column in c1."""
UPPER = 1 << 6
"""Values of these six bits."""
REFERENCE_COLUMN = (1 << UPPER_SHIFT) - 1
"""Column of the cells of a reference column, beyond any bit line's."""
MAX_SLOTS = UPPER * UPPER
"""Slots of parameters: c2 of D2D has them whole, SHAKE in the six upper bits of c0 and of c1."""

REPEAT_SHIFT = 24
"""First bit, in c1 of a read, of the number of the repeated read of a sample."""
MAX_SAMPLES = 1 << REPEAT_SHIFT
MAX_REPEATS = 1 << 8
CALL_SHIFT = 16
"""First bit, in c2 of a network's read, of the call of the layer; below it is the position: a patch or time step."""
MAX_POSITIONS = 1 << CALL_SHIFT
MAX_CALLS = 1 << 8
TIME_SHIFT = 24
"""First bit, in c2 of a network's read, of the number of the evaluation time."""
MAX_TIMES = 1 << 8
TILE_STRIDE = 1 << 16
"""Column tiles of 64, in c0 of a read, by which the noise of the row tiles lies apart."""
MAX_ROW_TILES = 1 << 12
CONVERTER_TILE_SHIFT = 8
"""First bit, in c2 of a converter's errors, of the row tile; below it is the `ConverterError`."""

LEVEL_STEP = 2.0**-20
"""Levels of corruptions that are nearer than this share a field, assumed; a level of 100 fits into c1."""
TEST_LEVEL_SHIFT = 12
"""First bit, in the number of a read of corrupted or attacked images, of the corruption or attack; below it is the
level or radius."""

MAX_SEED = (1 << 64) - 1

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint32(0x9E3779B9)
_W1 = np.uint32(0xBB67AE85)
_HIGH = np.uint64(32)


def below(name: str, value: object, limit: int) -> int:
    """The value, if it is a whole number in [0, limit).

    Raises
    ------
    InputError
        If it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 0 <= int(value) < limit:
        raise InputError(f"{name}: {value!r} is not a whole number in [0, {limit})")
    return int(value)


class Stream(IntEnum):
    """Named random streams. Their numbers belong to the `LAYOUT` and never change meaning within one."""

    INITIAL = 0  # fresh state of the cells
    D2D = 1  # device-to-device spread
    C2C = 2  # cycle-to-cycle noise of a pulse
    PULSE = 3  # stochastic rounding of pulse counts
    READ = 4  # read noise
    REFERENCE = 5  # device-to-device spread of the reference column
    CORRUPTION = 6  # noise fields on images
    SCENE = 7  # synthetic scenes
    BOOTSTRAP = 8  # resampling for intervals
    REFERENCE_READ = 9  # read noise of the reference column
    SPLIT = 10  # which of the labelled images are for training, validation and test
    ORDER = 11  # order of the samples in an epoch
    PROGRAM = 12  # error of programming that is added to any method
    TUNING = 13  # which settings are tried, and in which order
    ROW_TRAIN = 14  # pulse trains of word lines
    COLUMN_TRAIN = 15  # pulse trains of bit lines
    SHAKE = 16  # parameters that vary from pulse to pulse
    WEIGHTS = 17  # fresh weights of networks
    MIXUP = 18  # share of mixed samples
    DROPOUT = 19  # which features are left out
    FAULT = 20  # which cells are stuck
    WRITE = 21  # write noise of the last write
    TRAP = 22  # telegraph noise
    FLICKER = 23  # 1/f noise
    RETENTION = 24  # a cell's own drift exponent
    PROGRAM_MODEL = 26  # error of programming by the device's error model
    CONVERTER = 27  # errors of converters
    STUCK = 28  # level of cells that are stuck in the middle of the window
    BACKGROUND = 30  # which of the cells around a selected one are on
    PATH = 31  # path of relaxation of a cell after its last programming
    VERIFY = 32  # noise of verify reads
    SCHEME = 33  # draws of an in-situ training scheme
    READOUT = 34  # noise of the electronics that read an output
    WEIGHT_NOISE = 35  # noise of weights while a network is trained for hardware
    OUTPUT_NOISE = 36  # noise of the electronics in that training
    DROP_CONNECT = 37  # which weights are left out in that training
    WEAR = 38  # from how many cycles on a cell is stuck
    TARGET = 48  # matrices that are programmed, and inputs of their products
    PROGRAM_INPUT = 49  # random inputs with which arrays are programmed


class SceneDraw(IntEnum):
    """Counter word c2 of SCENE."""

    STREET_UNIFORM = 0  # quantities of a street
    STREET_NORMAL = 1
    RAY_RANGE = 2  # noise of a ray's range
    RAY_HOLE = 3  # whether a ray returns
    PATCH = 4  # which ray is the centre of a patch


class SplitDraw(IntEnum):
    """Counter word c2 of SPLIT."""

    POOL = 0  # images that are split
    OWN_TEST = 1  # test images of a collection that has its own


class OrderDraw(IntEnum):
    """Counter word c1 of ORDER."""

    SAMPLES = 0  # epochs of training
    FEATURES = 1  # epochs in which features are learned


class TargetDraw(IntEnum):
    """Counter word c2 of TARGET."""

    TARGETS = 0  # numbers that are programmed; the column is that of the matrix
    INPUTS = 1  # inputs of products; the column is the sample


class ConverterError(IntEnum):
    """Number of an error, in c2 of CONVERTER."""

    DAC_GAIN = 0
    DAC_OFFSET = 1
    DAC_CODES = 2
    ADC_GAIN = 3
    ADC_OFFSET = 4
    ADC_CODES = 5


class CorruptionField(IntEnum):
    """Counter word c2 of CORRUPTION: the first field of each corruption, which may have several."""

    GAUSSIAN = 0
    SALT_AND_PEPPER = 1
    SALT_AND_PEPPER_MASKS = 2  # and 3
    FOG = 4
    OCCLUSION = 5
    OCCLUSION_PATCHES = 6


class Purpose(IntEnum):
    """Why an array is read; each purpose counts its own reads, so that no two share read noise."""

    OWN = 0  # an array's own reads, which it counts in c2
    NETWORK = 1  # a network's, for callers that give their number only
    TRAINING = 2  # shows training images to what learns; the number is the epoch
    TRAINING_SCORE = 3  # of training images after an epoch
    VALIDATION = 4  # of validation images after an epoch
    TEST = 5  # of corrupted images; the number tells corruption and level
    CLEAN = 6  # of test images as they are
    PERTURBED = 7  # of images moved along a gradient; the number tells the attack and by how much
    PRODUCTS = 8  # for the signal-to-noise ratio of products
    HELD_OUT = 9  # of validation images, to choose settings or calibrate outputs
    TRAINED = 10  # of training images after the training
    DRIFT = 11  # of the same inputs after programming and later, which tell the drift; the number tells the time


@dataclass(frozen=True)
class Scope:
    """Which matrix of cells random numbers belong to, and, for reads of a network, on which occasion.

    Attributes
    ----------
    network : int
        Number of a network among several that share a seed.
    layer : int
        Number of the layer in its network.
    role : int
        Number of the array among those that a training scheme gives a layer.
    repetition : int
        Number of the repetition of an experiment with other hardware.
    purpose, read : int
        `Purpose` of a read, and its number among those; 0 for cells, whose draws have no occasion.

    Raises
    ------
    InputError
        If a field is not a whole number that fits into its bits, see `SCOPE_BITS`.
    """

    network: int = 0
    layer: int = 0
    role: int = 0
    repetition: int = 0
    purpose: int = 0
    read: int = 0

    def __post_init__(self) -> None:
        for name, bits in SCOPE_BITS.items():
            below(name, getattr(self, name), 1 << bits)

    @property
    def word(self) -> int:
        """The fields in one 64-bit word, the first in the lowest bits; distinct scopes have distinct words."""
        word = shift = 0
        for name, bits in SCOPE_BITS.items():
            word |= int(getattr(self, name)) << shift
            shift += bits
        return word


SCOPE_BITS = {"network": 8, "layer": 16, "role": 4, "repetition": 10, "purpose": 6, "read": 20}
"""Bits of each field of a `Scope`, 64 in all."""
MAX_LAYERS = 1 << SCOPE_BITS["layer"]
"""Layers with weights that a network can have."""
MAX_READS = 1 << SCOPE_BITS["read"]
MAX_REPETITIONS = 1 << SCOPE_BITS["repetition"]
"""Repetitions of an experiment with other hardware, such as programmings of a network."""
assert sum(SCOPE_BITS.values()) == 64 and list(SCOPE_BITS) == [field.name for field in fields(Scope)]

NO_SCOPE = Scope()


@dataclass(frozen=True)
class Occasion:
    """When a layer of a network is read: why, the how-manieth time, in which call, at which evaluation time.

    Attributes
    ----------
    purpose, read : int
        See `Scope`.
    call : int
        Number of the call of the layer, in networks that use one more than once.
    time : int
        Number of the evaluation time.
    positions : int
        Patches or time steps of every sample, which follow each other among the reads.
    first_position : int
        Number of the first of them, for time steps that are read apart.

    Raises
    ------
    InputError
        If a number does not fit into its bits.
    """

    purpose: int
    read: int = 0
    call: int = 0
    time: int = 0
    positions: int = 1
    first_position: int = 0

    def __post_init__(self) -> None:
        Scope(purpose=self.purpose, read=self.read)
        last = below("positions", self.positions - 1, MAX_POSITIONS) + below(
            "first_position", self.first_position, MAX_POSITIONS
        )
        read_position(last, self.call, self.time)

    @property
    def index(self) -> int:
        """Counter word c2 of the first position."""
        return read_position(self.first_position, self.call, self.time)

    def within(self, scope: Scope) -> Scope:
        """The scope of reads of the cells of a scope."""
        return replace(scope, purpose=self.purpose, read=self.read)


def padded(count: int) -> int:
    """The count rounded up to whole tiles."""
    return -(-count // TILE) * TILE


@scalar
def philox(c0, c1, c2, c3, k0, k1):
    """Four random words (uint32) of the counter (c0, c1, c2, c3) under the key (k0, k1); ten rounds."""
    for _ in range(10):
        p0 = uint64(_M0 * uint64(uint32(c0)))
        p1 = uint64(_M1 * uint64(uint32(c2)))
        # Not narrowed to 32 bits before the end: with narrowing here, the loops that draw run three times slower.
        n0 = uint32(p1 >> _HIGH) ^ c1 ^ k0
        n2 = uint32(p0 >> _HIGH) ^ c3 ^ k1
        c1 = uint32(p1)
        c3 = uint32(p0)
        c0 = n0
        c2 = n2
        k0 = uint32(k0 + _W0)
        k1 = uint32(k1 + _W1)
    return uint32(c0), uint32(c1), uint32(c2), uint32(c3)


@scalar
def array_word(array, stream):
    """Counter word c3 of an array and a stream."""
    return uint32((uint32(array) << uint32(ARRAY_SHIFT)) + uint32(stream))


@scalar
def in_stream(word, stream):
    """Counter word c3 of a stream, from the `array_word` of the same array and stream 0."""
    return uint32(word + uint32(stream))


@scalar
def counter_word(first, place):
    """Counter word of what comes `place` after the first of some columns, steps, reads or groups."""
    return uint32(first + place)


@scalar
def group_word(tile, lane):
    """Counter word c0 of the group at a lane of a tile; lanes from `LANES` on are those of the next tiles."""
    return uint32(tile * LANES + lane)


@scalar
def with_upper(line, upper):
    """A row for c0, or a column for c1, with a number in the six bits above it."""
    return uint32(uint32(line) | uint32(uint32(upper) << uint32(UPPER_SHIFT)))


@scalar
def shake_words(row, column, slot):
    """Counter words c0 and c1 of a cell's parameter that varies from pulse to pulse."""
    return with_upper(row, slot % UPPER), with_upper(column, slot // UPPER)


@scalar
def read_words(row, first_sample, repeats, positions, index):
    """Counter words c1 and c2 of a read among reads that follow each other, the repeats of a sample innermost.

    first_sample, index : words of the first read, see `read_sample` and `read_position`.
    """
    if repeats == 1 and positions == 1:
        return uint32(first_sample + row), uint32(index)
    place = uint32(row) // uint32(repeats)
    repeat = uint32(row) % uint32(repeats)
    c1 = uint32(uint32(first_sample) + place // uint32(positions)) + uint32(repeat << uint32(REPEAT_SHIFT))
    return uint32(c1), uint32(uint32(index) + place % uint32(positions))


def read_sample(sample: int, repeat: int = 0) -> int:
    """Counter word c1 of a read: a sample, and which of the repeated reads of it."""
    return below("sample", sample, MAX_SAMPLES) | below("repeat", repeat, MAX_REPEATS) << REPEAT_SHIFT


def read_position(position: int = 0, call: int = 0, time: int = 0) -> int:
    """Counter word c2 of a read of a network: patch or time step, call of the layer, number of the evaluation time."""
    return (
        below("position", position, MAX_POSITIONS)
        | below("call", call, MAX_CALLS) << CALL_SHIFT
        | below("time", time, MAX_TIMES) << TIME_SHIFT
    )


def row_tile(number: int) -> int:
    """First column tile, in c0 of a read, of the noise of a row tile."""
    return number * TILE_STRIDE


def converter_word(error: ConverterError, tile: int) -> int:
    """Counter word c2 of an error of the converters of a row tile."""
    return error | tile << CONVERTER_TILE_SHIFT


def level_word(level: float) -> int:
    """Counter word c1 of a corruption's field that only this level has; 0 is the field of all levels."""
    return 1 + round(level / LEVEL_STEP)


def corrupted_read(corruption: int, level: int) -> int:
    """Number of the read of test images with a corruption (`CorruptionField`) at a level."""
    return corruption << TEST_LEVEL_SHIFT | below("level", level, 1 << TEST_LEVEL_SHIFT)


def attacked_read(attack: int, radius: int) -> int:
    """Number of the read of images that an attack moved, by the numbers of the attack and of the radius.

    Attack 0 are single steps of all test images.
    """
    return attack << TEST_LEVEL_SHIFT | below("radius", radius, 1 << TEST_LEVEL_SHIFT)


def mix64(word: int) -> int:
    """A permutation of the 64-bit words that maps 0 to 0 and scatters all others: the finaliser of SplitMix64.

    Source: Steele, Lea & Flood (2014), see above; the shifts and factors are those of the generator's published
    implementations (java.util.SplittableRandom of JDK 8; S. Vigna's splitmix64.c).
    """
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & MAX_SEED
    word = (word ^ word >> 27) * 0x94D049BB133111EB & MAX_SEED
    return word ^ word >> 31


def scoped(seed: int, scope: Scope = NO_SCOPE) -> int:
    """The 64-bit key of a scope under a seed, which takes the place of a seed wherever numbers are drawn.

    Raises
    ------
    InputError
        If the seed is not a whole number in [0, 2^64).
    """
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= int(seed) <= MAX_SEED:
        raise InputError(f"seed: {seed!r} is not a whole number in [0, 2^64)")
    return int(seed) ^ mix64(scope.word)


def key(seed: int, scope: Scope = NO_SCOPE) -> tuple[np.uint32, np.uint32]:
    """The key words (low, high) of a scope under a seed.

    Raises
    ------
    InputError
        If the seed is not a whole number in [0, 2^64).
    """
    return key_words(scoped(seed, scope))


def key_words(word: int) -> tuple[np.uint32, np.uint32]:
    """A 64-bit key in two words (low, high)."""
    return np.uint32(word & 0xFFFFFFFF), np.uint32(word >> 32)
