"""What became of an attempt: the rules, in the order in which they are tried."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from flowkit.fields import PROTOCOLS

Told = npt.NDArray[np.bool_]
TCP: Final = PROTOCOLS["tcp"]
UDP: Final = PROTOCOLS["udp"]
_SMALL: Final = {4: 64, 6: 84}
"""Bytes of a packet without data, at most: IPv4 20 or IPv6 40, TCP 20 and the options of a SYN, some 20."""
_BARE: Final = {4: 40, 6: 60}
"""Bytes of a packet without data and options, such as an RST: a SYN or SYN-ACK has options."""

ESTABLISHED, REFUSED, UNANSWERED = "established", "refused", "unanswered"
REJECTED, ONE_WAY, LATE, UNKNOWN, RESET = "rejected", "one_way", "late", "unknown", "reset"
SOURCE_EGRESS, DESTINATION_INGRESS = "source_egress", "destination_ingress"
DESTINATION_EGRESS, SOURCE_INGRESS = "destination_egress", "source_ingress"
NO_REPLY, REQUEST_LOST, REPLY_LOST = "no_reply", "request_lost", "reply_lost"


@dataclass(frozen=True, eq=False)
class Logged:
    """What the log can show of each attempt: whether an end records what is accepted, and what is rejected."""

    client_accepts: Told
    client_rejects: Told
    server_accepts: Told
    server_rejects: Told


class Evidence:
    """The counts of attempts as what they say; each attribute has an element for each attempt."""

    def __init__(self, counted: pd.DataFrame, protocol: int) -> None:
        self.protocol = protocol
        self._counted = counted
        self.tcp = protocol == TCP
        self.left_client, self.reached_server = (
            self._any("request_accepted_client"),
            self._any("request_accepted_server"),
        )
        self.left_server, self.reached_client = self._any("reply_accepted_server"), self._any("reply_accepted_client")
        self.stopped_leaving = self._any("request_rejected_client")
        self.stopped_arriving = self._any("request_rejected_server")
        self.reply_stopped_leaving = self._any("reply_rejected_server")
        self.reply_stopped_arriving = self._any("reply_rejected_client")
        between = "packets_between"
        self.asked = self.left_client | self.reached_server | self._any(f"request_{between}")
        self.answered = self.left_server | self.reached_client | self._any(f"reply_{between}")
        self.reply_seen_between = self._any(f"reply_{between}")
        self.stopped = (
            self.stopped_leaving | self.stopped_arriving | self.reply_stopped_leaving | self.reply_stopped_arriving
        )
        self.flagged = counted.flagged.to_numpy(bool) & self.tcp
        self.syn_ack, self.reset = self._flag("reply_syn"), self._flag("reply_rst")
        self.opened = (
            self._flag("request_syn") | self._flag("request_rejected_syn") | self.syn_ack
            | self._flag("reply_rejected_syn")
        )  # fmt: skip
        self.spoke = self._with_data("request") | self._flag("request_fin")
        self.replied = self._with_data("reply") | self._flag("reply_fin")

    def _any(self, name: str) -> Told:
        return self._counted[name].to_numpy() > 0

    def _flag(self, name: str) -> Told:
        return self._counted[name].fillna(False).to_numpy(bool) & self.tcp

    def most(self, way: str, what: str) -> npt.NDArray[np.int64]:
        """Return the bytes or packets of a way, at the interface that saw most of them."""
        names = [f"{way}_{what}_{end}" for end in ("client", "server", "between")]
        return self._counted[names].max(axis=1).to_numpy(np.int64)

    def _with_data(self, way: str) -> Told:
        return self.most(way, "bytes") > self._by_family(_SMALL) * np.maximum(self.most(way, "packets"), 1)

    def _by_family(self, sizes: Mapping[int, int]) -> npt.NDArray[np.int64]:
        return np.where(self._counted.server.str.contains(":"), sizes[6], sizes[4]).astype(np.int64)

    @property
    def bare_replies(self) -> Told:
        """Whether replies are as small and as few as RSTs: all that a log without tcp-flags can tell of them."""
        packets, bytes_ = self.most("reply", "packets"), self.most("reply", "bytes")
        few = packets <= np.maximum(self.most("request", "packets"), 1)
        return self.tcp & (packets > 0) & (bytes_ <= self._by_family(_BARE) * packets) & few

    @property
    def only_bare(self) -> Told:
        """Whether nothing but a SYN was sent, and nothing but what may be RSTs came back."""
        return self.bare_replies & ~self.spoke

    @property
    def idle_before(self) -> "pd.Series[float]":
        """Quiet before what broke an open connection [s]: by its RST or REJECT, without tcp-flags by what is left.

        Data after the quiet, answered by a single bare packet and by nothing ever after, is an RST by all that a log
        without tcp-flags shows.
        """
        single = self.bare_replies & (self.most("reply", "packets") == 1)
        cut = ~self.flagged & self._with_data("request") & single
        return self._counted.idle_before.fillna(self._counted.quiet_before.where(cut))


def established(told: Evidence, logged: Logged) -> Told:
    """Tell which attempts were answered, so that the answer arrived."""
    arrived = told.reached_client | told.reply_seen_between | (told.left_server & ~logged.client_accepts)
    if not told.tcp:
        return told.asked & arrived & ~told.reply_stopped_arriving | told.asked & told.reached_client
    went_on = told.spoke & told.answered
    opening = told.syn_ack & (told.reached_client | went_on | told.replied & told.answered)
    continuing = ~told.opened & told.asked & arrived
    by_flags = (opening | continuing) & told.flagged
    without = ~told.flagged & told.asked & (told.reached_client | told.reply_seen_between | went_on) & ~told.only_bare
    return by_flags | without


def refused(told: Evidence) -> Told:
    """Tell which attempts the server answered with nothing but an RST."""
    if not told.tcp:
        return np.zeros(len(told.asked), bool)
    by_flag = told.flagged & told.reset & ~told.syn_ack & ~(told.replied & told.spoke)
    return told.answered & (by_flag | (~told.flagged & told.only_bare))


def late(told: Evidence) -> Told:
    """Tell which are no attempts: what came after a close, or after long quiet, and was then rejected."""
    return told.flagged & ~told.opened & told.stopped & ~told.answered & ~told.asked


def outcomes(counted: pd.DataFrame, protocol: int, logged: Logged) -> pd.DataFrame:
    """Add `outcome`, `stopped_at` and `failed` to attempts, by the first rule that applies."""
    told = Evidence(counted, protocol)
    idle = told.idle_before
    server_all = logged.server_accepts & logged.server_rejects
    client_all = logged.client_accepts & logged.client_rejects
    rules: list[tuple[Told, str, str]] = [
        (idle.notna().to_numpy() & told.tcp & (told.answered | ~told.opened), RESET, ""),
        (refused(told), REFUSED, ""),
        (established(told, logged), ESTABLISHED, ""),
        (late(told), LATE, ""),
        (told.stopped_leaving & ~told.left_client, REJECTED, SOURCE_EGRESS),
        (told.stopped_arriving & ~told.reached_server, REJECTED, DESTINATION_INGRESS),
        (told.reply_stopped_leaving & ~told.left_server, REJECTED, DESTINATION_EGRESS),
        (told.reply_stopped_arriving & ~told.reached_client, REJECTED, SOURCE_INGRESS),
        (told.reached_server & ~told.answered & (protocol == UDP), ONE_WAY, ""),
        (told.reached_server & ~told.answered & server_all, UNANSWERED, NO_REPLY),
        (told.left_server & ~told.reached_client & client_all, UNANSWERED, REPLY_LOST),
        (told.left_client & ~told.reached_server & ~told.answered & server_all, UNANSWERED, REQUEST_LOST),
    ]
    conditions = [condition for condition, _, _ in rules]
    outcome = np.select(conditions, [name for _, name, _ in rules], UNKNOWN) if len(counted) else np.array([], object)
    at = np.select(conditions, [place for _, _, place in rules], "") if len(counted) else np.array([], object)
    failed = pd.Series(np.isin(outcome, [REFUSED, UNANSWERED, REJECTED, RESET]), index=counted.index, dtype="boolean")
    failed = failed.mask(np.isin(outcome, [UNKNOWN, LATE]))
    return counted.assign(idle_before=idle, outcome=outcome, stopped_at=at, failed=failed)
