"""Files that are whole or not there: written beside their final name, then renamed."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from pickle import UnpicklingError

import torch
from platformdirs import user_cache_path


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
        os.chmod(partial, 0o666 & ~umask())  # mkstemp makes files that only their owner may read
        os.replace(partial, path)
    except (OSError, RuntimeError) as error:  # torch.save reports a full disk as RuntimeError
        raise OSError(f"cannot write {path}: {reason(error)}. Free some space or name another folder") from error
    finally:
        if partial is not None:
            with suppress(OSError):
                partial.unlink()


def kept(path: Path) -> dict | None:
    """What torch.save wrote there, or None if there is nothing, or it is damaged and has to be made again."""
    try:
        return torch.load(path, weights_only=True, map_location="cpu")
    except (OSError, RuntimeError, EOFError, ValueError, LookupError, TypeError, AttributeError, UnpicklingError):
        return None


def reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error).splitlines()[0]).rstrip(".")


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def cached(path: Path, make: Callable[[], dict]) -> dict:
    """What was kept under `path`, or what `make()` gives, which is then kept.

    Raises:
        OSError: the folder cannot be written; found out before `make` is asked.
    """
    found = kept(path)
    if found is None:
        with written(path) as partial:
            torch.save(found := make(), partial)
    return found
