"""Local images: what each kind of file becomes, and one clear line for everything that is wrong with one."""

from __future__ import annotations

import errno
import hashlib
import os
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from memsim.data.depth import Grey, depth_image
from memsim.data.images import MAX_SIDE, load_data, load_images
from memsim.data.pictures import MAX_PIXELS, read_colours, shared_size
from memsim.data.scenes import road_scenes, scene_depth
from memsim.errors import DataError, InputError

SHAPE = (8, 12)
RNG = np.random.default_rng(5)
COLOUR = RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8)
DEPTH = RNG.integers(1, 20000, (20, 30), dtype=np.uint16)
FLOATS = RNG.random((3, *SHAPE)).astype(np.float32)


def save(array, file):
    Image.fromarray(array).save(file)
    return file


def refusal(path, shape=SHAPE, samples=9):
    """The one line with which a path is refused."""
    with pytest.raises(DataError) as caught:
        load_images(path, shape, samples)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_kitti_png_gives_the_same_image_as_the_depth_it_holds(tmp_path):
    depth = np.round(scene_depth(1, seed=0)[0] * 256) / 256
    file = save((depth * 256).astype(np.uint16), tmp_path / "frame.png")
    images = load_images(file, (64, 64), 50, Grey(cap=20.0, scale=50.0))
    expected = depth_image(depth, (64, 64), Grey(cap=20.0, scale=50.0))
    np.testing.assert_array_equal(images.pixels[0], expected / np.float32(255))
    assert images.labels == ("frame.png",)
    assert "KITTI" in images.source and "20 m" in images.source and str(file) in images.source


def test_colour_and_grey_pictures_become_their_luminance_in_the_wanted_shape(tmp_path):
    for name in ("colour.png", "colour.JPG", "grey.png", "palette.png", "alpha.png"):
        picture = Image.fromarray(COLOUR)
        picture = {"g": picture.convert("L"), "p": picture.quantize(16), "a": picture.convert("RGBA")}.get(
            name[0], picture
        )
        picture.save(tmp_path / name)
    images = load_images(tmp_path, SHAPE, 50)
    assert images.labels == ("alpha.png", "colour.JPG", "colour.png", "grey.png", "palette.png")
    assert images.pixels.shape == (5, *SHAPE) and images.pixels.dtype == np.float32
    luminance = Image.fromarray(COLOUR).convert("L").resize((12, 8), Image.Resampling.BICUBIC)
    for i in (0, 2, 3):
        np.testing.assert_array_equal(images.pixels[i], np.asarray(luminance) / np.float32(255))
    assert np.abs(images.pixels[1] - images.pixels[2]).mean() < 0.1


def test_palette_with_transparency_does_not_warn(tmp_path):
    Image.fromarray(COLOUR).quantize(16).save(tmp_path / "p.png", transparency=b"\x10\x20")
    assert len(load_images(tmp_path / "p.png", SHAPE, 1)) == 1


def test_folder_is_read_in_sorted_order_up_to_the_wanted_number(tmp_path):
    for name in ("b.png", "c.png", "a.png", ".hidden.png"):
        save(COLOUR, tmp_path / name)
    (tmp_path / "notes.txt").write_text("not an image")
    (tmp_path / "folder.png").mkdir()
    assert load_images(tmp_path, SHAPE, 50).labels == ("a.png", "b.png", "c.png")
    two = load_images(tmp_path, SHAPE, 2)
    assert two.labels == ("a.png", "b.png")
    assert two.source.endswith("; folders not read: folder.png; files not read: notes.txt")


def test_depth_and_pictures_may_share_a_folder(tmp_path):
    save(DEPTH, tmp_path / "a.png")
    save(COLOUR, tmp_path / "b.png")
    source = load_images(tmp_path, SHAPE, 50).source
    assert "KITTI depth maps: 1" in source and "by luminance: 1" in source


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", ">f4"])
def test_float_arrays_are_taken_as_they_are(tmp_path, dtype):
    np.save(tmp_path / "x.npy", FLOATS.astype(dtype))
    images = load_images(tmp_path / "x.npy", SHAPE, 2)
    np.testing.assert_array_equal(images.pixels, FLOATS[:2].astype(dtype).astype(np.float32))
    assert images.labels == ("x.npy[0]", "x.npy[1]")


def test_uint8_arrays_single_images_and_fortran_order_are_taken(tmp_path):
    bytes_ = RNG.integers(0, 256, (3, *SHAPE), dtype=np.uint8)
    np.save(tmp_path / "u.npy", bytes_)
    np.testing.assert_array_equal(load_images(tmp_path / "u.npy", SHAPE, 9).pixels, bytes_ / np.float32(255))
    np.save(tmp_path / "f.npy", np.asfortranarray(FLOATS))
    np.testing.assert_array_equal(load_images(tmp_path / "f.npy", SHAPE, 2).pixels, FLOATS[:2])
    np.save(tmp_path / "one.npy", FLOATS[0])
    assert load_images(tmp_path / "one.npy", SHAPE, 9).pixels.shape == (1, *SHAPE)


