"""Draw, release, collect and grade the assessment of a class.

python -m assessment draw classes/autumn --seed autumn [--chapter 06]    needs the salt, see book/instructors.md
python -m assessment release classes/autumn [--chapter 06]
python -m assessment collect classes/autumn classes/autumn/uploads       uploads/<student>/*.ipynb
python -m assessment grade classes/autumn [--student ada] [--timeout 60]
python -m assessment feedback classes/autumn
python -m assessment export classes/autumn [more folders] [--into FOLDER]
python -m assessment demo                                                a made-up class, from draw to export
"""

import argparse
import re
import sys
from pathlib import Path

from assessment.draw import CHAPTERS, NoSalt, NotDrawn, read_salt


def main() -> int:
    sys.stdout.reconfigure(errors="replace", line_buffering=True)
    args = arguments()
    try:
        COMMANDS[args.command](args)
        return 0
    except ModuleNotFoundError as error:
        if error.name != "nbgrader":
            raise
        print('nbgrader is not installed here: pip install -e ".[instructor]"', file=sys.stderr)
    except (NoSalt, NotDrawn, ValueError) as error:
        print(error, file=sys.stderr)
    return 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m assessment", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name in COMMANDS:
        command = commands.add_parser(name)
        if name == "demo":
            command.add_argument("--into", type=Path, default=Path("_build/grade-demo"))
            continue
        command.add_argument("folder", type=Path, nargs="+" if name == "export" else None)
        if name in ("draw", "release"):
            command.add_argument("--chapter", choices=CHAPTERS, type=lambda chapter: chapter.zfill(2))
        if name == "draw":
            command.add_argument("--seed", required=True)
        if name == "collect":
            command.add_argument("uploads", type=Path)
        if name == "grade":
            command.add_argument("--student")
            command.add_argument("--timeout", type=int)
        if name == "export":
            command.add_argument("--into", type=Path)
    return parser.parse_args()


def draw(args) -> None:
    salt = read_salt()
    if not re.fullmatch(r"[\w.-]+", args.seed):
        raise ValueError(f"a seed of letters, digits, dots and dashes, please: {args.seed!r}")
    from assessment.course import write_sources

    for path in write_sources(args.folder, args.seed, salt, (args.chapter,) if args.chapter else CHAPTERS):
        print(path)


def release(args) -> None:
    from assessment.course import release

    release(args.folder, [f"ch{args.chapter}"] if args.chapter else None)
    print(f"For students: {args.folder / 'release'}. After the deadline: {args.folder / 'solution'}.")
    print(f"For you alone: {args.folder / 'source'}, {args.folder / 'instructor'}, {args.folder / 'gradebook.db'}.")


def collect(args) -> None:
    from assessment.collect import collect

    print("\n".join(collect(args.folder, args.uploads)) or "Nothing to remark.")


def grade(args) -> None:
    from assessment.grade import grade, table

    outcomes = grade(args.folder, args.student, args.timeout)
    for name in sorted({one.assignment for one in outcomes}):
        print(f"\n{name}\n{table([one for one in outcomes if one.assignment == name])}")
    if any(one.open for one in outcomes):
        print("\n? waits for a person's marks; book/instructors.md says how to enter them.")


def feedback(args) -> None:
    from assessment.export import gather
    from assessment.grade import feedback

    print(f"{len(feedback(args.folder))} pages and notes in {args.folder / 'feedback'}. They show the hidden tests.")
    _, _, still_open = gather([args.folder])
    if still_open:
        print(f"{still_open} answers are not marked yet: the pages say 0 there. Mark, and repeat.", file=sys.stderr)


def export(args) -> None:
    from assessment.export import export

    paths, still_open = export(args.folder, args.into or args.folder[0])
    print(*paths, sep="\n")
    if still_open:
        print(f"{still_open} answers are not marked yet, and count as 0.", file=sys.stderr)


def demo(args) -> None:
    from assessment.demo import demo

    demo(args.into)


COMMANDS = {f.__name__: f for f in (draw, release, collect, grade, feedback, export, demo)}

if __name__ == "__main__":
    sys.exit(main())
