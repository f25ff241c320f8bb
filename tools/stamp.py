"""Stamps: what made a stored result, so that a test can tell when it no longer holds.

A stamp holds a hash of the code that was run and of each library file that it used, the scale, versions, hardware,
minutes and peak memory. Comments, docstrings and layout do not count: only a change of code makes a result stale.
"""

import ast
import hashlib
import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("torch", "torchvision", "torchmetrics", "numpy", "matplotlib")


def code_hash(source: str) -> str:
    """Hash of Python code without comments, docstrings and layout."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body[0].value.value = ""
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()[:12]


def cells_hash(cells: list[str]) -> str:
    """Hash of a notebook's code cells. A line that is for IPython counts as text, and one that installs not at all."""
    plain = [
        MAGIC.sub(lambda m: f"{m[1]}{'pass' if 'pip install' in m[2] else f'magic({m[2]!r})'}", cell) for cell in cells
    ]
    return code_hash("\n".join(plain))


MAGIC = re.compile(r"^([ \t]*)([%!]\S.*)$", re.MULTILINE)


def read(file: str | Path) -> str:
    return (ROOT / file).read_text("utf-8")


def library_hashes(files: list[str]) -> dict[str, str]:
    """A hash for each library file, by its path from the root of the repository."""
    return {file: code_hash(read(file)) for file in sorted(files)}


def whole_library() -> dict[str, str]:
    """A hash for every file of the library: to be taken before a run, since files may change while it goes on."""
    return library_hashes([f.relative_to(ROOT).as_posix() for f in (ROOT / "gancourse").rglob("*.py")])


def used_files(modules: list[str]) -> list[str]:
    """The files of those of `modules` (names as in sys.modules) that belong to this repository's library."""
    found = []
    for module in modules:
        path = ROOT / module.replace(".", "/")
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if module.split(".")[0] == "gancourse" and file.is_file() and file.name != "__main__.py":
                found.append(file.relative_to(ROOT).as_posix())
    return found


def changed(library: dict[str, str]) -> list[str]:
    """Those of the stamped library files whose code is another now, or gone."""
    return [f for f, h in library.items() if not (ROOT / f).is_file() or code_hash(read(f)) != h]


def hardware() -> str:
    """The machine in a few words, with nothing that tells one machine of its kind from another."""
    import torch

    if torch.cuda.is_available():
        return f"{torch.cuda.get_device_name()}, {os.cpu_count()} cores"
    return f"CPU, {torch.get_num_threads()} thread(s), {torch.backends.cpu.get_cpu_capability()}, {platform.system()}"


def versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def peak_megabytes() -> int:
    """The most memory that this process has had."""
    import psutil  # comes with ipykernel

    memory = psutil.Process().memory_info()
    if hasattr(memory, "peak_wset"):  # Windows
        return memory.peak_wset // 1_000_000
    import resource

    unit = 1 if platform.system() == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit // 1_000_000