def test_npz_gives_its_only_array_or_the_one_called_images(tmp_path):
    np.savez_compressed(tmp_path / "one.npz", anything=FLOATS)
    np.savez(tmp_path / "two.npz", labels=np.arange(3), images=FLOATS)
    for name in ("one.npz", "two.npz"):
        np.testing.assert_array_equal(load_images(tmp_path / name, SHAPE, 9).pixels, FLOATS)
    np.savez(tmp_path / "no.npz", a=FLOATS, b=FLOATS)
    assert "holds 2 arrays (a, b); allowed: a single one, or one called 'images'" in refusal(tmp_path / "no.npz")


def test_road_scenes_are_named_and_hashed():
    images = load_data("road-scenes", shape=SHAPE, samples=3, seed=7)
    scenes = road_scenes(3, SHAPE, 7, Grey())
    np.testing.assert_array_equal(images.pixels, scenes / np.float32(255))
    assert images.labels == ("scene 0", "scene 1", "scene 2") and "seed 7" in images.source
    assert images.sha256 == hashlib.sha256(b"uint8 (3, 8, 12)" + scenes.tobytes()).hexdigest()
    assert not images.pixels.flags.writeable


def test_hash_tells_pixels_shapes_and_types_apart_but_not_containers(tmp_path):
    np.save(tmp_path / "a.npy", FLOATS)
    np.save(tmp_path / "big.npy", FLOATS.astype(">f4"))
    np.savez(tmp_path / "a.npz", FLOATS)
    hashes = [load_data(tmp_path / name, shape=SHAPE).sha256 for name in ("a.npy", "big.npy", "a.npz")]
    assert len(set(hashes)) == 1
    np.save(tmp_path / "turned.npy", FLOATS.reshape(3, 12, 8))
    changed = FLOATS.copy()
    changed[0, 0, 0] = 0.5
    np.save(tmp_path / "changed.npy", changed)
    hashes.append(load_data(tmp_path / "turned.npy", shape=(12, 8)).sha256)
    hashes.append(load_data(tmp_path / "changed.npy", shape=SHAPE).sha256)
    assert len(set(hashes)) == 3


def test_missing_path_is_named_with_the_nearest_source(tmp_path):
    assert "no such file or folder" in refusal(tmp_path / "nothing.png")
    with pytest.raises(DataError, match="did you mean 'road-scenes'"):
        load_data("road-scene")
    assert "cannot be opened" in refusal("null\0byte.png")


