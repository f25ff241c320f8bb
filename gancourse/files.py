"""Files that are whole or not there: written beside their final name, then renamed."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch
from platformdirs import user_cache_path

from gancourse import weights


def cache_folder() -> Path:
    """Where things that can be made again are kept: GANCOURSE_CACHE, or the user's cache folder."""
    given = os.environ.get("GANCOURSE_CACHE")
    return Path(given) if given else user_cache_path("gancourse")


@contextmanager
def written(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; rename it to `path` if the block succeeds, remove it if not.

    Raises:
        OSError: the folder cannot be written, or the disk is full. The message names the path and the mend; what
            stood under `path` before is still there.
    """
    path = Path(path)
    partial = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=path.stem, suffix=".part" + path.suffix, dir=path.parent)
        os.close(handle)
        partial = Path(name)
        yield partial
        with open(partial, "rb+") as file:
            os.fsync(file.fileno())  # on the disk before it has its name: else a power cut could leave a file of zeros
        os.chmod(partial, 0o666 & ~umask())  # mkstemp makes files that only their owner may read
        os.replace(partial, path)
    except (OSError, RuntimeError) as error:  # torch.save reports a full disk as RuntimeError
        raise OSError(f"cannot write {path}: {reason(error)}. Free some space or name another folder") from error
    finally:
        if partial is not None:
            with suppress(OSError):
                partial.unlink()


def reason(error: Exception) -> str:
    """What the system says, in a few words."""
    if "inline_container" in str(error):  # of torch, whose own words tell of its code
        return "the disk is full, or was taken away"
    return (getattr(error, "strerror", None) or str(error).splitlines()[0]).rstrip(".")


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def cached(path: Path, make: Callable[[], dict]) -> dict:
    """What was kept under `path`, or what `make()` gives, which is then kept. A damaged file is named and made again.

    Args:
        path: of a file that :func:`gancourse.weights.read` reads.
        make: gives tensors and plain values by name.

    Raises:
        OSError: the folder cannot be written; found out before `make` is asked.
    """
    try:
        return weights.read(path)
    except weights.Damaged as error:
        print(f"{path} is damaged ({error}): it is made again.")
    except OSError:  # there is none, or none that may be read
        pass
    with written(path) as partial:
        torch.save(found := make(), partial)
    return found
