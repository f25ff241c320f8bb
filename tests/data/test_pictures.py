"""Files that hold pictures: what is left out of a folder, what is turned upright, what has too many bits."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gancourse.data.pictures import left_out, read_picture, upright_size


def save(path: Path, w: int = 24, h: int = 16) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (w, h)).save(path)
    return path


def test_what_is_left_out_is_named_once_and_what_is_used_or_hidden_is_not(tmp_path):
    used = [save(tmp_path / "train" / f"{i}.png") for i in (1, 2)] + [save(tmp_path / "test" / "1.png")]
    assert left_out(tmp_path, used) == ""
    save(tmp_path / "train" / "10.gif")
    save(tmp_path / "train" / "9.gif")
    save(tmp_path / "train" / "more" / "1.png")
    (tmp_path / "train" / "._1.png").write_text("what a Mac leaves behind")
    assert left_out(tmp_path, used) == (
        f"Left out of {tmp_path}: train/9.gif (no picture format read here), "
        "train/10.gif (no picture format read here), train/more/ (a folder)"
    )
    for i in range(20):
        (tmp_path / "train" / f"{i}.txt").write_text("")
    line = left_out(tmp_path, used)
    assert line.count("no picture format") == 6 and line.endswith(" and 17 more")


def test_pictures_of_a_folder_whose_parts_are_used_too(tmp_path):
    used = [save(tmp_path / name) for name in ("1.png", "val/1.png")]  # val is not left out of what holds 1.png
    save(tmp_path / "old" / "1.png")
    assert left_out(tmp_path, used) == f"Left out of {tmp_path}: old/ (a folder)"


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, ["abc", "def"]),
        (2, ["cba", "fed"]),
        (3, ["fed", "cba"]),
        (4, ["def", "abc"]),
        (5, ["ad", "be", "cf"]),
        (6, ["da", "eb", "fc"]),
        (7, ["fc", "eb", "da"]),
        (8, ["cf", "be", "ad"]),
    ],
)
def test_each_orientation_of_a_camera_is_followed(tmp_path, orientation, upright):
    """The letters are the pixels of a picture that is stored as abc over def; EXIF counts eight ways to hold it."""
    stored = np.array([[ord(letter) for letter in row] for row in ("abc", "def")], np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(stored).save(tmp_path / "1.png", exif=exif)
    read = read_picture(tmp_path / "1.png")
    assert ["".join(map(chr, row)) for row in np.array(read)[..., 0]] == upright
    assert upright_size(tmp_path / "1.png") == read.size  # known without decoding


def png_of_16_bits(path: Path, colour: int, channels: int) -> Path:
    """A PNG of 2 x 2 pixels: Pillow itself writes none with 16 bits in colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 16, colour, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(2 * (b"\0" + 2 * channels * b"\x12\x34")))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + pixels + chunk(b"IEND", b""))
    return path


def expect_deep(file: Path, mode: str) -> None:
    for read in (read_picture, upright_size):
        with pytest.raises(ValueError, match=rf"{file.name} has more than 8 bits a channel \(mode {mode}\): save it"):
            read(file)


@pytest.mark.parametrize(
    ("colour", "channels", "mode"), [(0, 1, "I;16"), (2, 3, "RGB"), (4, 2, "RGBA"), (6, 4, "RGBA")]
)
def test_a_png_with_16_bits_a_channel_is_told_also_where_it_is_in_colour(tmp_path, colour, channels, mode):
    expect_deep(png_of_16_bits(tmp_path / "1.png", colour, channels), mode)


@pytest.mark.parametrize(
    ("content", "mode"),
    [
        (b"P6 2 2 65535\n" + 24 * b"\x12", "RGB"),
        (b"P6 2 2 300\n" + 24 * b"\1", "RGB"),
        (b"P3 1 1 65535\n1 2 3\n", "RGB"),
        (b"P5 2 2 65535\n" + 8 * b"\x12", "I"),
    ],
)
def test_a_ppm_whose_white_is_above_255_is_told(tmp_path, content, mode):
    (tmp_path / "1.ppm").write_bytes(content)
    expect_deep(tmp_path / "1.ppm", mode)


def test_a_tiff_of_floats_or_of_many_bits_is_told(tmp_path):
    for mode, kind in (("F", np.float32), ("I", np.int32), ("I;16", np.uint16)):
        Image.fromarray(np.ones((16, 16), kind)).save(tmp_path / f"{kind.__name__}.tif")  # floats of 0 to 1: black
        expect_deep(tmp_path / f"{kind.__name__}.tif", mode)


def test_pictures_of_8_bits_are_not_taken_for_deeper_ones(tmp_path):
    for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK"):
        for how in ({}, {"compression": "tiff_lzw"}):
            Image.new(mode, (16, 16)).save(tmp_path / "1.tif", **how)
            assert read_picture(tmp_path / "1.tif").mode == "RGB"
    for suffix in ("png", "bmp", "jpg", "webp", "ppm"):
        read_picture(save(tmp_path / f"1.{suffix}"))
    (tmp_path / "1.ppm").write_bytes(b"P6 2 2 15\n" + 12 * b"\x0f")  # white is 15
    assert read_picture(tmp_path / "1.ppm").getpixel((0, 0)) == (255, 255, 255)
    (tmp_path / "plain.ppm").write_bytes(b"P1 2 1\n1 0\n")
    assert read_picture(tmp_path / "plain.ppm").size == (2, 1)
    five_each = (
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 58, 0, 0, 54, 40, 2, 1, 1, 16, 0, 4, 0, 0, 0, 0) + b"\xff\x7f" * 2
    )
    (tmp_path / "1.bmp").write_bytes(five_each)  # 16 bits in all
    assert read_picture(tmp_path / "1.bmp").getpixel((0, 0)) == (255, 255, 255)
