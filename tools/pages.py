"""What is measured, as Markdown that a page of the book includes."""

from pathlib import Path

from gancourse.files import written


def for_the_book(path: Path, *parts) -> None:
    """Tables and lines of text as Markdown, which a page of the book includes."""
    with written(path) as partial:
        partial.write_text("\n\n".join(map(markdown, parts)) + "\n", "utf-8")


def markdown(part) -> str:
    """A table of :func:`gancourse.plots.table`, or text as it is."""
    if isinstance(part, str):
        return part
    head, *rows = part.lines
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def made_on(result: dict) -> str:
    """Where and when, in a line."""
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    return f"Measured on {result['hardware']}, {result['date']}; {versions}."
