"""What the generated logs are, for whoever reads them without numpy or pyarrow."""

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end "
    "action log-status vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id "
    "sublocation-type sublocation-id pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path"
)
FIELDS = tuple(HEADER.split())
COLUMNS = tuple(name.replace("-", "_") for name in FIELDS)
INTEGERS = frozenset(
    ("version", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end", "tcp-flags", "traffic-path")
)
HOST = "10.0.0.10"
"""A host that every generated log has."""
