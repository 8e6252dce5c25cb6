"""Somebody looks for a way in, or is in: scans, sweeps, guessed passwords, steps from host to host."""

from typing import Final

from flowkit.training.habits.day import DAY, HOUR, MINUTE, Day
from flowkit.training.habits.place import STRANGERS, Host, address_in
from flowkit.training.habits.situation import INTRUSION, Kind, Setting, Situation, Truth

_ADMIN: Final = (22, 3_389, 5_985, 445)
_SWEPT: Final = (22, 23, 445, 3_389, 5_985, 6_379)
_WELL_KNOWN: Final = (21, 22, 23, 25, 53, 80, 110, 111, 135, 139, 143, 443, 445, 993, 1_433, 3_306, 3_389, 5_432, 8_080)


def port_scan(setting: Setting) -> Situation:
    """Try many ports of one host, from inside or from outside."""
    dice = setting.dice
    from_inside = dice.chance(0.5)
    target = setting.host("app", "db", "edge") if from_inside else setting.host("edge")
    own, scanner = setting.address(target), setting.address(setting.host("desk")) if from_inside else setting.rare
    count = dice.pick((100, 300, 1_000, 1_500))
    ports = list(dict.fromkeys((*_WELL_KNOWN, *(dice.whole(1, 65_535) for _ in range(count)))))
    seconds = dice.pick((10, 2 * MINUTE, 20 * MINUTE, 3 * HOUR))
    begins = setting.start + dice.between(0, DAY - seconds - MINUTE)
    is_open = {port for port in _WELL_KNOWN if dice.chance(0.1)}

    def happen(day: Day) -> None:
        for number, port in enumerate(ports):
            at = begins + seconds * (number + day.dice.between(0, 1)) / len(ports)
            if port in is_open:
                day.visit(scanner, own, port, at, 0.1, 0, 0)
            elif from_inside:
                day.refused(day.dial(scanner, own, port), at)
            else:
                day.knock(day.dial(scanner, own, port), at, "ingress", tries=1)

    truth = Truth(("port_scan",), scanner, (own,), malicious=True)
    return Situation(truth, INTRUSION, happen, {"ports": len(ports), "seconds": seconds, "from_inside": from_inside})


def sweep(setting: Setting) -> Situation:
    """Let an inside host try one port of many addresses, of its own network or outside."""
    dice, host = setting.dice, setting.host("desk", "ci")
    outside = dice.chance(0.5)
    port, count = dice.pick(_SWEPT), dice.pick((60, 200, 800))
    if outside:
        targets = [address_in(dice, STRANGERS) for _ in range(count)]
    else:
        targets = [f"10.{host.octet}.{1 + n // 250}.{4 + n % 250}" for n in range(count)]
        targets = [one for one in targets if one != host.address]
    seconds = dice.pick((20, 5 * MINUTE, HOUR))
    begins = setting.start + dice.between(0, DAY - seconds - MINUTE)

    def happen(day: Day) -> None:
        for number, target in enumerate(targets):
            at, flow = begins + seconds * number / len(targets), day.dial(host.address, target, port)
            if target in day.site.by_address:
                day.refused(flow, at)
            elif outside and day.dice.chance(0.05):
                day.converse(flow, at, 0.3, 40, 80)
            else:
                day.knock(flow, at, tries=2)

    truth = Truth(("sweep",), host.address, tuple(targets), malicious=True)
    about: dict[str, object] = {"port": port, "targets": len(targets), "seconds": seconds, "outside": outside}
    return Situation(truth, INTRUSION, happen, about)


def _guessing(setting: Setting, kind: str, *, access: bool) -> Situation:
    dice = setting.dice
    own, guesser, port = setting.address(setting.host("edge")), setting.rare, dice.pick((22, 22, 22, 2_222, 902))
    count = dice.pick((60, 200, 600, 1_500))
    seconds = count * dice.pick((0.4, 2.0, 8.0))
    begins = setting.start + dice.between(0, DAY - seconds - HOUR - MINUTE)

    def happen(day: Day) -> None:
        for number in range(count):
            at = begins + seconds * (number + day.dice.between(0, 0.8)) / count
            up, down = day.dice.whole(1_300, 1_700), day.dice.whole(1_900, 2_300)
            day.visit(guesser, own, port, at, day.dice.between(1, 4), up, down)
        if access:
            up, down = day.dice.whole(30_000, 400_000), day.dice.whole(200_000, 9_000_000)
            day.visit(guesser, own, port, begins + seconds + 20, day.dice.between(MINUTE * 5, HOUR), up, down)

    truth = Truth((kind,), guesser, (own,), malicious=True)
    return Situation(truth, INTRUSION, happen, {"port": port, "attempts": count, "seconds": seconds})


def ssh_guessing(setting: Setting) -> Situation:
    """Guess passwords of a public host, in vain."""
    return _guessing(setting, "brute_force", access=False)


def ssh_guessing_access(setting: Setting) -> Situation:
    """Guess passwords of a public host until one fits, and stay for a while."""
    return _guessing(setting, "access_after_attempts", access=True)


def lateral_movement(setting: Setting) -> Situation:
    """Go from one host to others by a protocol of administrators, and on from there."""
    dice, port = setting.dice, setting.dice.pick(_ADMIN)
    origin, second = setting.site.of_role("desk")[:2]
    others = setting.site.of_role("app", "db")
    hops = [(origin, second), (origin, others[0]), (second, others[-1]), (others[0], others[1])]
    begins = setting.start + dice.between(8, 18) * HOUR

    def happen(day: Day) -> None:
        at = begins
        for source, target in hops:
            for _ in range(day.dice.whole(1, 4)):
                _administer(day, source, target, port, at)
                at += day.dice.between(MINUTE, 10 * MINUTE)

    peers = tuple(dict.fromkeys(setting.address(target) for _, target in hops))
    truth = Truth(("lateral_movement",), setting.address(origin), peers, malicious=True)
    return Situation(truth, INTRUSION, happen, {"port": port, "hops": len(hops)})


def _administer(day: Day, source: Host, target: Host, port: int, at: float) -> None:
    dice = day.dice
    flow = day.dial(day.address(source), day.address(target), port)
    size = int(dice.often_small(8_000, 600_000)), int(dice.often_small(6_000, 300_000))
    day.converse(flow, at, dice.between(5, 900), *size)


INTRUDING: Final[tuple[Kind, ...]] = (port_scan, sweep, ssh_guessing, ssh_guessing_access, lateral_movement)
