"""Graded tasks for instructors: drawn for each class from a seed and a secret salt, released and marked with nbgrader.

Not part of the installed library, so students do not get it with the course. ``python -m assessment --help`` lists the
commands, `book/instructors.md` explains them.
"""
