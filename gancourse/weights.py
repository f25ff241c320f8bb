"""What torch.save wrote: tensors and plain values, read without running code."""

import zipfile
from pathlib import Path

import torch


def read(path: Path) -> object:
    """What is in the file, on the CPU.

    Raises:
        FileNotFoundError: there is no such file.
        Damaged: nothing can be read from it; the message says why, in a few words.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except Exception as error:  # on damaged files torch raises nearly anything
        raise Damaged(what_is_wrong(path)) from error


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
