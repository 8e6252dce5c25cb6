"""Seeded cases for the detectors: a day of hosts' habits as a flow log, something amiss among them, and the truth.

`cases` yields one of each of `KINDS`: call-homes, uploads, scans, guessing, floods, and what only looks like them.
"""

from flowkit.training.habits.case import KINDS, Case, case, cases
from flowkit.training.habits.situation import Truth

__all__ = ["KINDS", "Case", "Truth", "case", "cases"]
