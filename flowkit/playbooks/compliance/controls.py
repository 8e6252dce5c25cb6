"""Which controls each check of the playbook supports, and with what: evidence for an assessor, never a judgement."""

from dataclasses import asdict, dataclass
from typing import Final

import pandas as pd

PCI: Final = "PCI DSS v4.0.1"
NIST: Final = "NIST SP 800-53 rev. 5"
CIS: Final = "CIS AWS Foundations v3.0.0"
NEVER: Final = (
    "Supporting evidence only: whether a control is met is for an assessor to say, with what flow logs cannot show."
)


@dataclass(frozen=True, slots=True)
class Control:
    """A control of a standard that a check supports.

    Attributes
    ----------
    check
        The step of the playbook.
    standard, control
        The standard with its version, and the control's number there.
    about
        What the control asks, in our words.
    shows
        What the check can show of it.
    not_shown
        What it cannot.
    """

    check: str
    standard: str
    control: str
    about: str
    shows: str
    not_shown: str


_TRAIL: Final = ("which interface was watched in which hour", "events inside hosts: only packets are logged")
_SET_UP: Final = ("which interfaces a flow log covers, by the snapshot", "whether somebody reads the logs")
_KEPT: Final = ("how far back the loaded records go", "the retention of buckets and log groups, unless it is told")
_INTACT: Final = ("hashes of what was read, and what was damaged or refused", "what was altered before it was read")
_DECLARED: Final = ("conversations against the declared policy, and the rule that let them in", "what was not logged")
_CLEAR: Final = ("conversations on ports of insecure services", "what was spoken: flow logs have no payload")
_ADMIN: Final = ("who reached administration ports from outside, and by which rule", "whether anybody logged in")
_EGRESS: Final = ("who opened conversations to outside against the policy, and which way", "what was sent")
_CRYPT: Final = ("bytes by AWS's own encryption status", "TLS that AWS does not know of, and its strength")
CONTROLS: Final = (
    Control("logged", PCI, "10.2.1", "audit logs are enabled and active", *_TRAIL),
    Control("logged", PCI, "10.7.2", "failures of audit logging are detected and addressed", *_TRAIL),
    Control("logged", NIST, "AU-12", "audit records are generated where events are to be logged", *_TRAIL),
    Control("set_up", PCI, "10.2.1", "audit logs are enabled and active", *_SET_UP),
    Control("set_up", NIST, "AU-2", "which events are logged is chosen", *_SET_UP),
    Control("set_up", NIST, "AU-12", "audit records are generated where events are to be logged", *_SET_UP),
    Control("set_up", CIS, "3.7", "VPC flow logging is on in all VPCs", *_SET_UP),
    Control("kept", PCI, "10.5.1", "12 months of audit log history, 3 of them at hand at once", *_KEPT),
    Control("kept", NIST, "AU-11", "audit records are retained as long as is required", *_KEPT),
    Control("intact", PCI, "10.3.4", "changes of audit logs are detected", *_INTACT),
    Control("intact", NIST, "AU-9", "audit information is protected", *_INTACT),
    Control("segmented", PCI, "1.2.5", "services, protocols and ports in use are approved and needed", *_DECLARED),
    Control("segmented", PCI, "1.3.1", "inbound traffic to the cardholder data environment is restricted", *_DECLARED),
    Control("segmented", PCI, "1.4.2", "traffic from untrusted to trusted networks is restricted", *_DECLARED),
    Control("segmented", NIST, "SC-7", "communications are monitored and controlled at boundaries", *_DECLARED),
    Control("segmented", NIST, "AC-4", "information flows as the policy allows", *_DECLARED),
    Control("readable", PCI, "1.2.6", "insecure services in use are secured", *_CLEAR),
    Control("readable", PCI, "2.2.5", "insecure services that are present are justified and secured", *_CLEAR),
    Control("readable", NIST, "SC-8", "what is transmitted stays confidential and whole", *_CLEAR),
    Control("readable", NIST, "CM-7", "only functions that are needed are provided", *_CLEAR),
    Control("administered", PCI, "1.4.4", "stores of cardholder data are not reached from untrusted networks", *_ADMIN),
    Control("administered", PCI, "2.2.7", "administration that is not at the console is encrypted", *_ADMIN),
    Control("administered", NIST, "AC-17", "remote access is authorized and restricted", *_ADMIN),
    Control("administered", NIST, "SC-7", "communications are monitored and controlled at boundaries", *_ADMIN),
    Control("administered", CIS, "5.2", "no group lets 0.0.0.0/0 to administration ports (v5.0.0: 5.3)", *_ADMIN),
    Control("administered", CIS, "5.3", "no group lets ::/0 to administration ports (v5.0.0: 5.4)", *_ADMIN),
    Control("left", PCI, "1.3.2", "outbound traffic from the cardholder data environment is restricted", *_EGRESS),
    Control("left", NIST, "SC-7", "communications are monitored and controlled at boundaries", *_EGRESS),
    Control("encrypted", PCI, "4.2.1", "card numbers are encrypted on open, public networks", *_CRYPT),
    Control("encrypted", NIST, "SC-8", "what is transmitted stays confidential and whole", *_CRYPT),
)  # fmt: skip
"""Sources: PCI Security Standards Council, PCI DSS v4.0.1 (June 2024); NIST SP 800-53 revision 5 (September 2020, with
updates); CIS Amazon Web Services Foundations Benchmark v3.0.0 (January 2024)."""


def controls_frame() -> pd.DataFrame:
    """Return the controls, a row each: `check`, `standard`, `control`, `about`, `shows`, `not_shown`."""
    frame = pd.DataFrame([asdict(one) for one in CONTROLS])
    frame.attrs["caption"] = NEVER
    return frame


def supports(check: str) -> str:
    """Return the controls that a check supports, in a line.

    >>> supports("kept")
    'PCI DSS v4.0.1 10.5.1; NIST SP 800-53 rev. 5 AU-11'
    """
    by_standard: dict[str, list[str]] = {}
    for one in CONTROLS:
        if one.check == check:
            by_standard.setdefault(one.standard, []).append(one.control)
    return "; ".join(f"{standard} {', '.join(numbers)}" for standard, numbers in by_standard.items())
