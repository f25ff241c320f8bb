"""Freed memory stays with the process."""

import ctypes
import subprocess
import sys

import pytest

from gancourse import memory

SCRIPT = """
import resource, sys, torch
from gancourse import memory
torch.set_num_threads(1)
if sys.argv[1] == "held":
    assert memory.hold()
for i in range(60):
    if i == 10:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    parts = [torch.ones(1_000_000) for _ in range(8)]  # 4 MB each
    del parts
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    run = subprocess.run([sys.executable, "-c", SCRIPT, how], capture_output=True, text=True, check=True)
    return int(run.stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="no glibc")
def test_pages_are_not_fetched_anew_once_they_are_held():
    if not (plainly := faults("as it is")):
        pytest.skip("here the C library keeps this memory of its own accord")
    assert faults("held") < 0.2 * plainly


def test_another_c_library_is_left_alone(monkeypatch):
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())
    assert memory.hold.__wrapped__() is False