def test_folder_without_a_picture_says_which_endings_were_looked_for(tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    assert "no picture in this folder; endings looked for: .png, .jpg, .jpeg" in refusal(tmp_path)
    (tmp_path / "val").mkdir()
    assert refusal(tmp_path).endswith("; the pictures of its folders (val) are not read")
    np.save(tmp_path / "x.npy", FLOATS)
    assert "it holds 1 arrays" in refusal(tmp_path)


def test_unknown_ending_says_which_are_known(tmp_path):
    (tmp_path / "x.gif").write_bytes(b"GIF89a")
    assert "ending '.gif' is not known; allowed: .png, .jpg, .jpeg, .npy, .npz" in refusal(tmp_path / "x.gif")


@pytest.mark.parametrize("array", [COLOUR, DEPTH], ids=["colour", "depth"])
def test_truncated_and_damaged_pictures_are_refused(tmp_path, array):
    content = save(array, tmp_path / "whole.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(content[: len(content) // 2])
    assert "is damaged, cut short" in refusal(tmp_path / "cut.png")
    middle = len(content) // 2
    (tmp_path / "bad.png").write_bytes(content[:middle] + bytes(64) + content[middle + 64 :])
    assert "is damaged, cut short" in refusal(tmp_path / "bad.png")
    for name, start in (("text.png", b"hello"), ("empty.png", b""), ("gif.png", b"GIF89a\1\0\1\0")):
        (tmp_path / name).write_bytes(start)
        assert "is not a PNG or JPEG picture" in refusal(tmp_path / name)


def test_picture_inside_a_folder_is_named_when_it_is_damaged(tmp_path):
    save(COLOUR, tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert str(tmp_path / "b.png") in refusal(tmp_path)


def test_picture_of_absurd_size_is_refused_before_it_is_decoded(tmp_path):
    content = save(COLOUR[:, :, 0].copy(), tmp_path / "small.png").read_bytes()
    for width, height, expected in (
        (MAX_SIDE + 1, 20, f"at most {MAX_SIDE} a side"),
        (MAX_SIDE, MAX_SIDE, "too large"),
        (MAX_SIDE, MAX_PIXELS // MAX_SIDE + 1, f"{MAX_PIXELS:,} in all"),
    ):
        sizes = width.to_bytes(4, "big") + height.to_bytes(4, "big")
        chunk = b"IHDR" + sizes + content[24:29]
        checksum = zlib.crc32(chunk).to_bytes(4, "big")
        (tmp_path / "huge.png").write_bytes(content[:12] + chunk + checksum + content[33:])
        assert expected in refusal(tmp_path / "huge.png")


def test_array_that_is_cut_short_takes_no_memory_for_what_is_missing(tmp_path):
    array = np.lib.format.open_memmap(tmp_path / "a.npy", "w+", np.float32, (1 << 20, *SHAPE))
    array.flush()
    os.truncate(tmp_path / "a.npy", 5000)
    tracemalloc.start()
    try:
        assert "is cut short: 4872 of" in refusal(tmp_path / "a.npy", samples=1 << 20)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_depth_frame_without_a_return_is_refused(tmp_path):
    save(np.zeros((20, 30), np.uint16), tmp_path / "night.png")
    message = refusal(tmp_path / "night.png")
    assert "night.png" in message and "KITTI depth map: no pixel has a return" in message


def test_file_or_folder_without_permission_is_refused(tmp_path, monkeypatch):
    save(COLOUR, tmp_path / "a.png")
    np.save(tmp_path / "a.npy", FLOATS)

    def denied(*_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Image, "open", denied)
    monkeypatch.setattr("builtins.open", denied)
    assert "a.png: cannot be read: Permission denied" in refusal(tmp_path / "a.png")
    assert "a.npy: cannot be read: Permission denied" in refusal(tmp_path / "a.npy")
    monkeypatch.setattr(os, "listdir", denied)
    assert "cannot be read: Permission denied" in refusal(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a POSIX file system")
def test_link_loops_dangling_links_and_pipes_are_refused(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "Too many levels of symbolic links" in refusal(tmp_path / "loop")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    assert "gone.png: no such file or folder" in refusal(tmp_path / "pictures")
    os.mkfifo(tmp_path / "pictures" / "a.png")
    assert "a.png: a pipe, neither a file nor a folder" in refusal(tmp_path / "pictures")


def test_folder_that_links_to_itself_is_read_once(tmp_path):
    save(COLOUR, tmp_path / "a.png")
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    assert load_images(tmp_path, SHAPE, 9).labels == ("a.png",)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (FLOATS[:, :, :5], r"images of 8 x 5, not 8 x 12; remedy: data.shape: [8, 5]"),
        (FLOATS[0, 0], "array of shape (12,); allowed: (y, x) or (image, y, x)"),
        (FLOATS[None], "allowed: (y, x) or (image, y, x)"),
        (FLOATS[:0], "holds no image"),
        (np.where(FLOATS > 0.5, np.nan, FLOATS), "not finite"),
        (np.where(FLOATS > 0.5, np.inf, FLOATS), "not finite"),
        (FLOATS + 1, "allowed: 0 to 1"),
        (FLOATS - 1, "allowed: 0 to 1"),
        (np.ones((3, *SHAPE), np.uint16), "depth in 1/256 m belongs into 16-bit PNG files"),
        (np.ones((3, *SHAPE), np.int64), "array of type int64; allowed: uint8 (0 to 255) or floats (0 to 1)"),
        (np.ones((3, *SHAPE), bool), "array of type bool"),
        (np.full((3, *SHAPE), None), "array of type object"),
    ],
    ids=lambda value: None if isinstance(value, np.ndarray) else value[:30],
)
def test_arrays_of_the_wrong_shape_type_or_range_are_refused(tmp_path, array, expected):
    np.save(tmp_path / "x.npy", array)
    assert expected in refusal(tmp_path / "x.npy")
    np.savez(tmp_path / "x.npz", images=array)
    assert expected in refusal(tmp_path / "x.npz")


def test_array_that_claims_absurd_sizes_is_refused_before_it_is_read(tmp_path):
    header = {"descr": "<f4", "fortran_order": False, "shape": (10**12, *SHAPE)}
    with open(tmp_path / "x.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        file.write(bytes(100))
    assert "allowed: at most 4 GiB" in refusal(tmp_path / "x.npy", samples=10**12)
    assert "is cut short: 100 of 384 bytes" in refusal(tmp_path / "x.npy", samples=1)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"\x93NUMPY\1\0\xff\xff{'descr", b"PK\3\4junk", b"hello" * 99])
def test_damaged_array_files_are_refused(tmp_path, content):
    for name in ("x.npy", "x.npz"):
        (tmp_path / name).write_bytes(content)
        assert "is damaged, cut short" in refusal(tmp_path / name)


def test_message_stays_one_line_whatever_the_file_is_called(tmp_path):
    (tmp_path / "two\nlines.png").write_bytes(b"x")
    assert "two lines.png: is not" in refusal(tmp_path / "two\nlines.png")


@pytest.mark.parametrize("source", ["road-scenes", "folder"])
@pytest.mark.parametrize(
    ("shape", "samples"),
    [((0, 8), 1), ((8,), 1), ((8.5, 8), 1), ((8, MAX_SIDE + 1), 1), ((8, 8), 0), ((MAX_SIDE, MAX_SIDE), 5)],
)
def test_shape_or_number_that_is_not_allowed_is_refused(tmp_path, source, shape, samples):
    for i in range(5):
        save(COLOUR, tmp_path / f"{i}.png")
    with pytest.raises(InputError, match=r"data\.(shape|samples): .*allowed: 1 "):
        load_data(source if source == "road-scenes" else tmp_path, shape=shape, samples=samples)


def test_transparent_parts_are_laid_over_white(tmp_path):
    share = np.linspace(0, 255, 96).reshape(SHAPE).astype(np.uint8)
    save(np.dstack([np.zeros((*SHAPE, 3), np.uint8), share]), tmp_path / "alpha.png")
    over = load_images(tmp_path / "alpha.png", SHAPE, 1)
    assert np.allclose(over.pixels[0], 1 - share / 255, atol=1 / 255) and "laid over white: 1" in over.source
    save(np.dstack([share, np.full(SHAPE, 255, np.uint8)]), tmp_path / "opaque.png")
    opaque = load_images(tmp_path / "opaque.png", SHAPE, 1)
    assert np.array_equal(opaque.pixels[0] * 255, share) and "white" not in opaque.source


# What of an upright picture is stored where the block says so: the definition in EXIF 2.32, table 4.
STORED = {
    1: lambda upright: upright,
    2: np.fliplr,
    3: lambda upright: upright[::-1, ::-1],
    4: np.flipud,
    5: np.transpose,
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: upright[::-1, ::-1].T,
    8: lambda upright: np.rot90(upright, -1),
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("colour", [False, True])
def test_pictures_are_turned_as_their_exif_block_says(tmp_path, orientation, colour):
    upright = RNG.integers(0, 256, SHAPE, dtype=np.uint8)
    block = Image.Exif()
    block[0x0112] = orientation
    picture = Image.fromarray(np.ascontiguousarray(STORED[orientation](upright)))
    picture.save(tmp_path / "a.png", exif=block)
    assert shared_size([tmp_path / "a.png"]) == SHAPE
    if colour:
        assert np.array_equal(read_colours([tmp_path / "a.png"], SHAPE)[0], np.stack([upright] * 3))
        return
    images = load_images(tmp_path / "a.png", SHAPE, 1)
    assert np.array_equal(images.pixels[0], upright / np.float32(255))
    assert ("turned by EXIF: 1" in images.source) == (orientation > 1)


def test_a_damaged_exif_block_turns_nothing(tmp_path):
    grey = np.full(SHAPE, 7, np.uint8)
    Image.fromarray(grey).save(tmp_path / "a.jpg", exif=b"Exif\x00\x00nonsense")
    assert load_images(tmp_path / "a.jpg", SHAPE, 1).pixels.shape == (1, *SHAPE)


@pytest.mark.parametrize(
    ("shape", "axes"), [((8, 12, 3), "(y, x, channel)"), ((2, 8, 12, 4), "(image, y, x, channel)")]
)
def test_an_array_of_colour_images_is_named(tmp_path, shape, axes):
    np.save(tmp_path / "a.npy", np.zeros(shape, np.uint8))
    assert f"an array of colour images {axes}" in refusal(tmp_path / "a.npy")


def test_narrow_grey_images_are_no_colours(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((2, 8, 3), np.uint8))
    assert len(load_images(tmp_path / "a.npy", (8, 3), 9)) == 2


def test_a_link_out_of_the_folder_is_refused_and_one_within_it_is_read(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    save(COLOUR, folder / "a.png")
    (folder / "b.png").symlink_to("a.png")
    assert load_images(folder, SHAPE, 9).labels == ("a.png", "b.png")
    save(COLOUR, tmp_path / "secret.png")
    (folder / "c.png").symlink_to("../secret.png")
    assert f"c.png: a link that leads out of {folder}; put a copy there" in refusal(folder)
