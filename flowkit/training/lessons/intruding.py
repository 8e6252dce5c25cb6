"""Somebody comes in: by guessing, or from host to host."""

from typing import Final

from flowkit.training.lessons.answers import Amount, Several, host, names_of, peer, port, yes
from flowkit.training.lessons.place import SMB, SSH
from flowkit.training.lessons.setting import MEGABYTE, MINUTE, Kind, Plot, Setting
from flowkit.training.lessons.step import Step
from flowkit.training.network import Interface
from flowkit.training.scene import Scene
from flowkit.training.wire import SYN, Packets

_SEE: Final = 'fk.playbooks.run("intrusion", flows)'
_GUESSES: Final = "fk.analysis.brute_force(flows)"
_WELL_KNOWN: Final = (21, 23, 25, 53, 80, 110, 111, 135, 139, 143, 443, 445, 993, 1_433, 3_306, 3_389, 5_432, 8_080)


def brute_force_access(setting: Setting) -> Plot:
    """Let somebody scan, guess passwords, get in and stay; another one guesses in vain."""
    dice, (bastion,), (attacker, loud, *_) = setting.dice, setting.world.of_role("bastion"), setting.world.strangers
    ports = list(dict.fromkeys((*_WELL_KNOWN, *(dice.whole(1, 9_999) for _ in range(int(setting.between(25, 400)))))))
    attempts, pace = int(setting.between(70, 700)) + dice.whole(0, 30), dice.between(2, 5)
    scan = setting.moment(0.25, 0.4)
    begins = scan + dice.between(20, 50) * MINUTE
    enters = begins + attempts * pace + 20
    stays, taken = dice.whole(10, 40) * MINUTE, int(setting.between(2, 60) * MEGABYTE)

    def happen(scene: Scene) -> None:
        for number, one in enumerate(ports):
            at = scan + 4 * number
            scene.wire.send(scene.dial(attacker, bastion.address, one), Packets(at, at, 1, 44, SYN), tracked=False)
        _guess(scene, attacker, bastion, begins, attempts, pace)
        if setting.level.name != "easy":
            _guess(scene, loud, bastion, setting.moment(0.5, 0.6), 2 * attempts, 3.0)
        scene.converse(attacker, bastion.address, SSH, enters, stays, 60_000, taken)

    steps = (
        Step("attacker", "From which address did somebody get in?", peer(attacker), 2, _SEE,
             f"{attacker} guessed {attempts} times, then held a conversation of another shape.",
             ("Many guess all day; who of them then stays?", "A session that is long and carries data is no guess.",
              "access_after in the table of brute_force.")),
        Step("host", "Which host was entered?", host(bastion), 1, _SEE, f"{bastion.name} has SSH open to everybody.",
             ("Which hosts have a public address?", "The target of the guesses.", "Look at the snapshot's groups.")),
        Step("port", "Over which port?", port(SSH), 1, _SEE, "SSH.",
             ("The port that was guessed at.", "dstport of the many small conversations.", "It is SSH.")),
        Step("attempts", "About how many guesses did it take?", Amount(attempts, "a number", "", 0.15), 1, _GUESSES,
             f"{attempts} small conversations, all alike.",
             ("Conversations, not records.", "Narrow to the attacker and port 22.", "Column attempts.")),
        Step("access", "When did they get in?", setting.when(enters), 2, _GUESSES,
             "The conversation that begins right behind the last guess, and stays open.",
             ("It follows the last guess at once.", "Sort the attacker's conversations.", "Column access_at.")),
        Step("taken", "How many bytes left in that session?", Amount(_carried(taken, 60_000), "a volume", "B", 0.1), 2,
             f'fk.analysis.conversations(flows.narrow(address="{attacker}"), per="client_port")',
             f"{taken:,} B of data, and headers, from {bastion.name} to the attacker.",
             ("bytes_to_client of the long conversation.", "per='client_port' shows each conversation by itself.",
              "The largest of them.")),
        Step("scanned", "Did the same address look around before, yes or no?", yes(right=True), 1,
             "fk.analysis.port_scans(flows)", f"{len(ports)} ports of {bastion.name} in half an hour, all rejected.",
             ("What did it do before the guesses?", "Rejected records count, too.", "port_scans tells.")),
    )  # fmt: skip
    story = (
        f"An alarm says: many failed logins at {bastion.name}. The people on duty say: that is every day. "
        "Was it only knocking this time, or did somebody get in?"
    )
    return Plot(story, steps, happen, "intrusion")


