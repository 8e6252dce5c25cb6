"""What the analyst has to know about a snapshot's files: each kind of problem is one sentence, counted."""

from flowkit.inventory.text import brief


class Problems:
    """Problems met so far: thousands of the same kind are one sentence with their count and the first of them."""

    def __init__(self) -> None:
        self._met: dict[tuple[str, str], tuple[str, int]] = {}

    def add(self, what: str, first: str, next_step: str = "") -> None:
        """Count a problem: *what* is wrong, in which item or file, and what the analyst can do."""
        where, count = self._met.get((what, next_step), (first, 0))
        self._met[what, next_step] = (where, count + 1)

    def sentences(self) -> tuple[str, ...]:
        """Return one sentence for each kind of problem, in the order they were met."""
        return tuple(
            f"{what} ({'' if count == 1 else f'{count:,} times, first: '}{brief(first) or 'no name'})."
            + (f" {next_step}" if next_step else "")
            for (what, next_step), (first, count) in self._met.items()
        )
