"""Labelled images: what each source gives, how it is split, and one clear line for everything that is wrong with it."""

from __future__ import annotations

import errno
import gzip
import os
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from memsim.data.cifar import luminance, luminance_of
from memsim.data.digits import load_digits
from memsim.data.labelled import load_labelled
from memsim.errors import DataError, InputError

RNG = np.random.default_rng(11)
SPLITS = ("train", "validation", "test")
DIGITS = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
CIFAR_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def splits(data):
    return [getattr(data, name) for name in SPLITS]


def everything(data, what="pixels"):
    return np.concatenate([getattr(split, what) for split in splits(data)])


def rows(pixels):
    """Each image as bytes."""
    return [image.tobytes() for image in pixels]


def idx(array):
    array = np.asarray(array, np.uint8)
    return bytes((0, 0, 8, array.ndim)) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


def mnist(folder, train=40, test=20, packed=False):
    """Four IDX files of random images of 6 x 5, whose first two pixels count them; returns images and labels."""
    parts = []
    for count, names in ((train, NAMES[:2]), (test, NAMES[2:])):
        images = RNG.integers(0, 256, (count, 6, 5), dtype=np.uint8)
        images[:, 0, 0], images[:, 0, 1] = np.arange(count), count
        labels = np.arange(count) % 10
        parts += [images, labels]
        for name, array in zip(names, (images, labels), strict=True):
            content = gzip.compress(idx(array)) if packed else idx(array)
            (folder / (name + (".gz" if packed else ""))).write_bytes(content)
    return parts


