"""What torch.save wrote: tensors and plain values, read without running code."""

import errno
import zipfile
from pathlib import Path

import torch


def read(path: Path) -> object:
    """What is in the file, on the CPU.

    Raises:
        OSError: there is no such file, or the disk could not read it now.
        MemoryError: the file is sound, but there is no room for what it holds.
        Damaged: nothing can be read from it; the message says why, in a few words.
    """
    try:
        expect_checksums(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # on damaged files torch raises nearly anything
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        if zipfile.is_zipfile(path) and is_out_of_memory(error):
            raise MemoryError(f"no room in memory for {path}") from error
        raise error if isinstance(error, Damaged) else Damaged(what_is_wrong(path)) from error


def expect_checksums(path: Path) -> None:
    """Raise Damaged if the file is a zip, as torch writes them now, and a checksum in it is wrong. Torch does not look
    at them, and would hand out weights that are not what was written."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as file:
            if file.testzip():
                raise Damaged("a checksum in it is wrong")


def is_out_of_memory(error: Exception) -> bool:
    """Whether there was no room for a tensor: GPUs have an error of their own for it, processors have words."""
    words = ("can't allocate memory", "not enough memory")
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(one in str(error) for one in words)


class Damaged(ValueError):
    """A file that holds no weights."""


def what_is_wrong(path: Path) -> str:
    """The likeliest reason why torch could not read a file."""
    with open(path, "rb") as file:
        start = file.read(4)
    if not start:
        return "it is empty"
    if zipfile.is_zipfile(path):
        return "it holds other things than tensors and plain values, or they are damaged"
    return "it is cut off" if start.startswith(b"PK") else "it is cut off, or torch did not write it"
