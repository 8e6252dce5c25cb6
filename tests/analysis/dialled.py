"""Conversations of made-up hosts, written briefly, for the tests of detectors: both ways, at every inside end."""

START = 1773129600
HEADER = (
    "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status "
    "tcp-flags flow-direction"
)
USUAL = {"there": (10, 2300), "back": (9, 2300), "seconds": 1, "asked": 3, "answered": 19}
_PORTS = iter(range(32_768, 61_000))


def call(client, server, port, second, **unusual):
    """Return the lines of one TCP connection, at the interface of each end in 10.0.0.0/16.

    `USUAL` is what can be told of it: packets and bytes (B) each way, length (s), flags of both ways.
    """
    how, source = USUAL | unusual, next(_PORTS)
    times = f"{START + second} {START + second + how['seconds']}"
    lines = []
    for host in (client, server):
        if host.startswith("10.0."):
            out, into = ("egress", "ingress") if host == client else ("ingress", "egress")
            there, back = (" ".join(map(str, how[way])) for way in ("there", "back"))
            asked, answered = how["asked"], how["answered"]
            lines += [
                f"5 eni-{host} {client} {server} {source} {port} 6 {there} {times} ACCEPT OK {asked} {out}",
                f"5 eni-{host} {server} {client} {port} {source} 6 {back} {times} ACCEPT OK {answered} {into}",
            ]
    return lines


def refusal(client, server, port, second):
    """Return the lines of a connection that a RST answers."""
    return call(client, server, port, second, there=(1, 60), back=(1, 40), asked=2, answered=4)


def rejection(client, server, port, second, protocol=6):
    """Return the line of a SYN or a datagram that a rule stops: at the client's interface if it has one."""
    host, way = (client, "egress") if client.startswith("10.0.") else (server, "ingress")
    flags, begin = 2 if protocol == 6 else 0, START + second
    ends = f"{client} {server} {next(_PORTS)} {port} {protocol}"
    return [f"5 eni-{host} {ends} 1 60 {begin} {begin} REJECT OK {flags} {way}"]


def log(*calls):
    """Return the whole log."""
    return "\n".join([HEADER, *(line for lines in calls for line in lines)])


def plain(text):
    """Return the log with AWS's default fields only, but for the account."""
    return "\n".join(" ".join(line.split()[:13]) for line in text.splitlines())
