"""Scans: many ports of a server, one port of many hosts, and the noise that every open address hears."""

from types import SimpleNamespace
from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.analysis.calls import INSIDE, calls, inward, named
from flowkit.analysis.caption import captioned
from flowkit.analysis.probing import CAMPAIGN, probes, tried_by, used_services, vain, with_outcome
from flowkit.analysis.settings import Setting, tuned
from flowkit.analysis.weighing import between, grown, listed, mixed, ranked, rest
from flowkit.flows import Flows
from flowkit.keeping import Keep

SETTINGS: Final[tuple[Setting, ...]] = (
    Setting("ports", 10, "count", "fewest ports of one server: more than an application's, and Panther's rule"),
    Setting("hosts", 10, "count", "fewest hosts on one port: a client whose servers fail has fewer of them at a time"),
    Setting("sources", 10, "count", "fewest sources that make noise at a host: a misled client or two are none"),
    Setting("silence", 3600, "s", "a campaign ends: tools wait seconds between tries, a person an hour"),
    Setting("tries", 10, "per silence", "most failed tries of a service that is only probed: what is tried on and on "
            "is wanted; scanners try again once or twice per kind of scan"),
    Setting("answered_tries", 3, "count", "most tries of a service that answered without data: health checks and "
            "monitors go on, a scanner has its answer"),
    Setting("bare", 80, "B", "largest mean packet without data: an IPv6 and a TCP header with options (40 + 40)"),
    Setting("probe_packets", 10, "count", "most packets of a probe without an answer: Linux sends a SYN seven times; "
            "who sends more is answered where the log does not look"),
    Setting("nothing", 0.5, "share", "least share of what was tried that came to nothing: a scanner does not know what "
            "is there, others mostly do"),
    Setting("many", 100, "count", "ports or hosts from which on more add nothing: nmap -F tries 100 ports"),
    Setting("slow", 0.001, "per s", "pace of score_speed 0: a new target every quarter of an hour may be anybody"),
    Setting("fast", 1, "per s", "pace of score_speed 1: faster than people"),
    Setting("retried", 2, "count", "tries per service up to which score_few is 1: a lost packet is sent again"),
    Setting("found", 0.5, "score", "score_reach of a scanner from elsewhere that something answered"),
    Setting("weight_breadth", 0.25, "weight", "what the name means"),
    Setting("weight_failed", 0.15, "weight", "its share is already required, so it tells less"),
    Setting("weight_few", 0.1, "weight", "repetition is the mark of monitors; the limits above leave little of it"),
    Setting("weight_speed", 0.1, "weight", "slow scans are scans too"),
    Setting("weight_order", 0.05, "weight", "most tools shuffle, and starts are whole seconds"),
    Setting("weight_reach", 0.35, "weight", "the internet scans every address: who scans from inside, or finds "
            "something, is what matters"),
)  # fmt: skip
SCAN_COLUMNS: Final = (
    "scanner", "scanner_place", "target_places", "peer", "targets", "scanned", "ports", "calls", "failed", "answered",
    "first", "last", "ports_per_second", "order", "score_breadth", "score_failed", "score_few", "score_speed",
    "score_order", "score_reach", "score",
)  # fmt: skip
SWEEP_COLUMNS: Final = (
    "scanner", "scanner_place", "target_places", "peer", "port", "protocol", "hosts", "ports", "calls", "failed",
    "answered", "first", "last", "hosts_per_second", "score_breadth", "score_failed", "score_few", "score_speed",
    "score_reach", "score",
)  # fmt: skip
_TOP: Final = 1000
_LISTED: Final = 20
"""How many targets a row names."""
_PLACES: Final = ("inside", "outside", "unknown")
_SERVER: Final = ("server",)
_PORT: Final = ("server_port", "protocol")