def cifar(folder, records=10):
    """Seven files of CIFAR-10 with random colours; returns images (image, 3, y, x) and labels of each batch."""
    parts = []
    for name in (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"):
        images = RNG.integers(0, 256, (records, 3, 32, 32), dtype=np.uint8)
        labels = RNG.permutation(np.arange(records) % 10).astype(np.uint8)
        (folder / name).write_bytes(np.concatenate([labels[:, None], images.reshape(records, -1)], axis=1).tobytes())
        parts.append((images, labels))
    (folder / "batches.meta.txt").write_text("\n".join(CIFAR_NAMES) + "\n\n")
    return parts


def pictures(folder, counts, size=(7, 9)):
    """Sub-folders of random PNG pictures; grey level k marks the k-th of its class."""
    for name, count in counts.items():
        (folder / name).mkdir(parents=True)
        for i in range(count):
            picture = RNG.integers(0, 256, size, dtype=np.uint8)
            picture[0, 0] = i
            Image.fromarray(picture).save(folder / name / f"{i:03}.png")


def refusal(source, error=DataError, **options):
    """The one line with which a source is refused."""
    with pytest.raises(error) as caught:
        load_labelled(source, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


# ---- digits


def test_digits_have_the_known_counts_mean_and_first_image():
    data = load_labelled("digits")
    pixels, labels = everything(data), everything(data, "labels")
    assert np.bincount(labels).tolist() == DIGITS and data.classes == tuple("0123456789")
    assert pixels.shape == (1797, 8, 8) and pixels.dtype == np.float32 and labels.dtype == np.int64
    assert pixels.sum(dtype=float) * 16 == 561718  # mean 4.8842 of 16
    assert set(np.unique(pixels * 16)) == set(range(17))
    first = load_digits().pool.read(np.array([0]), (8, 8))[0] * 16
    assert first[0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0] and first[7].tolist() == [0, 0, 6, 13, 10, 0, 0, 0]
    assert "doi:10.24432/C50P49" in data.source and "CC BY 4.0" in data.source


@pytest.mark.slow
def test_digits_are_told_apart_by_their_class_means_and_better_by_a_linear_classifier():
    data = load_labelled("digits")
    x, test = (np.c_[s.pixels.reshape(len(s), -1), np.ones(len(s))].astype(float) for s in (data.train, data.test))
    means = np.stack([x[data.train.labels == label].mean(axis=0) for label in range(10)])
    nearest = (((test[:, None] - means) ** 2).sum(axis=2).argmin(axis=1) == data.test.labels).mean()
    weights = np.linalg.lstsq(x, np.eye(10)[data.train.labels], rcond=None)[0]
    linear = ((test @ weights).argmax(axis=1) == data.test.labels).mean()
    assert 0.85 < nearest < linear < 1


def test_digits_are_resized_as_8_bit_pictures():
    small, large = load_labelled("digits", samples=50), load_labelled("digits", samples=50, shape=(16, 12))
    for one, other in zip(small.test.pixels, large.test.pixels, strict=True):
        picture = Image.fromarray(np.floor(one * 255 + 0.5).astype(np.uint8))
        expected = np.asarray(picture.resize((12, 16), Image.Resampling.BICUBIC))
        np.testing.assert_array_equal(other, expected / np.float32(255))
    assert "; resized to 16 x 12; train " in large.source and "; 8 x 8; train " in small.source


# ---- splits


@pytest.mark.parametrize("fractions", [(0.6, 0.2, 0.2), (0.5, 0.25, 0.25), (0.8, 0.1, 0.1), (0.34, 0.33, 0.33)])
def test_splits_are_complete_disjoint_and_stratified(fractions):
    data = load_labelled("digits", fractions=fractions)
    whole = load_digits().pool.read(np.arange(1797), (8, 8))
    assert sorted(rows(everything(data))) == sorted(rows(whole))
    counts = np.stack([np.bincount(split.labels) for split in splits(data)])
    assert np.abs(counts - np.outer(fractions, DIGITS)).max() < 1


def test_splits_depend_on_the_seed_and_on_nothing_else():
    one, again, other = (load_labelled("digits", seed=seed) for seed in (1, 1, 2))
    assert one.sha256 == again.sha256 != other.sha256
    assert one.train.labels.tolist() == load_labelled("digits", seed=1, shape=(9, 9)).train.labels.tolist()
    overlap = len(set(rows(one.test.pixels)) & set(rows(other.test.pixels))) / len(one.test)
    assert 0.1 < overlap < 0.3  # a fifth, by chance
    assert load_labelled("digits").sha256 == "ea1f217932143f8ceb1e7fd80f1e2618718e48b684a75589bfd520f7e80244cc"


@pytest.mark.parametrize("samples", [50, 333, 1796])
def test_fewer_samples_are_the_first_ones_of_every_split_balanced_over_the_classes(samples):
    whole, few = load_labelled("digits"), load_labelled("digits", samples=samples)
    assert sum(map(len, splits(few))) == samples
    for one, other in zip(splits(few), splits(whole), strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels[: len(one)])
        np.testing.assert_array_equal(one.labels, other.labels[: len(one)])
    if samples < 10 * min(DIGITS):
        assert np.ptp(np.bincount(everything(few, "labels"))) <= 1
    assert load_labelled("digits", samples=5000).sha256 == whole.sha256


def test_images_and_labels_cannot_be_written_to(tmp_path):
    for data in (load_labelled("digits"), load_labelled("digits", shape=(4, 4))):
        for split in splits(data):
            assert not split.pixels.flags.writeable and not split.labels.flags.writeable
            assert len(split) == len(split.pixels) and split.pixels.min() >= 0 and split.pixels.max() <= 1


def test_class_that_is_missing_in_a_split_is_named_with_the_split():
    message = refusal("digits", samples=39)  # by turns: train, train, validation, test
    assert (
        "digits: class '9' has no image in the test split; of its images, 3 are taken; allowed: at least 1" in message
    )
    assert "remedy: more data.samples" in message
    assert len(load_labelled("digits", samples=40).test) == 10


@pytest.mark.parametrize(
    "fractions",
    [(0.6, 0.4), (0.6, 0.2, 0.3), (0.8, 0.2, 0.0), (1.2, -0.1, -0.1), "abc", None, (float("nan"),) * 3, (1, "a", 2)],
)
def test_fractions_that_are_no_three_shares_are_refused(fractions):
    message = refusal("digits", InputError, fractions=fractions)
    assert "data.fractions: " in message and "allowed: three numbers above 0 that add up to 1" in message


@pytest.mark.parametrize("samples", [0, -1, 2.5, True, "9"])
def test_numbers_that_count_nothing_are_refused(samples):
    assert "data.samples: " in refusal("digits", InputError, samples=samples)


@pytest.mark.parametrize("shape", [(0, 8), (8,), (8, 1 << 15), (8.5, 8), (16384, 16384)])
def test_shapes_that_are_not_allowed_are_refused(shape):
    assert "data." in refusal("digits", InputError, shape=shape)


def test_seed_that_is_no_64_bit_number_is_refused():
    assert "seed" in refusal("digits", InputError, seed=-1)


# ---- IDX files


@pytest.mark.parametrize("packed", [False, True])
def test_idx_files_keep_their_test_images_and_cut_validation_from_the_rest(tmp_path, packed):
    train, _, test, test_labels = mnist(tmp_path, packed=packed)
    data = load_labelled(tmp_path)
    assert data.classes == tuple("0123456789") and data.train.pixels.shape == (30, 6, 5)
    assert [len(split) for split in splits(data)] == [30, 10, 20]
    assert sorted(rows(data.test.pixels)) == sorted(rows(test / np.float32(255)))
    assert sorted(rows(np.concatenate([data.train.pixels, data.validation.pixels]))) == sorted(
        rows(train / np.float32(255))
    )
    counted = np.round(data.test.pixels[:, 0, 0] * 255).astype(int)
    np.testing.assert_array_equal(data.test.labels, test_labels[counted])
    assert "IDX files, 40 training and 20 test images" in data.source and str(tmp_path) in data.source


def test_idx_files_packed_or_with_a_dot_in_their_names_give_the_same(tmp_path):
    mnist(tmp_path)
    before = load_labelled(tmp_path).sha256
    for name in NAMES:
        (tmp_path / name).rename(tmp_path / name.replace("-idx", ".idx"))
    assert load_labelled(tmp_path).sha256 == before
    for file in list(tmp_path.iterdir()):
        (tmp_path / (file.name + ".gz")).write_bytes(gzip.compress(file.read_bytes()))
        file.unlink()
    assert load_labelled(tmp_path).sha256 == before


def test_samples_take_from_the_given_test_images_by_the_third_fraction(tmp_path):
    mnist(tmp_path, train=200, test=200)
    whole, few = load_labelled(tmp_path), load_labelled(tmp_path, samples=100)
    assert [len(split) for split in splits(few)] == [60, 20, 20]
    assert [len(split) for split in splits(whole)] == [150, 50, 200]
    for one, other in zip(splits(few), splits(whole), strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels[: len(one)])
    assert [len(split) for split in splits(load_labelled(tmp_path, samples=390))] == [150, 50, 190]


def test_idx_files_are_resized_to_the_wanted_shape(tmp_path):
    mnist(tmp_path)
    assert load_labelled(tmp_path, shape=(8, 8)).test.pixels.shape == (20, 8, 8)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (NAMES[0], b"", "is cut short: 0 of 16 bytes of its header"),
        (NAMES[0], idx(np.zeros((40, 6, 5)))[:500], "is cut short: 484 of 1200 bytes of values"),
        (NAMES[0], idx(np.zeros((40, 6, 5))) + b"x", "goes on after the 1200 bytes"),
        (NAMES[0], idx(np.zeros(40)), "magic number 0x00000801; allowed: 0x00000803 (unsigned bytes, axes: 3)"),
        (NAMES[1], b"\0\0\x0d\1" + bytes(100), "magic number 0x00000d01; allowed: 0x00000801"),
        (NAMES[1], b"\x1f\x8b" + bytes(100), "magic number 0x1f8b0000"),
        (NAMES[1], idx(np.zeros(39)), "39 labels for the 40 images of train-images-idx3-ubyte; allowed: one each"),
        (NAMES[3], idx([9] * 19 + [10]), "label 19 (from 0) is 10; allowed: 0 to 9"),
        (NAMES[3], idx(np.arange(20) % 9), "class '9' has no image in the test split; of its images, 4 are taken"),
        (NAMES[2], idx(np.zeros((20, 5, 6))), "images of 5 x 6, but train-images-idx3-ubyte has 6 x 5"),
        (NAMES[2], b"\0\0\x08\3" + np.array([20, 0, 6], ">u4").tobytes(), "images of 0 x 6; allowed: 1 to 16384"),
        (NAMES[2], b"\0\0\x08\3" + np.array([0, 6, 6], ">u4").tobytes(), "0 x 6 x 6 values; allowed: 1 to"),
        (NAMES[2], b"\0\0\x08\3" + b"\xff\xff\xff\xff\0\0\1\0\0\0\1\0", "4294967295 x 256 x 256 values; allowed: 1 to"),
    ],
)
def test_damaged_idx_files_are_refused(tmp_path, name, content, expected):
    mnist(tmp_path)
    (tmp_path / name).write_bytes(content)
    message = refusal(tmp_path)
    assert expected in message and str(tmp_path) in message


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (gzip.compress(idx(np.zeros((40, 6, 5))) + bytes(50 << 20)), "goes on after the 1200 bytes"),  # a bomb
        (gzip.compress(idx(np.zeros((40, 6, 5))))[:40], "is damaged, cut short"),
        (gzip.compress(idx(np.zeros((40, 6, 5)))[:600]), "is cut short: 584 of 1200 bytes of values"),
        (b"hello", "is damaged, cut short"),
        (b"", "is cut short: 0 of 16 bytes of its header"),
    ],
    ids=["bomb", "half", "short", "text", "empty"],
)
def test_damaged_packed_files_are_refused(tmp_path, content, expected):
    mnist(tmp_path, packed=True)
    (tmp_path / f"{NAMES[0]}.gz").write_bytes(content)
    assert expected in refusal(tmp_path)


