"""A student's own record, in one small file beside the notebooks: exercises done, attempts, predictions.

The file is ``progress.json`` in the current folder, on Colab in the folder gancourse of the user's Drive if that is
mounted, or what GANCOURSE_PROGRESS names (a file, or a folder for it). It goes nowhere else. At smoke scale nothing is
recorded, unless GANCOURSE_PROGRESS is set. A file that cannot be read or written costs one line of notice and nothing
else.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

from gancourse.files import written
from gancourse.home import at_home

_session: dict[Path | None, dict] = {}  # what is known where no file can be kept
_lost: set[Path] = set()  # files that could not be read or written, told once


def place() -> Path | None:
    """The file, or None if nothing is to be recorded."""
    given = os.environ.get("GANCOURSE_PROGRESS")
    if given:
        path = Path(os.path.expanduser(given))
        return path / "progress.json" if path.is_dir() else path
    return None if os.environ.get("GANCOURSE_SCALE") == "smoke" else at_home("progress.json")


def load() -> dict:
    """{"exercises": {name: {"done": bool, "attempts": int}}, "predictions": {key: answer}}"""
    path = place()
    if path is None or path in _lost:
        return _session.setdefault(path, blank())
    try:
        return well_formed(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return blank()
    except OSError as error:
        give_up(path, f"cannot be read ({error.strerror})")
    except (ValueError, RecursionError):
        set_aside(path)
    return blank()


def blank() -> dict:
    return {"exercises": {}, "predictions": {}}


def well_formed(state: object) -> dict:
    """`state`, if it has the form that :func:`load` promises.

    Raises:
        ValueError: it has not.
    """
    try:
        for entry in state["exercises"].values():
            entry["done"], entry["attempts"] = bool(entry["done"]), int(entry["attempts"])
        if all(isinstance(answer, str | int | float) for answer in state["predictions"].values()):
            return state
    except (TypeError, KeyError, AttributeError, OverflowError) as error:
        raise ValueError("no record of this course") from error
    raise ValueError("no record of this course")


def set_aside(path: Path) -> None:
    """Keep a damaged file under another name, so that a new one can begin."""
    aside = path.with_suffix(".damaged")
    try:
        os.replace(path, aside)
        print(f"({path.name} is damaged. It is kept as {aside.name}, and a new record begins.)")
    except OSError:
        give_up(path, "is damaged and cannot be moved")


def give_up(path: Path, why: str) -> None:
    if path not in _lost:
        _lost.add(path)
        print(f"({path} {why}: your progress is kept until the notebook is closed, not longer.)")


def change(edit: Callable[[dict], None]) -> None:
    """Read the record, edit it, write it."""
    state, path = load(), place()
    edit(state)
    _session[path] = state
    if path is None or path in _lost:
        return
    try:
        with written(path) as partial:
            partial.write_text(json.dumps(state, indent=1, ensure_ascii=True), "utf-8")
    except OSError as error:
        cause = error.__cause__ or error
        give_up(path, f"cannot be written ({getattr(cause, 'strerror', None) or cause})")


def record(exercise: str, done: bool) -> None:
    """Note an attempt. Attempts are counted up to the first right one; what is done stays done."""

    def edit(state: dict) -> None:
        entry = state["exercises"].setdefault(exercise, {"done": False, "attempts": 0})
        if not entry["done"]:
            entry.update(done=done, attempts=entry["attempts"] + 1)

    change(edit)


def predict(key: str, answer: object) -> None:
    """Record a prediction before the result is shown.

    Args:
        key: a name for the question.
        answer: words or a number; `...` or None stands for no prediction yet.
    """
    answer = plain(answer)
    if answer is None:
        print("No prediction yet: put your guess in place of `...` before you go on. A wrong one teaches most.")
        return
    before = load()["predictions"].get(str(key))
    change(lambda state: state["predictions"].update({str(key): answer}))
    print(f"Noted: {answer}" + (f" (before: {before})" if before not in (None, answer) else ""))


def plain(answer: object) -> str | int | float | None:
    """An answer as JSON can keep it; None if there is none."""
    if answer is None or answer is ...:
        return None
    try:
        if hasattr(answer, "tolist"):  # a tensor or an array
            answer = answer.tolist()
        if isinstance(answer, int | float) and abs(answer) < 1e15:  # neither NaN nor infinity
            return answer
        return str(answer).encode("utf-8", "replace").decode().strip() or None
    except Exception:  # an object that cannot even be printed
        return f"something of the type {type(answer).__name__}"


def recall(key: str) -> str | int | float | None:
    """Print and return what was predicted; None, with a line that says so, if nothing was."""
    answer = load()["predictions"].get(str(key))
    print("You made no prediction here." if answer is None else f"You predicted: {answer}")
    return answer


def progress() -> None:
    """Print what is done and what is open, the attempts it took, and the predictions."""
    from gancourse.check.verdict import EXERCISES  # the list is complete once all chapters are imported

    state = load()
    entries = {name: state["exercises"].get(name, {"done": False, "attempts": 0}) for name in EXERCISES}
    print(f"{'exercise':<24}{'':<8}attempts")
    for name, entry in entries.items():
        print(f"{name:<24}{'done' if entry['done'] else 'open':<8}{entry['attempts'] or '-':>8}")
    print(f"{sum(e['done'] for e in entries.values())} of {len(entries)} done.")
    for key, answer in state["predictions"].items():
        print(f"You predicted for {key}: {answer}")
