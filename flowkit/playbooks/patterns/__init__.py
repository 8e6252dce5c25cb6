"""What separates the connection attempts that fail from those that work: `hypotheses` over the attempts of a pair.

Each kind of pattern is a module; `chance` says how each is tested, `ranking` tries them all.
"""

from flowkit.playbooks.patterns.hypothesis import Hypothesis
from flowkit.playbooks.patterns.ranking import hypotheses

__all__ = ["Hypothesis", "hypotheses"]
