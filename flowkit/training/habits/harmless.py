"""What looks suspicious and is harmless: nothing of it is worth more than a remark."""

from typing import Final

from flowkit.training.habits.background import keep_time, look_after
from flowkit.training.habits.day import DAY, HOUR, LINUX_PORTS, Day
from flowkit.training.habits.place import CDNS, CLOUDFRONT, EC2, S3, TIME_SERVERS, address_in
from flowkit.training.habits.situation import EXFILTRATION, INTRUSION, Kind, Setting, Situation, Truth
from flowkit.training.rules import UDP, FiveTuple
from flowkit.training.wire import SYN, SYN_ACK, Packets

MEGABYTE: Final = 1_000_000
_KEEP_ALIVE: Final = 45
_REMARK: Final = "medium"


def _harmless(subject: str, *peers: str) -> Truth:
    return Truth((), subject, peers, malicious=False, severity_at_most=_REMARK)


def benign_day(_setting: Setting) -> Situation:
    """Let nothing happen beside everyday life."""
    return Situation(_harmless(""), EXFILTRATION, lambda _: None)


def benign_session(setting: Setting) -> Situation:
    """Keep one connection open all day, with a packet every 45 s."""
    own = setting.host("desk").address
    peer = address_in(setting.dice, (*CDNS, *EC2))

    def happen(day: Day) -> None:
        flow = FiveTuple(own, peer, day.dice.whole(*LINUX_PORTS), 443, 6)
        at = float(day.start)
        day.forth(flow, Packets(at, at, 1, 60, SYN))
        day.back(flow, Packets(at, at, 1, 60, SYN_ACK))
        while (at := at + _KEEP_ALIVE) < day.end:
            day.beat(flow, at, 93, 52)

    return Situation(_harmless(own, peer), EXFILTRATION, happen, {"every_s": _KEEP_ALIVE})


def benign_backup(setting: Setting) -> Situation:
    """Put a backup into S3 every hour."""
    own, size = setting.host("db").address, setting.dice.whole(100, 3_000) * MEGABYTE
    buckets = tuple(address_in(setting.dice, S3) for _ in range(6))

    def happen(day: Day) -> None:
        for hour in range(24):
            at = day.start + hour * HOUR + day.dice.between(60, 90)
            sent = int(size * day.dice.between(0.9, 1.1))
            day.visit(own, day.dice.pick(buckets), 443, at, sent / 40e6 + 1, sent, 20_000)

    return Situation(_harmless(own, *buckets), EXFILTRATION, happen, {"bytes": 24 * size})


def benign_ntp(setting: Setting) -> Situation:
    """Keep time with public servers, every 64 to 1024 s, on several hosts."""
    hosts = setting.site.of_role("desk", "db", "ci")[:6]

    def happen(day: Day) -> None:
        for host in hosts:
            for server in TIME_SERVERS[:2]:
                keep_time(day, host, server, day.dice.pick((64, 128, 256, 512, 1_024)))

    return Situation(_harmless(hosts[0].address, *TIME_SERVERS[:2]), EXFILTRATION, happen)


def benign_health_checks(setting: Setting) -> Situation:
    """Check the health of applications every 30 s from inside, and of the public host from outside."""
    balancer, app, edge = (setting.site.of_role(role)[0].address for role in ("balancer", "app", "edge"))
    checkers = tuple(address_in(setting.dice, EC2) for _ in range(3))

    def happen(day: Day) -> None:
        look_after(day, balancer, app, 30)
        for checker in checkers:
            look_after(day, checker, edge, 60)

    return Situation(_harmless(edge, *checkers), INTRUSION, happen)


def benign_video_call(setting: Setting) -> Situation:
    """Talk with pictures for an hour: 500 MB up over UDP, and about as much down."""
    own, dice = setting.host("desk").address, setting.dice
    peer = address_in(dice, CDNS)
    begins = setting.start + dice.between(9, 16) * HOUR
    down = dice.whole(300, 700) * MEGABYTE

    def happen(day: Day) -> None:
        flow = day.dial(own, peer, 3_478, UDP)
        day.forth(flow, Packets(begins, begins + HOUR, 500_000, 500 * MEGABYTE))
        day.back(flow, Packets(begins, begins + HOUR, down // 1_000, down))

    return Situation(_harmless(own, peer), EXFILTRATION, happen, {"bytes_up": 500 * MEGABYTE, "bytes_down": down})


def benign_image_pulls(setting: Setting) -> Situation:
    """Pull images all day: many connections to few registries, gigabytes down, next to nothing up."""
    own, dice = setting.host("ci").address, setting.dice
    registries = tuple(address_in(dice, (*CLOUDFRONT, *CDNS)) for _ in range(4))
    count = dice.whole(800, 1_600)

    def happen(day: Day) -> None:
        for _ in range(count):
            down = int(day.dice.often_small(1_000_000, 200_000_000))
            at = day.dice.between(day.start, day.start + DAY - 60)
            day.visit(own, day.dice.pick(registries), 443, at, down / 50e6 + 0.2, 3_000, down)

    return Situation(_harmless(own, *registries), EXFILTRATION, happen, {"conversations": count})


HARMLESS: Final[tuple[Kind, ...]] = (
    benign_day, benign_session, benign_backup, benign_ntp, benign_health_checks, benign_video_call,
    benign_image_pulls,
)  # fmt: skip
