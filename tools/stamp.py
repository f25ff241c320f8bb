"""Stamps: what made a stored result, so that a test can tell when it no longer holds.

A stamp holds a hash of the code that was run and of each part of the library that it can reach, the scale, versions,
hardware, minutes and peak memory. Comments, docstrings and layout do not count: only a change of code makes a result
stale.
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
    return code_hash(plain(cells))


def plain(cells: list[str]) -> str:
    """Code cells as one source that Python can read."""
    lines = lambda m: f"{m[1]}{'pass' if 'pip install' in m[2] else f'magic({m[2]!r})'}"  # noqa: E731
    return "\n".join(MAGIC.sub(lines, cell) for cell in cells)


MAGIC = re.compile(r"^([ \t]*)([%!]\S.*)$", re.MULTILINE)


def read(file: str | Path) -> str:
    return (ROOT / file).read_text("utf-8")


def parts(source: str) -> list[tuple[set[str], str]]:
    """A file's functions, classes, imports and statements: the names that each defines, and its code.

    A statement that defines no name, such as a condition, goes with everything else.
    """
    tree = ast.parse(source)
    found = [single for part in tree.body for single in apart(part) if not isinstance(single, ast.Expr)]
    return [(defined(part), ast.unparse(part)) for part in found if defined(part) != {"__all__"}]


def apart(part: ast.stmt) -> list[ast.stmt]:
    """An import of several names as several imports; anything else as it is."""
    if isinstance(part, ast.Import):
        return [ast.Import([name]) for name in part.names]
    if isinstance(part, ast.ImportFrom):
        return [ast.ImportFrom(part.module, [name], part.level) for name in part.names]
    return [part]


def defined(part: ast.stmt) -> set[str]:
    """The names that a statement defines."""
    if isinstance(part, ast.Import | ast.ImportFrom):
        return {(name.asname or name.name).split(".")[0] for name in part.names}
    if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {part.name}
    targets = getattr(part, "targets", [part.target] if isinstance(part, ast.AnnAssign) else [])
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}


def words(source: str) -> set[str]:
    """All names that code mentions: variables, attributes, and what it imports."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.alias):
            found |= {node.name.split(".")[-1], *node.name.split(".")}
        found |= {getattr(node, "id", None), getattr(node, "attr", None)}
    return found - {None}


def reached(roots: list[str], files: dict[str, str]) -> dict[str, str]:
    """Hashes of those parts of library files that code can reach, by file; files of which it reaches none are left out.

    A part is reached if code that is reached mentions a name that it defines. Names are not told apart by where they
    come from, so rather too much is reached than too little. A file that gains a function, or changes one that is not
    reached, still holds all that a stored result was made with.

    Args:
        roots: code that was run, such as a notebook's cells or a script.
        files: sources of the library files that were imported, by path.
    """
    left = [(file, names, code) for file, source in files.items() for names, code in parts(source)]
    mentioned, taken = set().union(*map(words, roots)), {}
    while found := [one for one in left if not one[1] or one[1] & mentioned]:
        left = [one for one in left if one not in found]
        for file, _, code in found:
            mentioned |= words(code)
            taken.setdefault(file, set()).add(code_hash(code)[:8])
    return {file: " ".join(sorted(taken[file])) for file in sorted(taken)}


def library_hashes(files: list[str]) -> dict[str, str]:
    """Hashes of all parts of some library files, by path from the root of the repository."""
    return {file: " ".join(sorted(hashes(read(file)))) for file in sorted(files)}


def whole_library() -> dict[str, str]:
    """The sources of all library files: taken before a run, since files may change while it goes on."""
    files = [f.relative_to(ROOT).as_posix() for f in (ROOT / "gancourse").rglob("*.py")]
    return {file: read(file) for file in files}


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
    """Those of the stamped library files of whose code a stamped part is another now, or gone."""
    return [f for f, kept in library.items() if not (ROOT / f).is_file() or set(kept.split()) - hashes(read(f))]


def hashes(source: str) -> set[str]:
    """Of all parts of a file."""
    return {code_hash(code)[:8] for _, code in parts(source)}


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