def port_scans(flows: Flows, *, top: int = _TOP, **settings: float) -> pd.DataFrame:
    """Find clients that try many ports of a server, a row per campaign however many servers and ports it has.

    Parameters
    ----------
    flows
        Records already scoped.
    top
        How many campaigns at most, the highest scores; ``attrs["left_out"]`` counts the others.
    settings
        Any of `SETTINGS` of this module, by name; each tells its unit and why it is so by default.

    Returns
    -------
    DataFrame
        Highest score first: `scanner` (address), `scanner_place`, `target_places` (text), `peer` (list of up to 20
        targets, most ports first), `targets` (count: hosts tried in vain), `scanned` (count: those of which enough
        ports were tried), `ports` (count), `calls` (count), `failed` (count of calls), `answered` (count of services
        of the targets that answered or passed data then), `first`, `last` (UTC), `ports_per_second` (services tried),
        `order` (share of successive ports that ascend; null where too few starts differ), `score_breadth` (most ports
        of one server, by logarithm), `score_failed` (share that came to nothing), `score_few` (tries per service),
        `score_speed`, `score_order` (how far `order` is from chance), `score_reach` (1 from inside, 0 from outside
        without an answer), `score` (weighted mean), each 0 to 1.

    Raises
    ------
    ScopeError
        If *top* is less than one, or a setting is none.
    MissingFieldError
        If the log has no addresses.

    Notes
    -----
    What counts is a service (server, port, protocol) tried a few times that never passed data to this client: one
    that works for it does not count, so clients of many servers are none. A campaign is what a client probed without
    an hour's silence. Without tcp-flags a refusal is known by its 40 B (IPv4).
    Limits: where everything answers, a connect scan looks like a monitor's first round and gets half the share. Where
    one way only is logged, what sent no data counts as unanswered. Starts are whole seconds. Traceroute's ports do
    not count. Scanners that wait longer than the silence between tries, or share the work among many addresses, are
    not joined.
    Source: the measures are those of Snort's and SiLK's detectors: distinct targets, failed share, order and pace.
    """
    flows = flows.at_hand
    go_by = tuned("port_scans", SETTINGS, settings)
    found, groups = _probed(flows, go_by, _SERVER, go_by.ports)
    measured = _measured(found, groups)
    order = _order(found, go_by)
    table = measured.left_join(order, CAMPAIGN).select(*measured.columns, "order")
    pace = table.probes / ibis.greatest(table["last"] - table.first, 1)
    table = table.rename(scanned="keys").mutate(ports_per_second=pace)
    scores = _scores(table, go_by, pace) | {"order": ((table.order.fill_null(0.5) - 0.5) * 2).abs()}
    frame, left_out = _told(flows, table.mutate(**mixed(scores, go_by)), found, top)
    frame["order"] = frame.order.astype("Float64")
    outside = int((frame.scanner_place != INSIDE).sum())
    sentence = (
        f"{len(frame):,} campaigns that tried at least {go_by.ports:g} ports of a server, {outside:,} of them not from "
        f"inside{rest(left_out)}; what works for the client is not counted."
    )
    return captioned(frame[[*SCAN_COLUMNS]], "port_scans", flows, sentence, inventory=True, left_out=left_out)


