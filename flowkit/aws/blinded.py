"""What each traffic type of a flow log leaves unseen: which questions fail, and which answers turn wrong."""

from dataclasses import dataclass
from typing import Final

TRAFFIC_TYPES: Final = ("ALL", "REJECT", "ACCEPT")
"""The traffic types of a flow log, as AWS spells them."""


@dataclass(frozen=True, slots=True)
class Blind:
    """What a flow log of one traffic type does to a playbook.

    Attributes
    ----------
    traffic_type
        ``REJECT`` or ``ACCEPT``; a flow log of ``ALL`` leaves nothing out that flow logs record at all.
    playbook
        The playbook concerned.
    effect
        ``blind`` where it cannot answer, ``partial`` where it answers part, ``wrong`` where it would answer falsely
        if the traffic type were not known.
    lost
        What is not seen.
    """

    traffic_type: str
    playbook: str
    effect: str
    lost: str


BLINDED: Final = (
    Blind("REJECT", "exfiltration", "blind", "uploads, beacons and sessions: data leaves in accepted traffic"),
    Blind("REJECT", "flood", "blind", "floods of accepted traffic, which are most: open ports are what is flooded"),
    Blind("REJECT", "cost", "blind", "the bytes that are paid for"),
    Blind("REJECT", "connectivity", "wrong", "success: what works and what never came look the same"),
    Blind("REJECT", "intrusion", "partial", "access after attempts, and movement over open ports"),
    Blind("REJECT", "compliance", "partial", "traffic that was let through against a policy, and cleartext"),
    Blind("ACCEPT", "connectivity", "wrong", "every REJECT: a group or ACL that stops traffic looks like no attempt"),
    Blind("ACCEPT", "intrusion", "partial", "scans, sweeps and attempts that were stopped"),
    Blind("ACCEPT", "exfiltration", "partial", "beacons and uploads that were stopped"),
    Blind("ACCEPT", "flood", "partial", "floods that groups or ACLs stopped"),
    Blind("ACCEPT", "compliance", "partial", "proof that what is forbidden was stopped"),
)
"""By traffic type and playbook; what is not named is not affected."""
_ANALYSES: Final = {
    "ALL": (),
    "REJECT": (
        "beacons", "conversations", "data_transfer_cost", "egress_volume", "floods", "lateral_movement",
        "long_conversations", "observations", "top_talkers",
    ),
    "ACCEPT": ("reject_timeline", "rejected_tuples", "port_scans", "sweeps"),
}  # fmt: skip


def blinded(traffic_type: str, playbook: str | None = None) -> tuple[Blind, ...]:
    """Return what a flow log of a traffic type does to the playbooks, or to one of them.

    Examples
    --------
    >>> [blind.effect for blind in blinded("REJECT", "exfiltration")]
    ['blind']
    """
    asked = traffic_type.upper()
    return tuple(b for b in BLINDED if b.traffic_type == asked and playbook in (None, b.playbook))


def analyses_blinded(traffic_type: str) -> tuple[str, ...]:
    """Return the analyses that have nothing to answer from with a flow log of that traffic type."""
    return _ANALYSES.get(traffic_type.upper(), ())


def blinded_text(traffic_type: str) -> str:
    """Return the same in words, worst first; empty for ``ALL``."""
    parts = []
    for effect, said in (("blind", "blind"), ("wrong", "wrong unless it is known"), ("partial", "in part")):
        if named := [b.playbook for b in blinded(traffic_type) if b.effect == effect]:
            parts.append(f"{said}: {', '.join(named)}")
    return "; ".join(parts)