def test_missing_idx_file_is_named(tmp_path):
    mnist(tmp_path)
    (tmp_path / NAMES[2]).unlink()
    assert "lacks t10k-images-idx3-ubyte (or that with .gz); needed: train-images" in refusal(tmp_path)


# ---- CIFAR-10


def test_cifar_becomes_the_luminance_that_pillow_gives(tmp_path):
    *batches, (test, labels) = cifar(tmp_path)
    data = load_labelled(tmp_path, fractions=(0.5, 0.3, 0.2))
    assert data.classes == CIFAR_NAMES and data.train.pixels.shape[1:] == (32, 32)
    assert np.bincount(data.test.labels).tolist() == [1] * 10
    expected = [np.asarray(Image.fromarray(np.moveaxis(image, 0, -1)).convert("L")) for image in test]
    np.testing.assert_array_equal(data.test.pixels[np.argsort(data.test.labels)][labels], expected / np.float32(255))
    assert len(data.train) + len(data.validation) == sum(len(images) for images, _ in batches)
    assert "CIFAR-10, 50 training and 10 test images; luminance (ITU-R BT.601)" in data.source


def test_cifar_with_colours_has_three_channels_and_the_same_splits(tmp_path):
    *batches, (test, labels) = cifar(tmp_path)
    colours, grey = load_labelled(tmp_path, colour="rgb"), load_labelled(tmp_path)
    originals = np.concatenate([images for images, _ in batches])
    given = {image.tobytes() for image in originals / np.float32(255)}
    assert {image.tobytes() for split in splits(colours)[:2] for image in split.pixels} == given
    order = [int(np.flatnonzero(labels == label)[0]) for label in colours.test.labels]
    np.testing.assert_array_equal(colours.test.pixels, test[order] / np.float32(255))
    for with_colours, without in zip(splits(colours), splits(grey), strict=True):
        assert with_colours.pixels.shape[1:] == (3, 32, 32)
        np.testing.assert_array_equal(with_colours.labels, without.labels)
        np.testing.assert_allclose(luminance_of(with_colours.pixels), without.pixels, atol=0.6 / 255)
    assert "; red, green and blue" in colours.source and colours.sha256 != grey.sha256
    assert load_labelled(tmp_path, colour="rgb", shape=(8, 6)).test.pixels.shape == (10, 3, 8, 6)


