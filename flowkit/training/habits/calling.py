"""Call-homes: a host asks its controller for orders at an interval, with jitter, answered or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flowkit.training.dice import Dice
from flowkit.training.habits.day import DAY, HOUR, LINUX_PORTS, MINUTE, Day
from flowkit.training.habits.recording import LINGER
from flowkit.training.habits.situation import EXFILTRATION, Kind, Setting, Situation, Truth
from flowkit.training.rules import FiveTuple
from flowkit.training.wire import FIN, SYN, SYN_ACK, Packets

INTERVALS: Final = (MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR)
JITTERS: Final = (0, 10, 20, 30, 40, 50)
"""Share of the interval by which a call may be early or late, %."""
PLANNED: Final = 24
"""Events that there are where four days suffice."""
ENOUGH: Final = 20
"""Events from which on a call-home is to be found."""
_LONGEST: Final = 4 * DAY
_SHARE_OF_FEW: Final = 0.2


@dataclass(frozen=True)
class Manner:
    """How a host calls: *interval* s, *jitter* %; *ports* ``fresh``, one ``port`` each time, or one ``session``."""

    interval: int
    jitter: int
    ports: str
    blocked: str = ""

    @property
    def shortest(self) -> float:
        """The shortest time between two calls, s."""
        return self.interval * (1 - self.jitter / 100)

    def shown(self, aggregation: int) -> bool:
        """Return whether records keep the times of calls: of a tuple used again only what follows on long quiet."""
        return self.ports == "fresh" or self.shortest >= aggregation + LINGER


def _times(dice: Dice, setting: Setting, manner: Manner) -> tuple[list[float], int]:
    """Return when the host calls, and how long the log is: as many days as it takes for enough events, at most four."""
    few = dice.chance(_SHARE_OF_FEW)
    count = dice.whole(6, ENOUGH - 1) if few else dice.pick((PLANNED, 60, 200, 1_440))
    seconds = min(count * manner.interval, DAY if count > PLANNED and manner.interval < HOUR else _LONGEST)
    span = max(DAY, -(-seconds // DAY) * DAY)
    jitter = manner.jitter / 100
    at = setting.start + dice.between(0, span - seconds + manner.interval / 10)
    times: list[float] = []
    while at < setting.start + span - MINUTE and len(times) < seconds // manner.interval:
        times.append(at)
        at += manner.interval * dice.between(1 - jitter, 1 + jitter)
    return times, span


def _situation(setting: Setting, manner: Manner) -> Situation:
    dice, host = setting.dice, setting.host("desk", "app", "ci")
    times, span = _times(dice, setting, manner)
    own, peer = setting.address(host), setting.rare
    aggregation = setting.interval(span)
    shown = manner.shown(aggregation)
    kinds: tuple[str, ...] = ("beacon", "blocked_beacon") if manner.blocked else ("beacon",)
    if manner.ports == "session" or not shown:
        kinds = (*kinds, "long_session")  # nothing in the log tells it from a connection that is kept alive
    truth = Truth(kinds, own, (peer,), malicious=True, detectable=shown and len(times) >= ENOUGH)
    about: dict[str, object] = {
        "interval_s": manner.interval, "jitter": manner.jitter, "ports": manner.ports, "blocked": manner.blocked,
        "events": len(times), "timing_shown": shown,
    }  # fmt: skip
    port, size = dice.pick((443, 443, 80, 8443, 4444)), (dice.whole(250, 900), dice.whole(150, 1_200))

    def happen(day: Day) -> None:
        if manner.blocked:
            _in_vain(day, (own, peer, port), times, manner.blocked)
        elif manner.ports == "fresh":
            for at in times:
                day.visit(own, peer, port, at, day.dice.between(0.2, 2), *_sizes(day, size))
        else:
            _again(day, FiveTuple(own, peer, day.dice.whole(*LINUX_PORTS), port, 6), times, manner.ports, size)

    return Situation(truth, EXFILTRATION, happen, about, int(span))


def _sizes(day: Day, size: tuple[int, int]) -> tuple[int, int]:
    """Return payload each way: always much alike, and now and then an order."""
    down = day.dice.whole(4_000, 60_000) if day.dice.chance(0.02) else size[1]
    return size[0] + day.dice.whole(0, 24), down + day.dice.whole(0, 24)


def _again(day: Day, flow: FiveTuple, times: Sequence[float], ports: str, size: tuple[int, int]) -> None:
    """Call on one tuple: in one connection that stays open, or with a new handshake each time."""
    if ports == "port":
        for at in times:
            day.converse(flow, at, day.dice.between(0.2, 2), *_sizes(day, size))
        return
    day.forth(flow, Packets(times[0], times[0], 1, 60, SYN))
    day.back(flow, Packets(times[0], times[0], 1, 60, SYN_ACK))
    for at in times:
        day.beat(flow, at, *_sizes(day, size))
    day.forth(flow, Packets(times[-1] + 1, times[-1] + 1, 1, 52, FIN))


def _in_vain(day: Day, ends: tuple[str, str, int], times: Sequence[float], how: str) -> None:
    for at in times:
        flow = day.dial(*ends)
        if how == "refused":
            day.refused(flow, at)
        else:
            day.knock(flow, at, "egress" if how == "rejected" else "")


def _with_jitter(jitter: int) -> Kind:
    def call_home(setting: Setting) -> Situation:
        ports = setting.dice.pick(("fresh", "fresh", "fresh", "fresh", "port", "session"))
        return _situation(setting, Manner(setting.dice.pick(INTERVALS), jitter, ports))

    call_home.__name__ = f"call_home_{jitter}"
    call_home.__doc__ = f"Call home with a jitter of {jitter} %."
    return call_home


def call_home_blocked(setting: Setting) -> Situation:
    """Call a controller that is blocked, silent or gone."""
    dice = setting.dice
    return _situation(setting, Manner(dice.pick(INTERVALS), dice.pick(JITTERS), "fresh", dice.pick(
        ("rejected", "silent", "refused"))))  # fmt: skip


def call_home_reused(setting: Setting) -> Situation:
    """Call home from one port again and again, or in a session that stays open."""
    dice = setting.dice
    return _situation(setting, Manner(dice.pick(INTERVALS), dice.pick(JITTERS), dice.pick(("port", "session"))))


CALLING: Final[tuple[Kind, ...]] = (*map(_with_jitter, JITTERS), call_home_blocked, call_home_reused)
