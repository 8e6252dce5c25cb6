"""What is known of a conversation that would otherwise look odd: said with its reason, and set apart, never hidden."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from flowkit.flows import Flows

NTP, DNS, DNS_TLS = 123, 53, 853
_UDP: Final = 17
_NTP_PACKET: Final = 120
"""Bytes of an NTP packet with its headers, at most: 48 and 28 (IPv4) or 48 (IPv6), and an authenticator of 24."""
_QUESTION: Final = 512
"""Bytes out of a question by DNS over UDP, at most (RFC 1035)."""
_TELLS_NOTHING: Final = frozenset({"AMAZON", "EC2", "EC2_INSTANCE_CONNECT", "GLOBALACCELERATOR", "CLOUDFRONT"})
"""Ranges in which anybody's own hosts stand: they say where, not what."""


def reasons(flows: Flows, rows: pd.DataFrame) -> "pd.Series[str]":
    """Return why the other end of each row is a known one, "" where nothing is known.

    Parameters
    ----------
    flows
        The records the rows are of.
    rows
        `peer` (address), and where there are: `place`, `port`, `protocol`, `calls`, `packets_out` (count), `bytes_out`
        (B).

    Returns
    -------
    Series
        A sentence each: AWS services other than those in which anybody's own hosts stand (by the log's own fields, else
        by AWS's published ranges), addresses AWS itself keeps in a VPC, NTP, and questions to
        a private DNS resolver, both by port and size.
    """
    table = flows.identities.table
    asked = table[table.address.isin(set(rows.peer))].drop_duplicates("address").set_index("address")
    known = asked[["aws_service", "provided"]].to_dict("index")
    return pd.Series([_reason(row, known) for row in rows.to_dict("records")], index=rows.index, dtype="str")


def listed(flows: Flows) -> dict[str, str]:
    """Return the addresses that are on a list of the user's, and which."""
    table = flows.identities.table
    found = table[table.listed.notna()] if "listed" in table else table.iloc[:0]
    return dict(zip(found.address, found.listed.astype(str), strict=True))


def _reason(row: Mapping[Any, Any], known: Mapping[Any, Mapping[Any, Any]]) -> str:
    about = known.get(row["peer"], {})
    service, provided = about.get("aws_service"), about.get("provided")
    if isinstance(provided, str) and provided:
        return f"{row['peer']} is what AWS keeps in a VPC for: {provided}"
    if isinstance(service, str) and service and service not in _TELLS_NOTHING:
        return f"{row['peer']} is an address of AWS {service}; whose data lies there cannot be told from it"
    if row.get("port") == NTP and row.get("protocol") == _UDP:
        packets = row.get("packets_out") or 0
        size = float(str(row.get("bytes_out") or 0)) / float(str(packets)) if packets else 0.0
        return "time by NTP, by port and size of its packets" if size <= _NTP_PACKET else ""
    asked = row.get("calls") or 0
    if row.get("port") == DNS and row.get("place") == "unknown" and asked:
        small = float(str(row.get("bytes_out") or 0)) / float(str(asked)) <= _QUESTION
        return "questions to a private resolver, by port and size" if small else ""
    return ""