def _carried(payload: int, other: int) -> int:
    """Return what a conversation's records count one way: payload, headers, acknowledgements."""
    segments = -(-payload // 1_448) + (-(-other // 1_448) + 1) // 2
    return payload + 52 * (segments + 2)


def _guess(scene: Scene, source: str, target: Interface, begins: float, count: int, pace: float) -> None:
    dice = scene.dice
    for number in range(count):
        at = begins + pace * (number + dice.between(0, 0.8))
        up, down = dice.whole(1_300, 1_700), dice.whole(1_900, 2_300)
        scene.converse(source, target.address, SSH, at, dice.between(1, 4), up, down)


def lateral_upload(setting: Setting) -> Plot:
    """Let somebody go on from a desk to a server and on, collect data, and send it away."""
    dice, world = setting.dice, setting.world
    origin, (first, second) = setting.pick("desk"), _two(setting)
    (files,), database, (stranger, *_) = world.of_role("files"), world.of_role("db")[0], world.strangers
    begins = setting.moment(0.4, 0.5)
    gap = dice.between(8, 20) * MINUTE
    collected = int(setting.between(220, 2_500) * MEGABYTE * dice.between(0.9, 1.2))
    stage = begins + 3 * gap
    leaves, to = stage + dice.between(25, 50) * MINUTE, dice.pick((443, 8_443))
    sent = int(collected * dice.between(0.75, 0.95))
    seconds = int(dice.between(8, 30) * MINUTE)

    def happen(scene: Scene) -> None:
        for number, (source, target) in enumerate(((origin, first), (first, second))):
            for again in range(3):
                at = begins + gap * number + again * 100
                scene.converse(source.address, target.address, SSH, at, 80, 90_000, 400_000)
        scene.converse(second.address, files.address, SMB, stage, 12 * MINUTE, 90_000, collected * 2 // 3)
        scene.converse(second.address, database.address, SSH, stage + 90, 15 * MINUTE, 60_000, collected // 3)
        scene.converse(second.address, stranger, to, leaves, seconds, sent, sent // 500)

    way = tuple(names_of(one) for one in (first, second))
    moved = _carried(sent, sent // 500)
    uploads = 'fk.playbooks.run("exfiltration", flows)'
    steps = (
        Step("origin", "On which host did it begin?", host(origin), 2, _SEE,
             f"{origin.name} was the first to go to a host that it had never talked to.",
             ("Who talks to servers over administration ports, and never did before?",
              "The bastion does so every day; who else?", "origin in the table of lateral_movement.")),
        Step("hops", "Over which hosts did it go to where the data was put together?",
             Several(way, "hosts after the origin", ordered=True), 3, "fk.analysis.lateral_movement(flows)",
             f"{origin.name} > {first.name} > {second.name}, over port {SSH}.",
             ("Follow the connections over port 22 in the order of time.", "Each hop begins on the one before.",
              "Column steps.")),
        Step("staging", "Where was the data put together?", host(second), 2, uploads,
             f"{second.name} fetched from {files.name} and {database.name} what it then sent away.",
             ("Who got much from hosts inside, shortly before much left?", "The host that uploads.",
              "The finding of kind staging.")),
        Step("sources", "From which hosts was it collected?",
             Several((names_of(files), names_of(database)), "hosts"), 2, uploads,
             f"{files.name} over port {SMB}, {database.name} over port {SSH}.",
             ("Who sent to the staging host?", "Narrow to it, and look at bytes that came in.",
              "A file server and a database.")),
        Step("peer", "Where did it go?", peer(stranger), 1, uploads, f"{second.name} alone talks to {stranger}.",
             ("An address that nobody else knows.", "The peer of the upload.", f"{stranger.split('.')[0]}.…")),
        Step("bytes", "How many bytes left?", Amount(moved, "a volume", "B", 0.1), 2, "fk.analysis.uploads(flows)",
             f"{moved:,} B, somewhat less than what was collected.",
             ("bytes_out of the pair, counted once.", "The NAT gateway logs the same bytes again.", "uploads")),
        Step("left_at", "When did they begin to leave?", setting.when(leaves), 1, "fk.analysis.uploads(flows)",
             "The first record of the upload.",
             ("After the collecting.", "Column first.", "traffic_timeline of the pair.")),
    )  # fmt: skip
    story = (
        f"A user of a desk in {world.network.name} opened an attachment this day and told nobody for hours. "
        "How far did whoever came in get, what did they collect, and did it leave?"
    )
    return Plot(story, steps, happen, "intrusion")


def _two(setting: Setting) -> tuple[Interface, Interface]:
    """Return two servers, in different subnets."""
    first = setting.pick("app")
    return first, setting.dice.pick(
        [one for one in setting.world.of_role("app", "build") if one.subnet != first.subnet]
    )


INTRUDING: Final[tuple[Kind, ...]] = (brute_force_access, lateral_upload)
