"""How right an answer is."""

from dataclasses import dataclass
from typing import Any, Final

from flowkit.training.connectivity.case import Case

_SAME_PLACE: Final = (
    {"source_security_group", "source_nacl_outbound"},
    {"destination_nacl_inbound", "destination_security_group"},
)
"""Gates at one place, which records alone do not tell apart."""


@dataclass(frozen=True)
class Judged:
    """What of an answer is right; *rule* is None where the case has none to name.

    *misled* is a wrong cause named with confidence: worse than none, or than that it was not logged.
    """

    verdict: bool
    cause: bool
    rule: bool | None
    pattern: bool | None
    misled: bool


def judge(case: Case, report: Any) -> Judged:  # noqa: ANN401 - a ConnectivityReport, which lies in a layer above
    """Compare a report with what is right.

    No cause is right where two rules truly fit, and the true one stands among the candidates: where records do not tell
    the gate, and there is no snapshot, or it was taken after the rule had been mended.
    """
    truth = case.truth
    named = {one.cause for one in report.candidates}
    undecided = any(truth.cause in place for place in _SAME_PLACE) and (not case.snapshot or truth.rule is None)
    right = report.cause == truth.cause or (report.cause is None and undecided and truth.cause in named)
    told = next((one for one in report.candidates if one.cause == truth.cause and not one.contradicted_by), None)
    rule: bool | None = None
    if truth.rule is not None and case.snapshot:
        found = frozenset(told.rule) if told and isinstance(told.rule, list) else told.rule if told else None
        rule = (found, told.entry if told else None) == (truth.rule, truth.entry)
    return Judged(
        report.verdict == truth.verdict,
        right,
        rule,
        None if truth.pattern is None else report.pattern == truth.pattern,
        report.cause not in (None, "not_logged", truth.cause),
    )
