"""One file for each chapter: TITLE, the TASKS that are marked by tests, the QUESTIONS that are marked by reading.

A task is a function of a NumPy generator that returns a :class:`~assessment.variant.Variant`; a question returns an
:class:`~assessment.variant.Explain`.
"""
