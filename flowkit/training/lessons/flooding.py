"""Too much for one host."""

from collections.abc import Sequence
from typing import Final

from flowkit.training.lessons.answers import Amount, OneOf, host, port, yes
from flowkit.training.lessons.setting import HOUR, MINUTE, Kind, Plot, Setting
from flowkit.training.lessons.step import Step
from flowkit.training.scene import Scene
from flowkit.training.wire import SYN, SYN_ACK, Connection, Packets

_SEE: Final = "fk.analysis.floods(flows)"
_KINDS: Final = ("syn", "udp", "icmp", "amplification", "connections")
_BLOCK: Final = "198.18"
_VISITS: Final = 180
"""Of customers within an hour before and after: without some a minute nobody can tell that they stay away."""


def syn_flood(setting: Setting) -> Plot:
    """Flood the load balancer with SYNs from made-up sources; customers come through no more."""
    dice, target = setting.dice, setting.pick("lb")
    begins, seconds = setting.moment(0.3, 0.8), int(setting.between(3, 9) * MINUTE)
    count = int(setting.between(500, 4_000) * dice.between(0.9, 1.2))
    sources = tuple(dict.fromkeys(f"{_BLOCK}.{dice.whole(0, 190)}.{dice.whole(2, 250)}" for _ in range(count)))
    most = int(setting.between(12, 60))

    def happen(scene: Scene) -> None:
        for source in sources:
            at, sent = begins + scene.dice.between(0, seconds), scene.dice.whole(1, most)
            flow = Connection(source, target.address, scene.dice.whole(1_024, 65_535), 443)
            scene.wire.send(flow, Packets(at, at + 3, sent, 44 * sent, SYN), tracked=False)
            scene.wire.send(flow, Packets(at, at + 7, sent, 44 * sent, SYN_ACK), back=True)
        _visit(scene, setting.world.customers, target.address, begins, begins + seconds)

    other = next(one for one in setting.world.of_role("lb") if one != target)
    steps = (
        Step("target", "Which host was flooded?",
             host(target, {other.name: "That is the other node; customers still reach it."}), 2, _SEE,
             f"{target.name} got SYNs from {len(sources):,} sources within {seconds // MINUTE} minutes.",
             ("Count packets that come in by host and minute.", "Names are in the snapshot: the interface's own.",
              "It has a public address, and serves 443.")),
        Step("kind", "Which kind of flood is it?",
             OneOf(("syn", "syn flood", "syn_flood", "tcp syn"), "one of", {
                 "connections": "Connections would come about; these never do."}, _KINDS), 2, _SEE,
             "Each source sends SYNs only, and never answers the SYN-ACK.",
             ("Which protocol, and how many packets per source?", "tcp_flags of what comes in: is there any data?",
              "Flags 2 in, 18 out, nothing more.")),
        Step("begin", "When did it begin?", setting.when(begins), 1, _SEE, "The minute in which the rate rises.",
             ("Draw fk.analysis.traffic_timeline(flows.narrow(dstport=443)).", "Look at packets, by minute.",
              "Column first.")),
        Step("seconds", "How long did it last?", Amount(seconds, "a duration", "s", 0.35), 1, _SEE,
             f"{seconds // MINUTE} min {seconds % MINUTE} s.",
             ("From the first minute above the usual rate to the last.", "first and last of the row.",
              "Some minutes.")),
        Step("sources", "From about how many sources?", Amount(len(sources), "a number", "", 0.15), 1, _SEE,
             f"{len(sources):,} addresses, most of them made up: blocking them one by one is in vain.",
             ("Count srcaddr within these minutes.", "Customers are a few among them.", "Column sources.")),
        Step("port", "On which port?", port(443), 1, _SEE, "443, where customers come in.",
             ("dstport of the SYNs.", "The service that the host offers.", "HTTPS")),
        Step("hurt", "Did the service to others suffer, yes or no?", yes(right=True), 2, _SEE,
             "Calls of others fell to a fraction while it lasted: others_before and others_during.",
             ("Compare the calls of other clients before and during it.", "others_before, others_during.",
              "What customers had before: count established conversations a minute.")),
    )  # fmt: skip
    story = (
        f"For some minutes this day customers of {setting.world.network.name} saw nothing but a spinning wheel. "
        "A release, too little memory, or somebody's will?"
    )

    def load(at: float) -> float:
        return 0.04 if begins <= at < begins + seconds else 1.0

    return Plot(story, steps, happen, "flood", load=load)


def _visit(scene: Scene, customers: Sequence[str], server: str, begins: float, ends: float) -> None:
    """Let customers come in the hours about a flood, and none while it lasts."""
    for _ in range(_VISITS):
        at = begins + scene.dice.between(-HOUR, HOUR)
        if not begins <= at < ends:
            visitor = scene.dice.pick_often_first(customers)
            scene.converse(visitor, server, 443, at, 1, scene.dice.whole(900, 6_000), 40_000)


FLOODING: Final[tuple[Kind, ...]] = (syn_flood,)
