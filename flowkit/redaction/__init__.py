"""Redaction: flow logs, snapshots, reports and notebooks that tell nothing of whom they are about."""

from flowkit.redaction.keys import Key, new_key, read_key
from flowkit.redaction.redacting import redact, reverse
from flowkit.redaction.refusing import RedactionError
from flowkit.redaction.report import RedactionReport

__all__ = ["Key", "RedactionError", "RedactionReport", "new_key", "read_key", "redact", "reverse"]
