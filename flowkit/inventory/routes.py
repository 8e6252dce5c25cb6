"""Which route of a table packets take: the most specific one that holds their destination."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from flowkit.inventory.packets import Block, block, parsed
from flowkit.inventory.paths import Route, RouteTable

LOCAL: Final = "local"
_PREFIX_LIST: Final = "pl-"


class _Line(NamedTuple):
    route: Route
    block: Block
    rank: tuple[int, bool, bool]


class RouteRules:
    """A route table, made ready to be asked often.

    The longest prefix wins; of equal ones a static route, then one by a prefix list, then one that a virtual private
    gateway brought, which also never wins over the local route.

    Parameters
    ----------
    table
        The route table.
    prefix_lists
        The blocks of prefix lists; None, or none at all, where the entries are not known.

    Notes
    -----
    Source: AWS, Amazon VPC User Guide, How route priority works.
    """

    def __init__(self, table: RouteTable, prefix_lists: Mapping[str, tuple[str, ...] | None]) -> None:
        self.table = table
        self.unclear: tuple[Route, ...] = ()
        lines = []
        for route in table.routes:
            cidrs = _blocks(route, prefix_lists)
            if cidrs is None:
                self.unclear += (route,)
                continue
            lines += [_Line(route, one, _rank(route, one)) for one in map(block, cidrs)]
        self._lines = sorted(lines, key=lambda line: line.rank, reverse=True)

    def chosen(self, address: str) -> Route | None:
        """Return the route to an address, None where none leads there; `unclear` routes are left out."""
        number = parsed(address)
        found = [line for line in self._lines if line.block.holds(number)]
        local = next((line for line in found if line.route.target == LOCAL), None)
        for line in found:
            if not (line.route.propagated and local):
                return line.route
        return None


def _blocks(route: Route, prefix_lists: Mapping[str, tuple[str, ...] | None]) -> tuple[str, ...] | None:
    if route.destination.startswith(_PREFIX_LIST):
        return prefix_lists.get(route.destination)
    return (route.destination,) if route.destination else None


def _rank(route: Route, one: Block) -> tuple[int, bool, bool]:
    listed = route.destination.startswith(_PREFIX_LIST)
    return (one.mask.bit_count(), not route.propagated, not listed)
