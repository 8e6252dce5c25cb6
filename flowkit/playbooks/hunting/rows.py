"""What findings take from a detector's row: the port and the protocol as people write them."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from flowkit.fields import PROTOCOLS

_NAMES: Final = {number: name for name, number in PROTOCOLS.items()}


def port_of(row: Mapping[Any, Any]) -> int | None:
    """Return the port of a row, None without."""
    return None if pd.isna(row["port"]) else int(row["port"])


def protocol_of(row: Mapping[Any, Any]) -> str:
    """Return the protocol of a row by name, "" without."""
    number = row["protocol"]
    return "" if pd.isna(number) else _NAMES.get(int(number), str(int(number)))
