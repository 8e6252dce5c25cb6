"""Everyday life on a small network: people browse, machines keep time and update, the internet knocks."""

from typing import Final

from flowkit.training.habits.day import DAY, HOUR, MINUTE, Day
from flowkit.training.habits.place import EC2, RARE, RESOLVER, S3, STRANGERS, TIME_SERVERS, Host, address_in
from flowkit.training.rules import TCP, UDP, FiveTuple
from flowkit.training.wire import SYN, Packets

_MORNING, _EVENING = 7 * HOUR, 19 * HOUR
_PROBED: Final = (22, 23, 80, 443, 445, 1433, 2323, 3389, 5555, 5900, 6379, 8080, 8443, 9200, 27017)
_LONGEST_GAP: Final = 2 * HOUR
_POLL: Final = 64
"""The shortest interval at which NTP asks, s; it doubles up to 1024 s."""


def everyday(day: Day) -> None:
    """Let everything happen that happens on any day, each a bit more seldom on several days."""
    for happening in (_browsing, _resolving, _timekeeping, _updates, _agents, _application, _health, _noise):
        happening(day)


def _share(day: Day) -> float:
    """Return how much of a day's traffic each day of the log has."""
    return 1.0 if day.days <= 1 else 0.4


def _gap(day: Day, usual: float) -> float:
    """Return a pause as people make them: mostly short, now and then very long."""
    return min(usual / (1 - day.dice.between(0, 0.999)), _LONGEST_GAP)


def _browsing(day: Day) -> None:
    for host in day.site.of_role("desk"):
        usual = day.dice.between(60, 180) / _share(day)
        at = day.start + day.dice.between(0, HOUR)
        while at < day.end:
            clock = at % DAY
            if not _MORNING < clock < _EVENING and day.dice.chance(0.97):
                at += day.dice.between(HOUR / 2, HOUR)
                continue
            for _ in range(day.dice.whole(1, 4)):
                _page(day, host, at + day.dice.between(0, 8))
            at += _gap(day, usual)


def _page(day: Day, host: Host, at: float) -> None:
    dice = day.dice
    six = dice.chance(0.5) if day.ipv6 else False
    if dice.chance(0.15):
        server = address_in(dice, STRANGERS)
    else:
        server = dice.pick_often_first(day.site.places_ipv6 if six else day.site.places)
    seconds = dice.often_small(0.2, 90) if dice.chance(0.9) else dice.often_small(60, 900)
    down = int(dice.often_small(1_000, 1_500_000))
    up = int(dice.often_small(600, 20_000)) if dice.chance(0.97) else int(dice.often_small(50_000, 8_000_000))
    port = 443 if dice.chance(0.93) else 80
    day.visit(host.ipv6 if ":" in server else host.address, server, port, at, seconds, up, down)


def _resolving(day: Day) -> None:
    """Let one host ask an outside resolver; the VPC's own is not logged."""
    host = day.dice.pick(day.site.of_role("desk"))
    for _ in range(int(60 * day.days * _share(day))):
        at = day.dice.between(day.start, day.end - 1)
        day.ask(host.address, RESOLVER, 53, at, day.dice.whole(60, 90), day.dice.whole(90, 400))


def _timekeeping(day: Day) -> None:
    """Let two hosts ask public time servers; the others ask Amazon's, which is not logged."""
    for host in day.site.of_role("app")[:2]:
        keep_time(day, host, day.dice.pick(TIME_SERVERS), 16 * _POLL)


def keep_time(day: Day, host: Host, server: str, settled: int) -> None:
    """Ask a time server from port 123, faster at first, then every *settled* s."""
    flow = FiveTuple(host.address, server, 123, 123, UDP)
    at, poll = day.start + day.dice.between(0, _POLL), _POLL
    while at < day.end:
        day.beat(flow, at, 76, 76)
        at += poll + day.dice.between(-1, 3)
        poll = min(poll * 2, settled) if day.dice.chance(0.2) else poll


def _updates(day: Day) -> None:
    """Let every machine look for packages some times a day, and get some."""
    mirrors = [address_in(day.dice, (*EC2, *S3)) for _ in range(4)]
    for host in day.site.of_role("app", "db", "ci", "edge"):
        at = day.start + day.dice.between(0, 6 * HOUR)
        while at < day.end:
            down = int(day.dice.often_small(100_000, 80_000_000))
            day.visit(host.address, day.dice.pick(mirrors), 80, at, down / 4e6 + 0.4, 2_000, down)
            at += day.dice.between(5, 7) * HOUR


def _agents(day: Day) -> None:
    """Let the servers' agents report to AWS every five minutes, to one of the endpoint's addresses."""
    endpoint = [address_in(day.dice, EC2) for _ in range(5)]
    every = 5 * MINUTE / _share(day)
    for host in day.site.of_role("app", "db", "ci"):
        at = day.start + day.dice.between(0, every)
        while at < day.end:
            day.visit(host.address, day.dice.pick(endpoint), 443, at, day.dice.between(0.1, 1.5),
                      day.dice.whole(1_800, 2_600), day.dice.whole(3_000, 3_600))  # fmt: skip
            at += every + day.dice.between(-4, 4)


def _application(day: Day) -> None:
    """Let customers come through the load balancer, and the applications ask the database."""
    dice, (database,) = day.dice, day.site.of_role("db")
    balancer, apps = day.site.of_role("balancer")[0], day.site.of_role("app")
    for _ in range(int(500 * day.days * _share(day))):
        at, seconds = dice.between(day.start, day.end - 60), dice.often_small(0.05, 20)
        customer, app = address_in(dice, (*STRANGERS, "82.64.0.0/14", "71.56.0.0/14")), dice.pick(apps)
        up, down = int(dice.often_small(800, 30_000)), int(dice.often_small(2_000, 400_000))
        day.visit(customer, balancer.address, 443, at, seconds, up, down)
        day.visit(balancer.address, app.address, 8080, at, seconds, up, down)
        if dice.chance(0.5):
            day.visit(app.address, database.address, 5432, at, seconds, dice.whole(300, 4_000), down)


def _health(day: Day) -> None:
    """Let the load balancer look after one application every two minutes."""
    balancer, app = day.site.of_role("balancer")[0], day.site.of_role("app")[0]
    look_after(day, balancer.address, app.address, 120 / _share(day))


def look_after(day: Day, checker: str, target: str, every: float) -> None:
    """Ask a target for its health every so many seconds, from a fresh port each time."""
    at = day.start + day.dice.between(0, every)
    while at < day.end:
        day.visit(checker, target, 8080, at, 0.02, 160, 300)
        at += every + day.dice.between(0, 0.2)


def _noise(day: Day) -> None:
    """Let the internet knock on what has a public address: many sources, few ports each, hardly anything open."""
    dice = day.dice
    sources = [address_in(dice, STRANGERS if dice.chance(0.9) else RARE[:1]) for _ in range(700)]
    for host in day.site.of_role("edge", "balancer"):
        for _ in range(int(1_000 * day.days * _share(day))):
            at, source = dice.between(day.start, day.end - 1), dice.pick_often_first(sources)
            port = dice.pick(_PROBED) if dice.chance(0.7) else dice.whole(1, 65_535)
            protocol = TCP if dice.chance(0.93) else UDP
            flow = FiveTuple(source, host.address, dice.whole(1_024, 65_535), port, protocol)
            flags = SYN if protocol == TCP else 0
            day.forth(flow, Packets(at, at, 1, dice.whole(40, 60), flags), "ingress")
