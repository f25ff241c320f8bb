"""Memory that one round frees is what the next one asks for."""

import ctypes
from functools import cache

TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD = -1, -2, -3  # numbers of the settings, malloc.h of glibc


@cache
def hold() -> bool:
    """Ask the C library to keep freed memory instead of handing it back to the system after each tensor.

    Else the system must find, and fill with zeros, the same pages for every round anew. That costs a round of many
    tensors of some MB up to a fifth of its time on a CPU. Whatever is held is given back when the process ends.

    Returns:
        True if the C library knows these settings, as glibc does. Others are left as they are.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    settings = {MMAP_THRESHOLD: 2**25, TRIM_THRESHOLD: 2**31 - 1, TOP_PAD: 2**26}  # bytes; 2**25 is the most it takes
    return all(mallopt(name, value) == 1 for name, value in settings.items())