def test_pictures_with_colours_have_those_of_pillow(tmp_path):
    colours = RNG.integers(0, 256, (2, 6, 7, 9, 3), dtype=np.uint8)
    for name, images in zip("ab", colours, strict=True):
        (tmp_path / name).mkdir()
        for i, image in enumerate(images):
            Image.fromarray(image).save(tmp_path / name / f"{i}.png")
    data = load_labelled(tmp_path, colour="rgb", shape=(4, 5))
    expected = {
        b"".join(Image.fromarray(plane).resize((5, 4), Image.Resampling.BICUBIC).tobytes() for plane in planes)
        for planes in np.moveaxis(colours.reshape(12, 7, 9, 3), -1, 1)
    }
    assert {np.round(image * 255).astype(np.uint8).tobytes() for image in everything(data)} == expected


@pytest.mark.parametrize("source", ["digits", "road-patches", "folder"])
def test_sources_without_colours_say_so(tmp_path, source):
    if source == "folder":
        mnist(tmp_path)
        source = str(tmp_path)
    with pytest.raises(InputError, match=r"data.colour: the images of .* have no colours; allowed: grey"):
        load_labelled(source, colour="rgb")
    with pytest.raises(InputError, match="unknown choice 'rbg'; did you mean 'rgb'"):
        load_labelled(source, colour="rbg")


