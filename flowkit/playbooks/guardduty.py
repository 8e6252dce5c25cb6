"""GuardDuty findings against one's own flow logs: whether those show what the finding says."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, cast

import pandas as pd

from flowkit import engine
from flowkit.analysis import conversations, did_talk
from flowkit.errors import FlowkitError, MissingFieldError, ScopeError, StoppedError
from flowkit.flows import Flows
from flowkit.playbooks import guardduty_reading, playbook
from flowkit.playbooks.guardduty_reading import Given, Read
from flowkit.playbooks.guardduty_types import known
from flowkit.playbooks.report import Report
from flowkit.scope import Scope
from flowkit.wording import several

Verdict = Literal["supported", "not_seen", "contradicted", "cannot_tell"]
MARGIN: Final = timedelta(minutes=15)
"""By how much the window is widened: an aggregation interval of ten minutes, and five for records that come late."""
_MINUTE: Final = timedelta(minutes=1)
_MOST_ASKED: Final = 4
"""Own addresses that are asked after one by one where nothing is seen: each takes some seconds in a large log."""
_FULLY: Final = "not seen, fully covered"


@dataclass(frozen=True, eq=False, kw_only=True)
class GuardDutyAnswer:
    """What flow logs say of a finding.

    Attributes
    ----------
    verdict
        ``supported``: the log has such traffic; ``contradicted``: the interface was logged throughout and there was
        none; ``not_seen``: none, but the log has gaps; ``cannot_tell``: not logged, or the finding rests on
        something else.
    summary
        The answer as a sentence or two.
    evidence
        `conversations` between the local and the remote addresses in the window.
    report
        Of the playbook that asks the same of these records; None if it is not registered or cannot be run on this log.
    coverage
        Whether the interface was logged at that time.
    """

    verdict: Verdict
    summary: str
    evidence: pd.DataFrame
    report: Report | None
    coverage: str

    def __str__(self) -> str:
        """Return the answer as text."""
        return f"{self.verdict.replace('_', ' ')}. {self.summary} {self.coverage}".strip()


@dataclass(frozen=True, kw_only=True)
class GuardDutyCase:
    """A GuardDuty finding as a question to flow logs.

    Attributes
    ----------
    type, title, severity
        As GuardDuty has them; severity 0 to 10, None where it is not said.
    instance_id, interface_ids
        What it is about.
    local_addresses, remote_addresses
        The ends, as flow records have them: private addresses and IPv6 of the interface, no public IPv4 of it.
    port
        Of the service; None where there are several.
    blocked
        Whether GuardDuty says that a group or an ACL stopped it.
    first, last
        When it was seen, in UTC.
    scope
        The interface (else the instance, else its addresses) and the window, widened.
    playbook
        The name of the one that asks the same of flow logs.
    rests_on_flow_logs
        Whether GuardDuty looked at flow logs.
    why
        What flow logs can show of it, a sentence.
    """

    type: str
    title: str
    severity: float | None
    instance_id: str
    interface_ids: tuple[str, ...]
    local_addresses: tuple[str, ...]
    remote_addresses: tuple[str, ...]
    port: int | None
    blocked: bool
    first: datetime
    last: datetime
    scope: Scope
    playbook: str
    rests_on_flow_logs: bool
    why: str

    def run(self, flows: Flows) -> GuardDutyAnswer:
        """Ask flow logs whether they show what the finding says; AWS is not asked.

        Parameters
        ----------
        flows
            Records that were logged at that time.

        Raises
        ------
        MissingFieldError
            If the log has no addresses or times.
        StoppedError
            If it was stopped.
        """
        for name in ("srcaddr", "dstaddr", "start", "end"):
            flows.field(name, "checking a GuardDuty finding")
        try:
            window = flows.narrow(start=self.scope.start, end=self.scope.end)
        except ScopeError:
            words = f"The flows are narrowed to {flows.scope}, which has nothing of the finding's time."
            none = conversations(flows, top=1).head(0)
            return GuardDutyAnswer(verdict="cannot_tell", summary=words, evidence=none, report=None, coverage=words)
        evidence = conversations(self._between(window))
        verdict, summary, coverage = self._judged(flows, window, evidence)
        report, note = self._report(window)
        coverage = " ".join(filter(None, (coverage, note)))
        return GuardDutyAnswer(verdict=verdict, summary=summary, evidence=evidence, report=report, coverage=coverage)

    def _between(self, window: Flows) -> Flows:
        """Return the records between the ends, whatever their port."""
        between = window.narrow(address=self.local_addresses) if self.local_addresses else self._at_resource(window)
        return between.narrow(address=self.remote_addresses) if self.remote_addresses else between

    def _at_resource(self, window: Flows) -> Flows:
        """Return the records of the interface or instance, or, where the log does not name it, of its addresses."""
        try:
            return window.within(self.scope)
        except MissingFieldError:
            return window.narrow(address=self.local_addresses) if self.local_addresses else window

    def _at_port(self, window: Flows, evidence: pd.DataFrame) -> pd.DataFrame:
        """Return the conversations at the finding's port, whichever end has it."""
        if self.port is None or evidence.empty or "dstport" not in window.fields:
            return evidence
        return conversations(self._between(window).narrow(port=self.port))

    def _judged(self, flows: Flows, window: Flows, evidence: pd.DataFrame) -> tuple[Verdict, str, str]:
        """Return verdict, summary and coverage."""
        ends = f"{_named(self.local_addresses, 'the instance')} and {_named(self.remote_addresses, 'anybody')}"
        if not self.rests_on_flow_logs or not self.remote_addresses:
            reason = self.why if not self.rests_on_flow_logs else "The finding names no remote address."
            return "cannot_tell", f"{reason} Between {ends} the log has {_amount(evidence)} in the window.", ""
        seen = self._at_port(window, evidence)
        port = f" on port {self.port}" if self.port is not None else ""
        if len(seen):
            words = f"Between {ends} the log has {_amount(seen)}{port}, from {_times(seen)}. {self.why}"
            return "supported", words, "The traffic itself was logged."
        verdict, coverage = self._covered(flows)
        words = {
            "contradicted": f"The log covers the time of the finding and has no traffic between {ends}{port}.",
            "not_seen": f"The log has no traffic between {ends}{port}, but does not cover all of that time.",
        }.get(verdict, f"The log cannot show traffic between {ends}{port} at that time.")
        return verdict, f"{words} On other ports it has {_amount(evidence)}." if len(evidence) else words, coverage

    def _covered(self, flows: Flows) -> tuple[Verdict, str]:
        """Tell what it means that nothing was seen, and why."""
        asked = flows.narrow(start=self.first, end=self.last + _MINUTE)
        pairs = [
            (own, other)
            for own in self.local_addresses[:_MOST_ASKED]
            for other in self.remote_addresses
            if (":" in own) == (":" in other) and own != other
        ]
        pairs = list({own: (own, other) for own, other in pairs}.values())
        if not pairs:
            return "cannot_tell", "The finding names no address of the instance in the family of the remote one."
        answers = [did_talk(asked, own, other, port=self.port).iloc[0] for own, other in pairs]
        reasons = " ".join(dict.fromkeys(str(one.reason) for one in answers))
        minutes = int((self.last + _MINUTE).timestamp() // 60) - int(self.first.timestamp() // 60)
        if all(one.answer == _FULLY for one in answers):
            return self._unless_left_out(asked, reasons)
        dark = all(one.answer == "cannot be seen" or one.minutes_uncovered >= minutes for one in answers)
        return ("cannot_tell" if dark else "not_seen"), reasons

    def _unless_left_out(self, asked: Flows, reasons: str) -> tuple[Verdict, str]:
        """Tell whether the log has records of the action in question at all: it may be of the other one only."""
        needed = "REJECT" if self.blocked else "ACCEPT"
        if "action" in asked.fields:
            table = asked.surroundings.table
            if not len(engine.frame(table.filter(table.action == needed).limit(1).select("action"))):
                left_out = f"No {needed} is in the log at that time, so its flow log may leave those out."
                return "cannot_tell", f"{reasons} {left_out}"
        return "contradicted", reasons

    def _report(self, window: Flows) -> tuple[Report | None, str]:
        """Return what the playbook says of the resource in the window, or why it says nothing."""
        if self.playbook not in playbook.names():
            return None, ""
        try:
            return playbook.run(self.playbook, self._at_resource(window)), ""
        except StoppedError:
            raise
        except FlowkitError as error:
            return None, f"The playbook {self.playbook} could not be run: {error}"


def from_guardduty(finding: Given, *, margin: timedelta = MARGIN) -> GuardDutyCase | tuple[GuardDutyCase, ...]:
    """Read a GuardDuty finding and return the question that it puts to flow logs. Nothing is contacted.

    Parameters
    ----------
    finding
        A finding as a dict, JSON text or the path of a file (also packed by gzip, also lines of JSON): as
        ``aws guardduty get-findings`` prints it, as an event of EventBridge has it in ``detail``, or as it is exported
        to S3; keys like ``Type`` or like ``type``. A list, or an answer with ``Findings``, may hold several.
    margin
        By how much the window is widened on either side: by default 15 minutes, for the aggregation interval and
        late records.

    Returns
    -------
    GuardDutyCase or tuple of GuardDutyCase
        One for one finding, a tuple in their order for several.

    Raises
    ------
    SourceError
        If it is no finding: no JSON, larger than 32 MB, more than 1,000, without type or time, or with a value
        that cannot be one of its key.
    ScopeError
        If *margin* is negative, or no time can be so far off.

    Notes
    -----
    22 types rest on flow logs (``flowkit.playbooks.guardduty_types``); of all others flow logs can only show who
    talked meanwhile. GuardDuty reads flow logs of its own, so it may have seen what yours do not have.
    Source: "GuardDuty EC2 finding types" and "GuardDuty finding format" in the Amazon GuardDuty User Guide.

    Examples
    --------
    >>> case = from_guardduty({
    ...     "Type": "Recon:EC2/Portscan",
    ...     "Resource": {"InstanceDetails": {"NetworkInterfaces": [{"PrivateIpAddress": "10.0.1.10"}]}},
    ...     "Service": {"EventFirstSeen": "2026-03-10T08:00:00Z", "EventLastSeen": "2026-03-10T08:20:00Z"},
    ... })
    >>> case.playbook, str(case.scope)
    ('intrusion', '2026-03-10 07:45Z to 08:35Z, address 10.0.1.10')
    """
    if not isinstance(margin, timedelta) or margin < timedelta(0):
        raise ScopeError(f"margin is a timedelta of 0 or more, not {margin!r}. Try timedelta(minutes=15).")
    cases = tuple(_case(guardduty_reading.read(one), margin) for one in guardduty_reading.findings(finding))
    return cases[0] if len(cases) == 1 else cases


def _case(read: Read, margin: timedelta) -> GuardDutyCase:
    kind = known(read.type)
    resource = (
        {"interface_id": read.interface_ids} if read.interface_ids
        else {"instance_id": (read.instance_id,)} if read.instance_id
        else {"address": read.local_addresses}
    )  # fmt: skip
    try:
        window = {"start": read.first - margin, "end": read.last + max(margin, _MINUTE)}
    except OverflowError:
        raise ScopeError(f"margin is {margin}, and no time is so far off. Try timedelta(minutes=15).") from None
    return GuardDutyCase(
        type=read.type, title=read.title or read.type, severity=read.severity, instance_id=read.instance_id,
        interface_ids=read.interface_ids, local_addresses=read.local_addresses,
        remote_addresses=read.remote_addresses, port=read.port if kind.one_port else None, blocked=read.blocked,
        first=read.first, last=read.last, scope=Scope.of(**window, **resource), playbook=kind.playbook,
        rests_on_flow_logs=kind.rests_on == "flow logs", why=kind.why,
    )  # fmt: skip


def _named(addresses: tuple[str, ...], otherwise: str) -> str:
    if not addresses:
        return otherwise
    rest = f" and {len(addresses) - 1} more" if len(addresses) > 1 else ""
    return f"{addresses[0]}{rest}"


def _amount(rows: pd.DataFrame) -> str:
    count = several(int(rows.conversations.sum()), "conversation")
    size = rows[["bytes_to_server", "bytes_to_client"]].sum().sum()
    accepted = rows.accepted.sum(min_count=1)
    stopped = ", all rejected" if not pd.isna(accepted) and accepted == 0 else ""
    return f"{count} ({int(size):,} B{stopped})"


def _times(rows: pd.DataFrame) -> str:
    first, last = cast("datetime", rows["first"].min()), cast("datetime", rows["last"].max())
    return f"{first:%Y-%m-%d %H:%MZ} to {last:%Y-%m-%d %H:%MZ}"
