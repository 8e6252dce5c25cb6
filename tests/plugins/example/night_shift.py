"""Who talks while nobody works? A playbook as another package adds it."""

from flowkit.flows import Flows
from flowkit.playbooks import Finding, Parameter, Playbook, Report

_QUERY = """
SELECT srcaddr, count(*) AS records, CAST(sum(bytes) AS BIGINT) AS bytes, min("start") AS first, max("end") AS last
FROM flows WHERE action = 'ACCEPT' AND hour("start") >= {after} GROUP BY srcaddr ORDER BY bytes DESC, srcaddr LIMIT 5
"""


def run(flows: Flows, *, after: int = 22) -> Report:
    """Rank who sent most after an hour of the day (UTC)."""
    rows = flows.sql(_QUERY.format(after=int(after)))  # a number, never text: SQL is no place for what a user typed
    findings = tuple(
        Finding(
            kind="night_shift_sender",  # kinds of one's own begin with the playbook's name
            subject=row.srcaddr,
            summary=f"{row.srcaddr} sent {row.bytes:,} B after {after}:00 UTC.",
            score=0.2,
            severity="low",
            first=row.first,
            last=row.last,
            bytes_out=row.bytes,
            innocent_explanations=("Backups run at night.",),
        )
        for row in rows.itertuples()
    )
    return Report(
        name="night-shift",
        title="Night shift",
        verdict="findings" if findings else "nothing_found",
        summary=f"{len(findings)} hosts sent after {after}:00 UTC.",
        findings=findings,
        parameters={"after": after},
        scope=flows.scope,
    )


playbook = Playbook(
    name="night-shift",
    title="Night shift",
    question="Who talks while nobody works?",
    parameters=(Parameter("after", "The hour from which nobody works, UTC.", default=22, kind=int),),
    run=run,
)