def test_luminance_is_the_one_of_pillow_for_every_extreme():
    grid = np.stack(np.meshgrid(*[np.array([0, 1, 127, 128, 254, 255], np.uint8)] * 3), axis=-1).reshape(1, 12, 18, 3)
    expected = np.asarray(Image.fromarray(grid[0]).convert("L"))
    np.testing.assert_array_equal(luminance(np.moveaxis(grid, -1, 1))[0], expected)


def _cut(content):
    return content[:-1]


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("data_batch_3.bin", _cut, "30729 bytes, which are not whole records of 3073"),
        ("test_batch.bin", lambda _: b"", "0 bytes, which are not whole records of 3073"),
        (
            "data_batch_2.bin",
            lambda c: c[:3073] + b"\x0a" + c[3074:],
            "record 1 (from 0) has label 10; allowed: 0 to 9",
        ),
        ("data_batch_5.bin", None, "lacks data_batch_5.bin of the binary version of CIFAR-10"),
        ("batches.meta.txt", None, "lacks batches.meta.txt"),
        ("batches.meta.txt", lambda _: b"cat\ndog\n", "2 names of classes; allowed: 10 different ones"),
        ("batches.meta.txt", lambda _: b"cat\n" * 10, "1 names of classes; allowed: 10 different ones"),
        ("batches.meta.txt", lambda _: b"x" * 5000, "5000 bytes; allowed: at most 4096"),
    ],
)
def test_damaged_cifar_files_are_refused(tmp_path, name, change, expected):
    cifar(tmp_path)
    if change is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_bytes(change((tmp_path / name).read_bytes()))
    message = refusal(tmp_path)
    assert expected in message and str(tmp_path) in message


def test_small_cifar_files_take_little_memory(tmp_path):
    cifar(tmp_path)
    tracemalloc.start()
    try:
        load_labelled(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


def test_python_version_of_cifar_is_told_from_the_binary_one(tmp_path):
    for name in ("data_batch_1", "test_batch", "batches.meta"):
        (tmp_path / name).write_bytes(b"\x80\4}")
    assert "lacks data_batch_1.bin of the binary version of CIFAR-10; this is the Python version" in refusal(tmp_path)


# ---- folders of pictures


def test_folders_are_classes_and_pictures_are_taken_by_name(tmp_path):
    pictures(tmp_path, {"dog": 10, "cat": 15, ".hidden": 3})
    (tmp_path / "notes.txt").write_text("passed over")
    data = load_labelled(tmp_path)
    assert data.classes == ("cat", "dog") and data.train.pixels.shape[1:] == (7, 9)
    assert [np.bincount(split.labels).tolist() for split in splits(data)] == [[9, 6], [3, 2], [3, 2]]
    expected = [np.asarray(Image.open(file)) / np.float32(255) for file in tmp_path.glob("[cd]*/*.png")]
    assert sorted(rows(everything(data))) == sorted(rows(expected))
    assert "25 pictures in 2 classes" in data.source


def test_order_in_which_the_system_lists_files_changes_nothing(tmp_path, monkeypatch):
    pictures(tmp_path, {"a": 9, "b": 9})
    before = load_labelled(tmp_path).sha256
    listdir = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: listdir(path)[::-1])
    assert load_labelled(tmp_path).sha256 == before


def test_train_and_test_folders_keep_their_pictures(tmp_path):
    pictures(tmp_path / "train", {"a": 8, "b": 8})
    pictures(tmp_path / "test", {"a": 3, "b": 4})
    data = load_labelled(tmp_path, shape=(5, 5))
    assert [np.bincount(split.labels).tolist() for split in splits(data)] == [[6, 6], [2, 2], [3, 4]]
    assert "16 training and 7 test pictures in 2 classes" in data.source and "resized; 5 x 5" in data.source


