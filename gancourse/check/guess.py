"""Answers that are letters or numbers and no functions: predictions, and knobs that were turned."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gancourse.check.verdict import NotYet, StillOpen, kind

Why = tuple[str, str, str]  # what is wrong with this choice, a number, a hint


def judge_letter(answer: object, right: str, others: dict[str, Why]) -> None:
    """Hold a prediction, one letter, to the right one; each of the others has its reason.

    Raises:
        NotYet: it is one of the others, or no such letter.
        StillOpen: it is empty.
    """
    letters = sorted({right, *others})
    hint = f'hand over one of {", ".join(letters)}, as in "{letters[0]}"'
    if not isinstance(answer, str):
        raise NotYet(f"the check was given {kind(answer)}, and one letter is asked for", hint=hint)
    letter = "".join(c for c in answer if c.isalnum()).lower()
    if not letter:
        raise StillOpen
    if letter not in letters:
        raise NotYet(f"“{answer}” is none of the letters", hint=hint)
    if letter != right:
        what, number, hint = others[letter]
        raise NotYet(f"({letter}): {what}", number, hint)


def number_of(answer: object, asked: str = "one number") -> float:
    """The answer as a finite number."""
    if isinstance(answer, Tensor) and answer.numel() == 1 and not answer.is_complex() and answer.dtype != torch.bool:
        answer = answer.item()
    if type(answer).__module__ == "numpy" and getattr(answer, "ndim", 1) == 0:
        answer = answer.item()
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        quotes = ", without quotation marks" if isinstance(answer, str) else ""
        raise NotYet(f"the check was given {kind(answer)}, and {asked} is asked for", hint=f"hand over {asked}{quotes}")
    if not abs(answer) < 1e9:
        raise NotYet(f"{answer} is not a number of the size asked for", hint=f"hand over {asked}")
    return float(answer)


def numbers_of(answer: object, form: str) -> list[float]:
    """The answer as finite numbers, as many as there are names in the form, such as "(kernel, stride, padding)"."""
    n = form.count(",") + 1
    if isinstance(answer, Tensor) or type(answer).__module__ == "numpy" and hasattr(answer, "tolist"):
        answer = answer.tolist()
    if not isinstance(answer, tuple | list) or isinstance(answer, nn.Module):
        raise NotYet(f"the check was given {kind(answer)}", hint=f"hand over {n} numbers, {form}")
    if not answer or any(one is ... for one in answer):
        raise StillOpen
    if len(answer) != n:
        came = "1 number" if len(answer) == 1 else f"{len(answer)} numbers"
        raise NotYet(f"{came} came, and {n} are asked for", hint=f"hand over {form}")
    return [number_of(one) for one in answer]


def whole(numbers: Sequence[float], what: str = "pixels are counted in whole numbers") -> list[int]:
    for one in numbers:
        if one != int(one):
            raise NotYet(f"{one:g} is not a whole number", hint=what)
    return [int(one) for one in numbers]
