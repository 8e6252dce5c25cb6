"""The items of all answers, gathered from their files: pages put together, what is described twice merged."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from flowkit.inventory.documents import Outcome, read_documents
from flowkit.inventory.manifest import Manifest
from flowkit.inventory.problems import Problems
from flowkit.inventory.text import block, brief, sound, time

IDENTITY: Final[Mapping[str, tuple[str, ...]]] = {
    "NetworkInterfaces": ("NetworkInterfaceId",),
    "Reservations": ("InstanceId",),  # of the instances in them
    "Subnets": ("SubnetId",),
    "Vpcs": ("VpcId",),
    "SecurityGroups": ("GroupId",),
    "FlowLogs": ("FlowLogId",),
    "Addresses": ("PublicIp",),
    "AvailabilityZones": ("ZoneName", "ZoneId"),  # a name has another id in each account
    "DBInstances": ("DBInstanceIdentifier", "DBInstanceArn"),
    "EgressOnlyInternetGateways": ("EgressOnlyInternetGatewayId",),
    "InternetGateways": ("InternetGatewayId",),
    "LoadBalancerDescriptions": ("LoadBalancerName", "DNSName"),
    "LoadBalancers": ("LoadBalancerArn",),
    "NatGateways": ("NatGatewayId",),
    "NetworkAcls": ("NetworkAclId",),
    "PrefixLists": ("PrefixListId", "AddressFamily"),  # describe-prefix-lists tells no family, and other things
    "RouteTables": ("RouteTableId",),
    "SecurityGroupRules": ("SecurityGroupRuleId",),
    "TransitGatewayAttachments": ("TransitGatewayAttachmentId",),
    "TransitGatewayVpcAttachments": ("TransitGatewayAttachmentId",),
    "VpcEndpoints": ("VpcEndpointId",),
    "VpcPeeringConnections": ("VpcPeeringConnectionId",),
    "logGroups": ("arn",),
}
"""The answers that are used, by their one top-level key, and what tells two of their items apart.

``logGroups`` is that of ``aws logs describe-log-groups``, which tells how long each keeps its events.
"""

_ENTRIES: Final = "Entries"
_PREFIX_LIST: Final = re.compile(r"pl-[0-9a-f]+")
_ANSWER_KEY: Final = re.compile(r"[A-Z][A-Za-z0-9]*")
_JSON_NAME: Final = re.compile(r".*\.json(\.gz)?", re.IGNORECASE | re.DOTALL)
_AGAIN: Final = "Fetch it again."
_RIGHTS: Final = "What it would have told is unknown; `flowkit audit --policy` prints the rights it takes."


class Answers:
    """What the files read so far say.

    Attributes
    ----------
    items
        The items of each answer by their identity; what is described twice stands as described last.
    entries
        The CIDR blocks of each prefix list.
    stated, modified
        The times that manifests state, and the modification times of the files with answers.
    manifests
        What else they say.
    problems
        What the analyst has to know about the files.
    """

    def __init__(self, problems: Problems) -> None:
        self.items: dict[str, dict[tuple[str, ...], dict[str, Any]]] = {}
        self.entries: dict[str, dict[str, None]] = {}
        self.stated: set[datetime] = set()
        self.modified: set[datetime] = set()
        self.manifests: list[Manifest] = []
        self.problems = problems
        self._pages: dict[str, bool] = {}

    @property
    def answered(self) -> bool:
        """Whether any answer was found."""
        return bool(self.items or self.entries)

    def add(self, file: Path) -> None:
        """Read a file; what is no answer is passed over, and told if its name says JSON."""
        reading = _Reading(self, file)
        try:
            modified = file.stat().st_mtime
            outcome = read_documents(file, reading.take)
        except OSError as error:
            self.problems.add(f"A file cannot be read: {error.strerror or error}", file.name, "Check its permissions.")
            return
        if reading.used:
            self.modified |= _times(modified)
        if reading.used or _JSON_NAME.fullmatch(file.name):
            self._tell(file.name, outcome, is_answer=reading.is_answer)

    def tell_missing_pages(self) -> None:
        """Tell which answers lack their last page: every page read says that there is a next one."""
        for key, complete in self._pages.items():
            if not complete:
                self.problems.add(
                    "The last page of an answer is missing: each one read has a NextToken", key, "Fetch the others too."
                )

    def page(self, key: str, document: Mapping[str, object], name: str) -> None:
        """Add one page of an answer."""
        self._pages[key] = self._pages.get(key, False) or not document.get("NextToken")
        known = self.items.setdefault(key, {})
        for item in self._objects(key, document[key], name):
            identity = _identity(key, item)
            if identity is None:
                self.problems.add(f"{key} without {IDENTITY[key][0]} are left out", name)
                continue
            if identity in known and not _same(known[identity], item):
                self.problems.add(
                    f"{key} are described twice, and not alike", identity[0], "The description read last is used."
                )
            known[identity] = item

    def prefix_list(self, listed: object, name: str) -> None:
        """Add the entries of a prefix list, whose id stands in the file's name only."""
        found = _PREFIX_LIST.search(name)
        if not found:
            self.problems.add(
                "A file has the entries of a prefix list, and no id (pl-…) in its name", name, "Put the id there."
            )
            return
        blocks = self.entries.setdefault(found[0], {})
        for entry in listed if isinstance(listed, list) else [listed]:
            cidr = entry.get("Cidr") if isinstance(entry, dict) else None
            canonical = block(cidr) if isinstance(cidr, str) else None
            if canonical:
                blocks[canonical] = None
            else:
                self.problems.add("Entries of a prefix list without a CIDR block are left out", name)

    def _objects(self, key: str, listed: object, name: str) -> Iterator[dict[str, Any]]:
        """Return the objects of an answer's list; of reservations, the instances in them."""
        if not isinstance(listed, list):
            self.problems.add(f"{key} is no list and is left out", name, _AGAIN)
            return
        for item in listed:
            if not isinstance(item, dict):
                self.problems.add(f"{key} that are no objects are left out", name)
            elif key != "Reservations":
                yield item
            elif "Instances" in item:
                owner = {"OwnerId": item.get("OwnerId")}
                yield from (owner | one for one in self._objects("Instances", item["Instances"], name))

    def _tell(self, name: str, outcome: Outcome, *, is_answer: bool) -> None:
        if outcome.broken_at is not None:
            self.problems.add(
                f"A file is broken at byte {outcome.broken_at:,} and was used as far as it goes", name, _AGAIN
            )
        elif not outcome.is_json:
            self.problems.add("A file is no JSON, though its name says so", name, _AGAIN)
        elif not is_answer:
            self.problems.add("A file is no answer of `aws ... describe-*` and was left out", name)


