"""JSON: answers of `aws ec2 describe-*`, findings, log events, figures; by key where the key tells, else as text."""

import re
from collections.abc import Callable
from typing import Any, Final

from flowkit.redaction.texts import Texts
from flowkit.redaction.words import PLACE

_NAMES: Final = """
    Value GroupName KeyName LoadBalancerName DBInstanceIdentifier DBName MasterUsername LogGroupName RoleName UserName
    PrefixListName BucketName ClusterName FunctionName DBSubnetGroupName DBSubnetGroupDescription UserData ClientToken
    DBClusterIdentifier DBParameterGroupName Description GroupDescription Annotation HostId HostName
"""
_NAMED: Final = frozenset(_NAMES.split())
"""Keys whose values are names, or prose that somebody wrote."""
_TIMES: Final = frozenset(
    {"timestamp", "@timestamp", "time", "start", "end", "startTime", "endTime", "ingestionTime", "creationTime",
     "first", "last"}
)  # fmt: skip
_AWS_OWN: Final = re.compile(
    r"com\.amazonaws\..*|amazon-.*|default|default VPC security group|RDSNetworkInterface|true|false|[0-9]*"
    rf"|{PLACE}"
)
_OF_AWS: Final = re.compile(
    r"(?P<before>ELB (?:app/|net/|gwy/)?|AWS Lambda VPC ENI-)(?P<name>.+?)"
    r"(?P<after>/[0-9a-f]{16}|-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?"
)
_TOLD: Final = re.compile(
    r"(?:Interface for NAT Gateway|Network Interface for Transit Gateway Attachment|VPC Endpoint Interface"
    r"|EFS mount target for|arn:aws[a-z-]*:ecs:).*"
)
_Name = Callable[[str], str]


class Documents:
    """Redacts JSON values, or undoes that."""

    def __init__(self, texts: Texts, message: Callable[[str, str], str] | None = None) -> None:
        self.texts = texts
        self._message = message

    def __call__(self, value: Any, key: str = "", log_format: str = "") -> Any:  # noqa: ANN401 - JSON
        """Return a JSON value, redacted; *key* is that under which it stands, *log_format* that of messages in it."""
        if isinstance(value, dict):
            log_format = str(value.get("logFormat") or log_format)
            return {self.texts(name): self(each, name, log_format) for name, each in value.items()}
        if isinstance(value, list):
            return [self(each, key, log_format) for each in value]
        if isinstance(value, str):
            if self._message and key in ("message", "@message"):
                return self._message(value, log_format)
            return self._text(value, key)
        if isinstance(value, int) and not isinstance(value, bool) and key in _TIMES:
            return int(self.texts(str(value)))
        return value

    def _text(self, value: str, key: str) -> str:
        if key not in _NAMED or self.texts.maps.backward:
            return self.texts(value)
        return renamed(value, self.texts.name, self.texts)


def renamed(value: str, name: _Name, text: _Name) -> str:
    """Return a value that is a name, or that AWS made of one, with the name replaced."""
    if _AWS_OWN.fullmatch(value):
        return value
    if found := _OF_AWS.fullmatch(value):
        return f"{found['before']}{name(found['name'])}{_hexed(found['after'] or '', text)}"
    return text(value) if _TOLD.fullmatch(value) else name(value)


def _hexed(after: str, text: _Name) -> str:
    """Return the digits that AWS puts behind a name, replaced as those of an id are."""
    return re.sub(r"[0-9a-f]{8}(?![0-9a-f])|[0-9a-f]{8}", lambda found: text(f"x-{found[0]}")[2:], after)


def names_in(value: Any, key: str = "") -> set[str]:  # noqa: ANN401 - JSON
    """Return the names that a JSON value tells, to be found in text."""
    if isinstance(value, dict):
        return set[str]().union(*(names_in(each, name) for name, each in value.items()))
    if isinstance(value, list):
        return set[str]().union(*(names_in(each, key) for each in value))
    found: set[str] = set()
    if isinstance(value, str) and key in _NAMED:
        renamed(value, lambda name: found.add(name) or "", lambda text: text)  # type: ignore[func-returns-value]
    return found
