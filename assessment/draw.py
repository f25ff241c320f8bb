"""Draw a class's own variants from a seed, which is public, and a salt, which is not.

Without the salt nobody can tell beforehand which variants a seed gives, though this file is public.
"""

import hashlib
import hmac
import os
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np

from assessment.variant import Explain, Variant

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = tuple(path.stem.removeprefix("ch") for path in sorted((ROOT / "assessment/families").glob("ch*.py")))
ATTEMPTS = 20
MAKE_ONE = """Make a salt once, keep it to yourself, and back it up:
  python -c 'import secrets; print(secrets.token_hex())' > ~/gancourse-salt
  export GANCOURSE_SALT_FILE=~/gancourse-salt"""


class NotDrawn(Exception):
    """What is asked for has not been made yet, or would be overwritten."""


class NoSalt(Exception):
    """There is no usable salt; the text says how to make one."""


def read_salt() -> str:
    """The instructor's salt: GANCOURSE_SALT itself, or what is in the file that GANCOURSE_SALT_FILE names.

    Raises:
        NoSalt: neither is set, the file cannot be read or lies inside the repository, or the salt is too short.
    """
    salt, file = os.environ.get("GANCOURSE_SALT", ""), os.environ.get("GANCOURSE_SALT_FILE", "")
    if not salt and not file:
        raise NoSalt(f"Neither GANCOURSE_SALT nor GANCOURSE_SALT_FILE is set.\n{MAKE_ONE}")
    if not salt:
        path = Path(file).expanduser().resolve()
        if path.is_relative_to(ROOT):
            raise NoSalt(f"The salt lies inside the repository, where it may be published: {file}. Move it out.")
        try:
            salt = path.read_text("utf-8")
        except OSError as error:
            raise NoSalt(f"The salt cannot be read from {file}: {error.strerror}.\n{MAKE_ONE}") from error
    salt = salt.strip()
    if len(salt) < 32:
        raise NoSalt(f"A salt of {len(salt)} characters can be guessed: take 32 or more.\n{MAKE_ONE}")
    return salt


def generator(salt: str, seed: str, chapter: str, family: str, attempt: int = 0) -> np.random.Generator:
    """The random numbers of one family in one class."""
    name = f"{seed}/{chapter}/{family}/{attempt}".encode()
    return np.random.default_rng(int.from_bytes(hmac.new(salt.encode(), name, hashlib.sha256).digest()))


def families(chapter: str) -> ModuleType:
    """The families of a chapter, "00" to "06".

    Raises:
        ValueError: no such chapter.
    """
    if chapter not in CHAPTERS:
        raise ValueError(f"no assessment for chapter {chapter}: there is one for {', '.join(CHAPTERS)}")
    return import_module(f"assessment.families.ch{chapter}")


def draw(chapter: str, seed: str, salt: str) -> list[Variant | Explain]:
    """A variant of each task and each question of the chapter."""
    book = families(chapter)
    tasks = [draw_task(family, salt, seed, chapter) for family in book.TASKS]
    return tasks + [family(generator(salt, seed, chapter, family.__name__)) for family in book.QUESTIONS]


def draw_task(family, salt: str, seed: str, chapter: str) -> Variant:
    """The first variant whose hidden tests tell the known right answers from the known wrong ones.

    Raises:
        RuntimeError: there is none among the first few: the family has a fault.
    """
    for attempt in range(ATTEMPTS):
        variant = family(generator(salt, seed, chapter, family.__name__, attempt))
        if variant.holds():
            return variant
    raise RuntimeError(f"{family.__name__}: of {ATTEMPTS} variants none tells right answers from wrong ones")
