"""Records of a client and a server, written as briefly as a test needs them: as either end's interface logs them."""

C, S, PORT = "10.0.1.10", "10.0.2.20", 5432
START = 1773129600
HEADER = (
    "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action tcp-flags "
    "flow-direction log-status"
)
PLAIN = "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
ENI = {"C": "eni-app", "S": "eni-db"}


def lines(*records, client=C, server=S, port=PORT, protocol=6, header=HEADER, enis=None):
    """Return a log; each record is ``end way action client-port second flags packets bytes``.

    `end` is whose interface logged it, ``C`` or ``S``; `way` is ``>`` for the request and ``<`` for the reply; what is
    left out is one packet of 60 bytes with the flags of an opening.
    """
    held = ENI | (enis or {})
    return "\n".join([header, *(_line(record, client, server, port, protocol, header, held) for record in records)])


def _line(record, client, server, port, protocol, header, enis):
    end, way, action, client_port, second, *rest = record.split()
    flags = rest[0] if rest else {">": "2", "<": "18"}[way]
    packets, bytes_ = rest[1:3] if len(rest) > 2 else ("1", "60")
    ends = [(client, client_port), (server, port)]
    (src, sport), (dst, dport) = ends if way == ">" else ends[::-1]
    if protocol not in (6, 17):
        sport = dport = 0
    out = (end == "C") == (way == ">")
    values = {
        "version": 5, "interface-id": enis[end], "srcaddr": src, "dstaddr": dst, "srcport": sport, "dstport": dport,
        "protocol": protocol, "packets": packets, "bytes": bytes_, "start": START + int(second),
        "end": START + int(second) + 2, "action": {"A": "ACCEPT", "R": "REJECT"}[action],
        "tcp-flags": flags if protocol == 6 else 0, "flow-direction": "egress" if out else "ingress",
        "log-status": "OK",
    }  # fmt: skip
    return " ".join(str(values[name]) for name in header.split())


def whole(client_port, second, flags="3", data="9 4000"):
    """Return the four records of a connection that comes about."""
    answer = str(int(flags) | 18)
    return [
        f"C > A {client_port} {second} {flags} {data}", f"S > A {client_port} {second} {flags} {data}",
        f"S < A {client_port} {second} {answer} {data}", f"C < A {client_port} {second} {answer} {data}",
    ]  # fmt: skip


def silence(seconds=range(0, 3600, 60), ends="CS", header=HEADER):
    """Return NODATA lines of both interfaces, so that they count as logged."""
    names = header.split()
    return [
        " ".join(
            {"version": "5", "interface-id": ENI[end], "start": str(START + s), "end": str(START + s + 59),
             "log-status": "NODATA"}.get(name, "-")
            for name in names
        )
        for end in ends for s in seconds
    ]  # fmt: skip
