"""Tables that lie there already: their columns mapped to flow log fields, their partitions restricted to a window."""

from flowkit.tables.connecting import connected
from flowkit.tables.mapping import mapped
from flowkit.tables.partitions import Catalog, Partitions, partitions

__all__ = ["Catalog", "Partitions", "connected", "mapped", "partitions"]