class _Reading:
    """One file being read: hands its documents to the answers."""

    def __init__(self, answers: Answers, file: Path) -> None:
        self._answers, self._name = answers, file.name
        self.is_answer = self.used = False

    def take(self, document: object) -> None:
        """Take a document: an answer, a list of its pages, or something else."""
        for page in document if isinstance(document, list) else [document]:
            if not isinstance(page, dict):
                continue
            self.is_answer |= any(map(_ANSWER_KEY.fullmatch, page))
            for key in IDENTITY.keys() & page.keys():
                self.is_answer = self.used = True
                self._answers.page(key, page, self._name)
            if _ENTRIES in page and _has_cidrs(page[_ENTRIES], self._name):
                self.used = True
                self._answers.prefix_list(page[_ENTRIES], self._name)
            if self._name.lower() == "manifest.json" and "taken" in page:
                self.is_answer = True
                self._manifest(page, page["taken"])

    def _manifest(self, page: Mapping[str, object], taken: object) -> None:
        manifest = Manifest.of(page)
        self._answers.manifests.append(manifest)
        for refusal in manifest.refused:
            self._answers.problems.add("AWS refused a call when the snapshot was taken", str(refusal), _RIGHTS)
        found = time(taken) if isinstance(taken, str) else None
        if found:
            self._answers.stated.add(found)
        else:
            self._answers.problems.add(
                "A manifest.json states no time with a zone",
                brief(taken) if isinstance(taken, str) else "no text",
                'Write {"taken": "2026-03-10T07:55:00Z"}.',
            )


def _identity(key: str, item: Mapping[str, object]) -> tuple[str, ...] | None:
    """Return what tells an item from others; without its first part there is none."""
    parts = tuple(sound(v) if isinstance(v := item.get(name), str) else "" for name in IDENTITY[key])
    return parts if parts[0] else None


def _same(one: object, other: object) -> bool:
    try:
        return one == other
    except RecursionError:  # nested as no answer of AWS is
        return False


def _has_cidrs(listed: object, name: str) -> bool:
    """Tell the entries of a prefix list from those of something else."""
    if _PREFIX_LIST.search(name):
        return True
    return isinstance(listed, list) and any(isinstance(entry, dict) and "Cidr" in entry for entry in listed)


def _times(modified: float) -> set[datetime]:
    try:
        return {datetime.fromtimestamp(modified, UTC)}
    except (OverflowError, OSError, ValueError):
        return set()
