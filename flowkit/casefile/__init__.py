"""A case: a folder that holds an investigation, and whose journal proves that it is as it was written.

::

    case.json         layout, name, when it was begun
    journal.jsonl     all that was done, an entry per line, each with the hash of the one before; journal.head its end
    flows-v1/         records, as `flowkit.store` keeps them
    loads/            what was asked of each load, and what became of each object
    inventory/<id>/   the documents of a snapshot
    known/<id>/       the user's lists and databases
    findings/<id>/    a finding, its evidence and figures
    raw/<sha256>      objects as they were
"""

from flowkit.casefile.contents import CaseReport
from flowkit.casefile.copying import CaseWarning
from flowkit.casefile.investigation import Case, opened
from flowkit.casefile.telling import Kept
from flowkit.casefile.verifying import Problem, Verification

__all__ = ["Case", "CaseReport", "CaseWarning", "Kept", "Problem", "Verification", "opened"]
