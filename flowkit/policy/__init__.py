"""Segmentation policies: who may talk to whom, in a file that people write and review.

`read` takes such a file, `check` holds flows against it, `learn` proposes one from what was seen.
"""

from flowkit.policy.checking import check, matrix
from flowkit.policy.learning import learn
from flowkit.policy.reading import examples, read
from flowkit.policy.values import Exemption, Policy, Rule, Segment

__all__ = ["Exemption", "Policy", "Rule", "Segment", "check", "examples", "learn", "matrix", "read"]
