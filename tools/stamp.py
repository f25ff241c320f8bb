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


def part_hashes(source: str) -> str:
    """A hash for each function, class, import and statement of a file, in one text.

    A file that only gains a function still holds all that a stored result was made with.
    """
    tree = ast.parse(source)
    imported = [ast.unparse(one) for part in tree.body if isinstance(part, IMPORTS) for one in single(part)]
    others = [ast.unparse(part) for part in tree.body if not isinstance(part, (*IMPORTS, ast.Expr))]
    others = [part for part in others if not part.startswith("__all__ =")]
    return " ".join(sorted({code_hash(part)[:8] for part in imported + others}))


IMPORTS = (ast.Import, ast.ImportFrom)


def single(part: ast.Import | ast.ImportFrom) -> list[ast.Import | ast.ImportFrom]:
    """An import of several names as several imports."""
    if isinstance(part, ast.Import):
        return [ast.Import([name]) for name in part.names]
    return [ast.ImportFrom(part.module, [name], part.level) for name in part.names]


def library_hashes(files: list[str]) -> dict[str, str]:
    """The :func:`part_hashes` of each library file, by its path from the root of the repository."""
    return {file: part_hashes(read(file)) for file in sorted(files)}


def whole_library() -> dict[str, str]:
    """The hashes of every file of the library: taken before a run, since files may change while it goes on."""
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
    """Those of the stamped library files of whose code a part is another now, or gone."""
    return [
        f for f, h in library.items() if not (ROOT / f).is_file() or set(h.split()) - set(part_hashes(read(f)).split())
    ]


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
