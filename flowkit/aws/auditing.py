"""Was it logged? From a snapshot, or live, to an `Audit`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from flowkit.aws import failing, unlogged
from flowkit.aws.applying import Network
from flowkit.aws.asking import Place
from flowkit.aws.audited import Audit
from flowkit.aws.collecting import Named, looked_at
from flowkit.aws.doubled import doubled
from flowkit.aws.faults import SEVERITIES, Facts, Problem
from flowkit.aws.reaching import Reached, reached
from flowkit.inventory import Snapshot
from flowkit.inventory.text import shown


def audited(snapshot: Snapshot, *, start: datetime | None = None, end: datetime | None = None) -> Audit:
    """Return what a snapshot tells of the logging."""
    return _audit(Network(snapshot), {}, start, end)


def audited_live(
    *, region: Named = None, profile: Named = None, role: Named = None, start: datetime | None = None,
    end: datetime | None = None,
) -> Audit:  # fmt: skip
    """Ask AWS what an audit takes, and whether the destinations can be read."""
    snapshot, places = looked_at(region=region, profile=profile, role=role)
    network = Network(replace(snapshot, source=_asked(places)))
    return _audit(network, reached(network, places), start, end)


def _audit(network: Network, reach: Mapping[str, Reached], start: datetime | None, end: datetime | None) -> Audit:
    covers = network.interfaces()
    facts = Facts(network, covers, network.within(), doubled(covers), reach, start, end)
    return Audit(facts, _problems(facts))


def _asked(places: Sequence[Place]) -> str:
    return f"AWS: {', '.join(map(str, places))}"


def _problems(facts: Facts) -> tuple[Problem, ...]:
    """Return every problem, the gravest first."""
    found = [problem for finder in (*unlogged.FINDERS, *failing.FINDERS) for problem in finder(facts)]
    told = (Problem(p.severity, p.kind, shown(p.resource), shown(p.sentence), p.command) for p in found)
    return tuple(sorted(told, key=lambda p: (SEVERITIES.index(p.severity), p.kind, p.resource)))
