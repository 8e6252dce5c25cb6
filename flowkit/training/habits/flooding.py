"""Floods: too much for one host, from many or from one of ours; modest in records, not in packets."""

from typing import Final

from flowkit.training.habits.day import DAY, HOUR, LINUX_PORTS, Day
from flowkit.training.habits.place import STRANGERS, address_in
from flowkit.training.habits.situation import FLOOD, Kind, Setting, Situation, Truth
from flowkit.training.rules import UDP, FiveTuple
from flowkit.training.wire import SYN, SYN_ACK, Packets

_REFLECTING: Final = (53, 123, 389, 1_900, 11_211)
"""Source ports of services that answer small questions with much."""


def _begins(setting: Setting) -> float:
    return setting.start + setting.dice.between(HOUR, DAY - HOUR)


def syn_flood(setting: Setting) -> Situation:
    """Flood a public host with SYNs from thousands of made-up sources."""
    dice, own = setting.dice, setting.host("edge", "balancer").address
    sources = tuple(dict.fromkeys(address_in(dice, STRANGERS) for _ in range(dice.whole(2_000, 7_000))))
    begins, seconds, port = _begins(setting), dice.pick((20, 60, 300)), dice.pick((80, 443))
    most = dice.pick((20, 100))

    def happen(day: Day) -> None:
        for source in sources:
            flow = FiveTuple(source, own, day.dice.whole(1_024, 65_535), port, 6)
            at, count = begins + day.dice.between(0, seconds), day.dice.whole(1, most)
            day.forth(flow, Packets(at, at + 3, count, 44 * count, SYN))
            day.back(flow, Packets(at, at + 7, count, 44 * count, SYN_ACK))

    truth = Truth(("flood",), own, sources, malicious=True)
    return Situation(truth, FLOOD, happen, {"sources": len(sources), "seconds": seconds})


def amplification_flood(setting: Setting) -> Situation:
    """Flood an inside host with answers that it never asked for, let in or not."""
    dice, own = setting.dice, setting.host("edge", "desk").address
    sources = tuple(dict.fromkeys(address_in(dice, STRANGERS) for _ in range(dice.whole(200, 1_200))))
    begins, seconds, port = _begins(setting), dice.pick((60, 180, 480)), dice.pick(_REFLECTING)
    volume, admitted = dice.pick((1, 5, 40)) * 1_000_000_000, dice.chance(0.6)

    def happen(day: Day) -> None:
        for source in sources:
            flow = FiveTuple(source, own, port, day.dice.whole(1_024, 65_535), UDP)
            at, share = begins + day.dice.between(0, 5), volume // len(sources)
            count = max(2, share // 1_300)
            day.forth(flow, Packets(at, at + seconds, count, share), "" if admitted else "ingress")

    truth = Truth(("flood",), own, sources, malicious=True)
    about: dict[str, object] = {"sources": len(sources), "seconds": seconds, "bytes": volume, "admitted": admitted}
    return Situation(truth, FLOOD, happen, about)


def outbound_flood(setting: Setting) -> Situation:
    """Let one of our hosts flood somebody else, with datagrams or with SYNs."""
    dice, own, target = setting.dice, setting.address(setting.host("desk", "app", "ci")), setting.rare
    datagrams = dice.chance(0.5)
    begins, seconds, port = _begins(setting), dice.pick((60, 300)), dice.pick((53, 80, 443))
    tuples = dice.whole(20, 200) if datagrams else dice.whole(2_000, 8_000)
    packets = dice.pick((1_000_000, 6_000_000)) if datagrams else tuples * dice.whole(3, 30)

    def happen(day: Day) -> None:
        each = packets // tuples
        for _ in range(tuples):
            at, lasts = begins + day.dice.between(0, 3), float(seconds)
            if not datagrams:
                at, lasts = begins + day.dice.between(0, seconds), 3.0
            size = each * (1_052 if datagrams else 44)
            flow = FiveTuple(own, target, day.dice.whole(*LINUX_PORTS), port, UDP if datagrams else 6)
            day.forth(flow, Packets(at, at + lasts, each, size, 0 if datagrams else SYN))

    truth = Truth(("flood",), target, (own,), malicious=True)
    about: dict[str, object] = {"datagrams": datagrams, "packets": packets, "tuples": tuples, "seconds": seconds}
    return Situation(truth, FLOOD, happen, about)


FLOODING: Final[tuple[Kind, ...]] = (syn_flood, amplification_flood, outbound_flood)