def test_train_and_test_folders_must_have_the_same_classes(tmp_path):
    pictures(tmp_path / "train", {"a": 8, "b": 8})
    pictures(tmp_path / "test", {"a": 3, "b": 4, "c": 2})
    assert "train: has no sub-folder for class 'c'; allowed: the same classes in both" in refusal(tmp_path)


def test_pictures_of_different_sizes_need_a_shape(tmp_path):
    pictures(tmp_path, {"a": 8, "b": 8})
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "b" / "x.png")
    message = refusal(tmp_path)
    assert "x.png: picture of 4 x 4, but 000.png is 7 x 9; remedy: data.shape" in message
    assert load_labelled(tmp_path, shape=(6, 6)).train.pixels.shape[1:] == (6, 6)


def test_classes_without_enough_pictures_are_named(tmp_path):
    pictures(tmp_path, {"a": 8, "b": 3})
    assert "class 'b' has no image in the test split; of its images, 3 are taken" in refusal(tmp_path)
    (tmp_path / "empty").mkdir()
    assert "empty: no picture in this folder" in refusal(tmp_path)


def test_damaged_picture_in_a_class_is_named(tmp_path):
    pictures(tmp_path, {"a": 8, "b": 8})
    (tmp_path / "b" / "004.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert "004.png" in refusal(tmp_path) and "004.png" in refusal(tmp_path, shape=(4, 4))


def test_folder_that_holds_nothing_known_says_what_is_looked_for(tmp_path):
    message = refusal(tmp_path)
    assert "holds no labelled images; allowed: the IDX files of MNIST" in message and "CIFAR-10" in message
    pictures(tmp_path, {"only": 3})
    assert "a sub-folder of pictures for each class is needed, at least 2; found: 'only'" in refusal(tmp_path)
    assert "is a file; allowed: a folder with" in refusal(tmp_path / "only" / "000.png")


def test_names_of_classes_stay_on_one_line(tmp_path):
    pictures(tmp_path, {"a\nb": 8, "c": 2})
    assert "class 'c' has no image" in refusal(tmp_path)
    pictures(tmp_path / "more", {"a\nb": 2, "c": 8})
    assert "a\\nb" in refusal(tmp_path / "more")


# ---- whatever the source


def test_missing_source_is_named_with_the_nearest_and_where_a_known_one_is_to_be_had(tmp_path):
    assert "nothing.d: no such file or folder" in refusal(tmp_path / "nothing.d")
    assert "did you mean 'digits'" in refusal("digit") and "did you mean 'road-patches'" in refusal("road-patch")
    assert "nothing is downloaded: MNIST is to be had from yann.lecun.com" in refusal("mnist")
    assert "nothing is downloaded: Fashion-MNIST is to be had" in refusal(tmp_path / "fashion-mnist")
    assert "nothing is downloaded: CIFAR-10, binary version" in refusal(tmp_path / "cifar-10-batches-bin")


def test_folder_without_permission_is_refused(tmp_path, monkeypatch):
    mnist(tmp_path)

    def denied(*_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("builtins.open", denied)
    assert "train-images-idx3-ubyte: cannot be read: Permission denied" in refusal(tmp_path)
    monkeypatch.setattr(os, "listdir", denied)
    assert "cannot be read: Permission denied" in refusal(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a POSIX file system")
def test_pipes_in_place_of_files_are_refused(tmp_path):
    mnist(tmp_path)
    (tmp_path / NAMES[0]).unlink()
    os.mkfifo(tmp_path / NAMES[0])
    assert "a pipe, neither a file nor a folder" in refusal(tmp_path)


def test_folder_in_place_of_a_file_is_refused(tmp_path):
    cifar(tmp_path)
    (tmp_path / "test_batch.bin").unlink()
    (tmp_path / "test_batch.bin").mkdir()
    assert "test_batch.bin: cannot be read: " in refusal(tmp_path)


def test_hash_tells_labels_and_splits_apart(tmp_path):
    _, labels, *_ = mnist(tmp_path)
    before = load_labelled(tmp_path).sha256
    (tmp_path / NAMES[1]).write_bytes(idx((labels + 1) % 10))
    assert load_labelled(tmp_path).sha256 != before
    (tmp_path / NAMES[1]).write_bytes(idx(labels))
    assert load_labelled(tmp_path).sha256 == before != load_labelled(tmp_path, fractions=(0.4, 0.4, 0.2)).sha256


def test_module_is_imported_without_numba_and_pillow():
    code = "import sys, memsim.data.labelled; print({'numba', 'PIL'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"


# ---- links, and folders that are not read


def test_links_lead_to_places_in_the_folder_alone(tmp_path):
    folder, outside = tmp_path / "data", tmp_path / "outside"
    pictures(folder, {"a": 9, "b": 9})
    pictures(outside, {"c": 9})
    (folder / "a" / "x.png").symlink_to("../b/000.png")
    assert len(everything(load_labelled(folder))) == 19
    for link, target in ((folder / "c", outside / "c"), (folder / "a" / "y.png", outside / "c" / "000.png")):
        link.symlink_to(target)
        assert f"{link}: a link that leads out of {folder}" in refusal(folder)
        link.unlink()


@pytest.mark.parametrize("make", [mnist, cifar])
def test_files_of_data_sets_are_no_links_to_other_places(tmp_path, make):
    folder = tmp_path / "data"
    folder.mkdir()
    make(folder)
    name = max(path.name for path in folder.iterdir())
    (folder / name).rename(tmp_path / "moved")
    (folder / name).symlink_to("../moved")
    assert f"{name}: a link that leads out of {folder}" in refusal(folder)


def test_folders_that_are_not_read_are_named(tmp_path):
    for part in ("train", "test"):
        pictures(tmp_path / part, {"a": 9, "b": 9})
    assert "not read" not in load_labelled(tmp_path).source
    pictures(tmp_path / "val", {"a": 2})
    pictures(tmp_path / "train" / "b", {"more": 1})
    assert "folders not read: val, train/b/more" in load_labelled(tmp_path).source


@pytest.mark.parametrize("parts", [("",), ("train", "test")])
def test_files_that_are_not_read_are_named(tmp_path, parts):
    for part in parts:
        pictures(tmp_path / part, {"a": 9, "b": 9})
    first = tmp_path / parts[0]
    for name in ("beside.png", "a/x.bmp", "b/y.webp", ".hidden"):
        (first / name).write_bytes(b"")
    where = f"{parts[0]}/" if parts[0] else ""
    source = load_labelled(tmp_path).source
    assert source.endswith(f"files not read: {where}beside.png, {where}a/x.bmp, {where}b/y.webp")
    for i in range(3):
        (first / f"{i}.txt").write_bytes(b"")
    listed = ", ".join(f"{where}{name}" for name in ("0.txt", "1.txt", "2.txt", "beside.png"))
    assert load_labelled(tmp_path).source.endswith(f"files not read: {listed} and 2 more")


@pytest.mark.parametrize("colour", ["grey", "rgb"])
def test_pictures_that_are_turned_or_laid_over_white_are_counted(tmp_path, colour):
    pictures(tmp_path / "train", {"a": 9, "b": 9}, size=(6, 6))
    pictures(tmp_path / "test", {"a": 9, "b": 9}, size=(6, 6))
    for name in ("train/a/000.png", "test/b/001.png"):
        Image.new("RGBA", (6, 6), (0, 0, 0, 9)).save(tmp_path / name)
    turned = Image.Exif()
    turned[274] = 6
    Image.new("RGB", (6, 6)).save(tmp_path / "train" / "b" / "000.png", exif=turned)
    source = load_labelled(tmp_path, colour=colour).source
    assert "; laid over white: 2; turned by EXIF: 1; 6 x 6; " in source


def test_folders_for_training_and_validation_alone_are_refused_with_the_remedy(tmp_path):
    for part in ("train", "val"):
        pictures(tmp_path / part, {"a": 9, "b": 9})
    assert refusal(tmp_path) == (
        f"{tmp_path}: holds train, val with a folder for each class, and no folder test; rename val to test, or name "
        f"the folder {tmp_path}/train alone, from which test images are taken"
    )
    load_labelled(tmp_path / "train")
    (tmp_path / "val").rename(tmp_path / "test")
    load_labelled(tmp_path)


def test_a_class_may_be_called_train(tmp_path):
    pictures(tmp_path, {"train": 9, "tram": 9})
    assert load_labelled(tmp_path).classes == ("train", "tram")
