"""The command line as tests see it: what it says of a mistake, and what it hands on."""

import json

from gancourse.__main__ import main


def refused(arguments: str, capsys) -> str:
    """What a mistaken command says: one line on standard error, and code 2."""
    try:
        code = main(arguments.split())
    except SystemExit as stop:
        code = stop.code
    said = capsys.readouterr().err.strip()
    assert code == 2 and said.count("\n") == 0, said
    return said


def seen(folder) -> list[str]:
    """The files of a run that are not hidden."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def losses_of(folder) -> dict[str, list[float]]:
    """The losses of a run, by who moved."""
    rounds = [json.loads(line) for line in (folder / "losses.jsonl").read_text("utf-8").splitlines()]
    return {name: [line[name] for line in rounds] for name in rounds[0] if name != "round"}


def noted(monkeypatch, module, name: str) -> list:
    """What a function is called with from now on."""
    asked, plain = [], getattr(module, name)
    monkeypatch.setattr(module, name, lambda *how, **more: asked.append((how, more)) or plain(*how, **more))
    return asked
