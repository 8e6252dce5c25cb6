"""Flow logs in Athena: the statement that makes a table of them, and tables that lie there already, as an engine."""

from flowkit.athena.creating import ddl
from flowkit.athena.delivery import Delivery
from flowkit.athena.opening import queries

__all__ = ["Delivery", "ddl", "queries"]
