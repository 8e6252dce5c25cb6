"""What a snapshot's manifest.json says: when it was taken, which accounts were asked, which calls were refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from flowkit.inventory.text import sound


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that AWS refused while the snapshot was taken: what it would have told is unknown, which is not "none".

    Attributes
    ----------
    account_id, region
        Whom it was asked of.
    call
        Such as ``ec2:DescribeFlowLogs``; "" where nothing could be asked at all.
    code
        AWS's error code.
    """

    account_id: str
    region: str
    call: str
    code: str

    @classmethod
    def of(cls, place: Mapping[str, object], refused: Mapping[str, object]) -> Self:
        """Read one of a place's ``refused``."""
        return cls(
            _text(place, "account"),
            _text(place, "region"),
            _text(refused, "call"),
            _text(refused, "code"),
        )

    def __str__(self) -> str:
        """Return the call, the place and the code."""
        place = " ".join(filter(None, (self.account_id or "an account", self.region)))
        return f"{self.call or 'any call'} in {place}: {self.code}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """The places (account and region) that answered anything, and what was refused there or elsewhere."""

    places: tuple[tuple[str, str], ...] = ()
    refused: tuple[Refusal, ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, object]) -> Self:
        """Read a manifest.json; what is not as flowkit's collector writes it is passed over."""
        places = _objects(document.get("places"))
        return cls(
            tuple((_text(place, "account"), _text(place, "region")) for place in places if place.get("calls") != []),
            tuple(Refusal.of(place, refused) for place in places for refused in _objects(place.get("refused"))),
        )


def _objects(value: object) -> list[dict[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(item: Mapping[str, object], name: str) -> str:
    value = item.get(name)
    return sound(value) if isinstance(value, str) else ""
