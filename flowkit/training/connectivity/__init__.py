"""Seeded cases for the connectivity playbook: connections through real rules, logged at both ends, with the answer.

`cases` yields them, `judge` holds a report against what is right. The rules that decide here are those of
`flowkit.training`, written apart from `flowkit.inventory`.
"""

from flowkit.training.connectivity.case import KINDS, Case, case, cases
from flowkit.training.connectivity.judging import Judged, judge
from flowkit.training.connectivity.situation import Truth

__all__ = ["KINDS", "Case", "Judged", "Truth", "case", "cases", "judge"]
