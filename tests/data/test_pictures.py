"""What is told about a folder of pictures: what is left out of it, and faults with the names of the files."""

from pathlib import Path

import pytest
from PIL import Image

from gancourse.data.faults import explain, left_out
from gancourse.data.folders import PairedFolder


def save(path: Path, w: int = 24, h: int = 16, orientation: int | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
    Image.new("RGB", (w, h)).save(path, exif=exif)
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
    ("one", "other", "part"),
    [("A", "B", None), ("train/A", "train/B", "train"), ("A/val", "B/val", "val"), ("testA", "testB", "test")],
)
def test_a_file_without_a_partner_is_named_with_its_path(tmp_path, one, other, part):
    for name in (f"{one}/1.png", f"{other}/1.png"):
        save(tmp_path / name)
    explain(tmp_path, [part])
    lonely = save(tmp_path / other / "3.jpg")
    with pytest.raises(ValueError, match=r"3\.jpg has no partner in .*1 of them stand alone") as caught:
        explain(tmp_path, ["another", part])
    assert str(caught.value).startswith(f"{lonely} has no partner in {tmp_path / one}: ")
    save(tmp_path / one / "2.png")
    with pytest.raises(ValueError, match=r"2\.png has no partner in .*2 of them stand alone"):
        explain(tmp_path, [part])


def test_a_size_that_exif_changed_says_so(tmp_path):
    save(tmp_path / "A" / "1.jpg", 120, 90, orientation=6)
    save(tmp_path / "B" / "1.jpg", 120, 90)
    with pytest.raises(ValueError, match="is 90 x 120 and") as plain:
        PairedFolder(tmp_path, part=None)
    with pytest.raises(ValueError, match=r"A/1\.jpg is stored as 120 x 90, and its EXIF orientation turns") as caught:
        explain(tmp_path, [None])
    assert str(caught.value).startswith(str(plain.value)) and "B/1.jpg is stored" not in str(caught.value)
    save(tmp_path / "B" / "1.jpg", 100, 90)
    save(tmp_path / "A" / "1.jpg", 120, 90, orientation=3)  # upside down: the size is the same
    with pytest.raises(ValueError, match="a pair is of one size$"):
        explain(tmp_path, [None])
    save(tmp_path / "odd" / "1.jpg", 40, 25, orientation=6)
    with pytest.raises(ValueError, match=r"is 25 x 40: .*even width\. odd/1\.jpg is stored as 40 x 25, and its EXIF"):
        explain(tmp_path / "odd", [None])
