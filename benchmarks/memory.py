"""How much memory a piece of work needs: tensors, and all that the process holds."""

import gc
import os
import re
import resource
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path

import psutil
import torch
from torch.profiler import ProfilerActivity, profile

from gancourse.scale import device

MIB = 2**20
os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # else the profiler calls it an error that there is no GPU


def tensors(work: Callable[[], object]) -> float:
    """MiB of the tensors that `work` makes, at their peak. Exact, and the same at every call.

    On a GPU torch counts; elsewhere its profiler writes down what each tensor takes and gives back.
    """
    if device().type == "cuda":
        before = now()
        work()
        return held() - before
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        work()
    found = [event for event in seen.profiler.kineto_results.events() if event.name() == "[memory]"]
    return max(accumulate(event.nbytes() for event in sorted(found, key=lambda event: event.start_ns()))) / MIB


def held() -> float:
    """The largest MiB so far: of the process's resident set, and on a GPU of what torch allocated.

    The resident set has, beside tensors, the pages of torch's own code that were needed, and the kernels that oneDNN
    compiles for each shape and keeps.
    """
    if device().type == "cuda":
        return torch.cuda.max_memory_allocated() / MIB
    if (status := Path("/proc/self/status")).exists():  # Linux hands the peak of getrusage on to a child
        return float(re.search(r"VmHWM:\s+(\d+) kB", status.read_text()).group(1)) * 1024 / MIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB  # bytes on macOS


def now() -> float:
    """MiB held at present; :func:`held` begins anew where it can."""
    gc.collect()
    if device().type != "cuda":
        return psutil.Process().memory_info().rss / MIB
    torch.cuda.reset_peak_memory_stats()
    return torch.cuda.memory_allocated() / MIB
