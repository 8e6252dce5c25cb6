"""Data that leaves: all at once, or in drips over a day."""

from typing import Final

from flowkit.training.habits.day import DAY, HOUR, Day
from flowkit.training.habits.situation import EXFILTRATION, Kind, Setting, Situation, Truth

MEGABYTE: Final = 1_000_000
_FAST: Final = (50, 200, 1_000, 5_000, 20_000, 50_000)
_DRIPS: Final = (50, 100, 200, 400, 800, 1_200)
"""What is taken, MB."""


def _taken(setting: Setting, kinds: tuple[str, ...], size: int, count: int, seconds: float) -> Situation:
    """Let *size* bytes leave in so many conversations within so many seconds, each at its own pace."""
    dice, host = setting.dice, setting.host("desk", "app", "db", "ci")
    own, peer, port = setting.address(host), setting.rare, setting.dice.pick((443, 443, 22, 8443, 21))
    truth = Truth(kinds, own, (peer,), malicious=True)
    begins = setting.start + dice.between(0.02, 0.98) * (DAY - seconds)
    weights = [dice.between(0.5, 1.5) for _ in range(count)]
    sizes = [int(size * weight / sum(weights)) for weight in weights]
    sizes[-1] += size - sum(sizes)

    def happen(day: Day) -> None:
        for part in sizes:
            alone = seconds * (0.97 if count < _MANY else 0.0)
            at = begins + day.dice.between(0, seconds - alone - min(60, seconds / 10))
            lasts = alone or min(60, 1 + part / MEGABYTE)
            day.visit(own, peer, port, at, lasts, part, part // 400 + 900)

    about: dict[str, object] = {"bytes": size, "conversations": count, "seconds": round(seconds)}
    return Situation(truth, EXFILTRATION, happen, about)


_MANY: Final = 20


def upload_fast(setting: Setting) -> Situation:
    """Take much at once in one connection."""
    size, seconds = _fast(setting)
    return _taken(setting, ("upload",), size, 1, seconds)


def upload_parallel(setting: Setting) -> Situation:
    """Take much at once in several connections."""
    size, seconds = _fast(setting)
    return _taken(setting, ("upload",), size, setting.dice.whole(2, 8), seconds)


def _fast(setting: Setting) -> tuple[int, float]:
    size = int(setting.dice.pick(_FAST) * MEGABYTE * setting.dice.between(1.0, 1.3))
    size = min(size, _FAST[-1] * MEGABYTE)
    return size, max(20.0, size / (setting.dice.between(4, 60) * MEGABYTE))


def upload_drip(setting: Setting) -> Situation:
    """Take as much little by little, in many small conversations over most of a day."""
    dice = setting.dice
    size = min(int(dice.pick(_DRIPS) * MEGABYTE * dice.between(1.0, 1.3)), _DRIPS[-1] * MEGABYTE)
    return _taken(setting, ("slow_upload", "upload"), size, dice.whole(150, 1_500), dice.between(16, 23.5) * HOUR)


LEAVING: Final[tuple[Kind, ...]] = (upload_fast, upload_parallel, upload_drip)