def sweeps(flows: Flows, *, top: int = _TOP, **settings: float) -> pd.DataFrame:
    """Find clients that try one port of many hosts, a row per campaign however many ports and hosts it has.

    Parameters
    ----------
    flows
        Records already scoped.
    top
        How many campaigns at most, the highest scores; ``attrs["left_out"]`` counts the others.
    settings
        Any of `SETTINGS` of this module, by name; each tells its unit and why it is so by default.

    Returns
    -------
    DataFrame
        Highest score first: `scanner` (address), `scanner_place`, `target_places` (text), `peer` (list of up to 20
        hosts, most tried first), `port` (the most swept; null for a protocol without ports), `protocol` (IANA number),
        `hosts` (count: tried in vain on the ports swept), `ports` (count of ports swept), `calls` (count), `failed`
        (count of calls), `answered` (count of services on the ports swept that answered or passed data then), `first`,
        `last` (UTC), `hosts_per_second` (services tried), `score_breadth` (most hosts on one port, by logarithm),
        `score_failed` (share that came to nothing), `score_few` (tries per service), `score_speed`, `score_reach` (1
        from inside, 0 from outside without an answer), `score` (weighted mean), each 0 to 1.

    Raises
    ------
    ScopeError
        If *top* is less than one, or a setting is none.
    MissingFieldError
        If the log has no addresses.

    Notes
    -----
    As `port_scans`, whose notes and limits hold; a ping sweep is one of ICMP. A client whose way out is blocked
    altogether (all of its calls rejected) cannot be told from a sweep of the port that it uses.
    """
    flows = flows.at_hand
    go_by = tuned("sweeps", SETTINGS, settings)
    found, groups = _probed(flows, go_by, _PORT, go_by.hosts)
    found = found.semi_join(groups, [*CAMPAIGN, *_PORT])
    table = _measured(found, groups).drop("ports").rename(ports="keys", hosts="targets")
    pace = table.probes / ibis.greatest(table["last"] - table.first, 1)
    table = table.mutate(hosts_per_second=pace, **mixed(_scores(table, go_by, pace), go_by))
    most = ibis.window(group_by=[groups[k] for k in CAMPAIGN], order_by=[ibis.desc("breadth"), *_PORT])
    first = groups.mutate(place=ibis.row_number().over(most)).filter(_.place == 0)
    table = table.join(first.select(*CAMPAIGN, *_PORT), CAMPAIGN).select(*table.columns, *_PORT)
    table = table.mutate(port=ibis.ifelse(table.protocol.isin([1, 58]), -1, table.server_port).nullif(-1))
    frame, left_out = _told(flows, table, found, top)
    frame["port"] = frame.port.astype("Int64")
    outside = int((frame.scanner_place != INSIDE).sum())
    sentence = (
        f"{len(frame):,} campaigns that tried one port of at least {go_by.hosts:g} hosts, {outside:,} of them not from "
        f"inside{rest(left_out)}; what works for the client is not counted."
    )
    return captioned(frame[[*SWEEP_COLUMNS]], "sweeps", flows, sentence, inventory=True, left_out=left_out)


def background_noise(flows: Flows, *, top: int = _TOP, **settings: float) -> pd.DataFrame:
    """Sum up, per host inside, the attempts from elsewhere that nobody asked for and that never came to anything.

    Parameters
    ----------
    flows
        Records already scoped.
    top
        How many hosts at most, those with most sources; ``attrs["left_out"]`` counts the others.
    settings
        Any of `SETTINGS` of this module, by name: `sources`, `bare` and `probe_packets` are used.

    Returns
    -------
    DataFrame
        Most sources first: `host` (inside), `sources` (count: addresses none of whose calls to the host came to
        anything), `calls` (count), `ports` (count), `bytes` (B, to the host), `first`, `last` (UTC).

    Raises
    ------
    ScopeError
        If *top* is less than one, or a setting is none.
    MissingFieldError
        If the log has no addresses.

    Notes
    -----
    Port scans from elsewhere are part of it. A host with fewer sources than the setting has no row.
    """
    flows = flows.at_hand
    go_by = tuned("background_noise", SETTINGS, settings)
    table = inward(flows)
    is_vain = vain(table, go_by)
    noise = table.filter(is_vain).anti_join(table.filter(~is_vain), ["host", "peer"])
    hosts = noise.group_by("host").agg(
        sources=_.peer.nunique(), calls=_.count(), ports=_.server_port.nunique(),
        bytes=_.bytes_to_server.sum().cast("int64"), first=_.first.min(), last=_["last"].max(),
    )  # fmt: skip
    hosts = hosts.filter(_.sources >= go_by.sources)
    frame, left_out = ranked(flows, hosts, top, [ibis.desc("sources"), "first", ibis.desc("bytes"), "host"], "host")
    columns = ["host", "sources", "calls", "ports", "bytes", "first", "last"]
    few = rest(left_out, "hosts with fewer sources")
    least = f"{go_by.sources:g} sources"
    sentence = f"{len(frame):,} hosts inside with calls from at least {least} that came to nothing{few}."
    return captioned(frame[columns], "background_noise", flows, sentence, inventory=True, left_out=left_out)


