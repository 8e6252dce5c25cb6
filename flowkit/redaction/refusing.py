"""What redaction refuses."""

from typing import Self

from flowkit.errors import FlowkitError


class RedactionError(FlowkitError):
    """What cannot be redacted, not with that key, or not there."""

    @classmethod
    def survived(cls, places: list[str]) -> Self:
        """Say where something of the original is left, without saying what it is."""
        more = f" and {len(places) - _SHOWN:,} more" if len(places) > _SHOWN else ""
        return cls(
            f"something of the original would be left in {'; '.join(places[:_SHOWN])}{more}. Nothing was written. "
            "Leave these files out, or name the words to rename with names=; and please report it, if you may."
        )


_SHOWN = 5
