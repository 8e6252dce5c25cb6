"""The verdict: from attempts, causes and patterns to one answer, or to none where none can be given."""

from dataclasses import dataclass
from typing import Final

from flowkit.analysis import outcomes, watching
from flowkit.playbooks.connectivity.case import Case
from flowkit.playbooks.connectivity.causes import candidates
from flowkit.playbooks.connectivity.steps import patterns
from flowkit.playbooks.finding import Candidate
from flowkit.playbooks.patterns import Hypothesis

_LEAST: Final = 3
_SHARE: Final = 0.03
"""Failures fewer than these, that nothing separates from what works, are what networks lose: the pair is reachable."""
_SAID: Final = (4, 0.005)
"""Rejects and RSTs are no losses but answers, of a rule or a host: so many, and such a share of all, are not chance."""
_NEARLY_ALL: Final = 0.9


@dataclass(frozen=True, eq=False)
class Verdict:
    """The answer; see `ConnectivityReport`."""

    name: str
    cause: str | None = None
    candidates: tuple[Candidate, ...] = ()
    pattern: str | None = None
    hypotheses: tuple[Hypothesis, ...] = ()
    fraction_failing: float | None = None


def verdict(case: Case) -> Verdict:
    """Return the answer that attempts allow."""
    worked, failed = len(case.worked), len(case.failed)
    if not worked + failed:
        return _without_attempts(case)
    fraction = failed / (worked + failed)
    if not failed:
        return Verdict("reachable", fraction_failing=fraction)
    found = tuple(candidates(case.attempts, case.asked, case.snapshot))
    cause = _cause(found)
    if not worked:
        rejected = int((case.failed.outcome == outcomes.REJECTED).sum())
        name = "blocked" if rejected >= _NEARLY_ALL * failed else "failing"
        return Verdict(name, cause, found, fraction_failing=fraction)
    told = tuple(patterns(case))
    if told or (failed >= _LEAST and fraction >= _SHARE) or _said_no(case):
        named = next((one.pattern for one in told if one.pattern != "packet_size"), None)
        return Verdict("intermittent", cause, found, named, told, fraction)
    return Verdict("reachable", None, found, fraction_failing=fraction)


def _said_no(case: Case) -> bool:
    """Tell whether attempts were refused or rejected, for certain, more often than by some mishap."""
    failed = case.failed
    certain = (failed.outcome == outcomes.REJECTED) | (failed.outcome == outcomes.REFUSED) & failed.flagged
    fewest, share = _SAID
    return int(certain.sum()) >= max(fewest, share * (len(case.worked) + len(failed)))


def _without_attempts(case: Case) -> Verdict:
    """Return the answer where nothing is known of any attempt: seen by nobody, or hidden in the dark."""
    hidden = bool((case.attempts.outcome == outcomes.UNKNOWN).any())
    if not hidden and watching.both_throughout(case.source, case.destination):
        return Verdict("not_seen")
    dark = Candidate("not_logged", why=f"The source is {case.source}, the destination {case.destination}.")
    return Verdict("cannot_tell", "not_logged", (dark,))


def _cause(found: tuple[Candidate, ...]) -> str | None:
    """Return the one cause that fits; none where several do, or the only ones are contradicted."""
    fitting = [one for one in found if not one.contradicted_by]
    named = [one for one in fitting if one.rule is not None] or fitting
    if not fitting and len(found) == 1:
        return found[0].cause  # the records tell the gate, whatever the snapshot says of it
    return named[0].cause if len({one.cause for one in named}) == 1 else None