def _probed(flows: Flows, go_by: SimpleNamespace, key: tuple[str, ...], fewest: float) -> tuple[ir.Table, ir.Table]:
    """Return the probes of campaigns that are scans, and what they scanned: a row per campaign and *key*."""
    by = {name: getattr(go_by, name) for name in ("silence", "tries", "answered_tries", "bare", "probe_packets")}

    def made(keep: Keep) -> ir.Table:
        return probes(keep(with_outcome(calls(flows), go_by)), go_by)

    found = flows.kept(f"probes {by}", made, "looking for scans")
    used = flows.kept(
        f"used of {by}", lambda _keep: used_services(with_outcome(calls(flows), go_by)), "looking for scans"
    )
    groups = tried_by(found, used, key, go_by.silence)
    wide = (groups.breadth >= fewest) & (groups.nothing >= go_by.nothing * (groups.breadth + groups.worked))
    groups = flows.kept(f"tried {key} {vars(go_by)}", lambda _keep: groups.filter(wide), "looking for scans")
    return found.semi_join(groups, CAMPAIGN), groups


def _measured(found: ir.Table, groups: ir.Table) -> ir.Table:
    """Return a row per campaign: of all its probes their measures, of the wide keys how wide and what worked."""
    sums = found.group_by(*CAMPAIGN, "client_place").agg(
        targets=_.server.nunique(), ports=_.server_port.nunique(), probes=_.count(), calls=_.tries.sum().cast("int64"),
        failed=_.vain.sum().cast("int64"), open=(_.vain < _.tries).cast("int64").sum(), first=_.first.min(),
        last=_["last"].max(), **{place: (_.server_place == place).cast("int64").max() for place in _PLACES},
    )  # fmt: skip
    wide = groups.group_by(*CAMPAIGN).agg(
        keys=_.count(), widest=_.breadth.max(), nothing=_.nothing.sum(),
        tried=(_.breadth + _.worked).sum(), worked=_.worked.sum().cast("int64"),
    )  # fmt: skip
    joined = sums.join(wide, CAMPAIGN).select(*sums.columns, "keys", "widest", "nothing", "tried", "worked")
    return joined.mutate(answered=(joined.open + joined.worked).cast("int64"))


def _scores(table: ir.Table, go_by: SimpleNamespace, pace: ir.NumericValue) -> dict[str, ir.NumericValue]:
    reach = ibis.cases((table.client_place != "outside", 1.0), (table.answered > 0, float(go_by.found)), else_=0.0)
    return {
        "breadth": grown(table.widest + 1, 1, go_by.many + 1),
        "failed": table.nothing / table.tried,
        "few": between(go_by.retried * table.probes / table.calls, 0, 1),
        "speed": grown(pace, go_by.slow, go_by.fast),
        "reach": reach,
    }


def _order(found: ir.Table, go_by: SimpleNamespace) -> ir.Table:
    """Return, per campaign, the share of successive ports of a server that ascend: of those whose starts differ."""
    by_time = ibis.window(group_by=[found[k] for k in (*CAMPAIGN, "server")], order_by=[found.first, *_PORT])
    steps = found.mutate(
        before=found.server_port.lag().over(by_time), since=found.first - found.first.lag().over(by_time)
    )
    steps = steps.filter(_.since > 0)
    shares = steps.group_by(*CAMPAIGN).agg(steps=_.count(), order=(_.server_port > _.before).cast("float64").mean())
    return shares.filter(_.steps >= go_by.ports).drop("steps")


def _told(flows: Flows, table: ir.Table, found: ir.Table, top: int) -> tuple[pd.DataFrame, int]:
    """Return the first rows, with the scanner's address and what it tried."""
    places = (ibis.ifelse(table[place] > 0, f", {place}", "") for place in _PLACES)
    texts = sum(places, ibis.literal("")).substr(2)
    table = table.mutate(scanner=table.client, scanner_place=table.client_place, target_places=texts)
    order = [ibis.desc("score"), "first", ibis.desc("probes"), "scanner", "campaign"]
    frame, left_out = ranked(flows, table, top, order, "scanner")
    hosts = found.group_by(*CAMPAIGN, "server", "server_place").agg(n=_.count(), tries=_.tries.sum())
    order = ibis.window(group_by=[hosts[k] for k in CAMPAIGN], order_by=[ibis.desc("n"), ibis.desc("tries"), "server"])
    most = hosts.mutate(place=ibis.row_number().over(order)).filter(_.place < _LISTED)
    names = engine.frame(named(flows, most, "server")).sort_values("place")
    return frame.assign(peer=listed(frame, names, CAMPAIGN, "server")), left_out
