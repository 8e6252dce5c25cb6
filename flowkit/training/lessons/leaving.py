"""Data that leaves, and hosts that call home."""

from typing import Final

from flowkit.training.lessons.answers import Amount, OneOf, host, peer, port, yes
from flowkit.training.lessons.setting import HOUR, MEGABYTE, MINUTE, Kind, Plot, Setting
from flowkit.training.lessons.step import Step
from flowkit.training.scene import Scene

_SEE: Final = 'fk.playbooks.run("exfiltration", flows)'
_UPLOADS: Final = "fk.analysis.uploads(flows)"
_BEACONS: Final = "fk.analysis.beacons(flows)"


def _nat(setting: Setting) -> dict[str, str]:
    """Return the answer that names the NAT gateway, which is on the way but not the host."""
    (nat,) = setting.world.of_role("nat")
    why = "That is the NAT gateway, which passes it on: who is behind it? pkt_srcaddr tells."
    return dict.fromkeys((nat.address, nat.name, nat.id, nat.public_ip), why)


def _who(setting: Setting, own: object, see: str, question: str, why: str) -> Step:
    hints = (
        "Bytes out against bytes in, by pair of host and peer, stand out more than bytes alone.",
        "What goes to AWS S3 or a time server every day is most likely not it.",
        "Look at pairs whose peer only one host talks to.",
    )
    return Step("host", question, host(own, _nat(setting)), 2, see, why, hints)  # type: ignore[arg-type]


def _where(address: str, see: str, question: str, own: str) -> Step:
    hints = (
        "An address outside that none other of our hosts talks to.",
        "fk.analysis.first_seen(flows) counts who knows whom.",
        f"It begins with {address.split('.', maxsplit=1)[0]}.",
    )
    return Step("peer", question, peer(address), 2, see, f"{own} alone talks to {address}.", hints)


def bulk_exfiltration(setting: Setting) -> Plot:
    """Let much leave at once."""
    dice, own, (stranger, *_) = setting.dice, setting.pick("app", "files", "desk"), setting.world.strangers
    size = int(setting.between(160, 9_000) * MEGABYTE * dice.between(0.9, 1.3))
    count, seconds = dice.whole(1, 5), int(setting.between(6, 40) * MINUTE)
    begins, to = int(setting.moment(0.55, 0.85)), dice.pick((443, 22, 8_443))
    weights = [dice.between(0.5, 1.5) for _ in range(count)]
    sizes = [int(size * weight / sum(weights)) for weight in weights]

    def happen(scene: Scene) -> None:
        for number, part in enumerate(sizes):
            scene.converse(own.address, stranger, to, begins + 3 * number, seconds, part, part // 500 + 900)
        _backup(scene, setting)

    sent = sum(part + 52 * (part // 1_448) for part in sizes)
    steps = (
        _who(setting, own, _SEE, "Which host sent the data?", f"{own.name} sent {sent:,} B and got next to nothing."),
        _where(stranger, _SEE, "To which address?", own.name),
        Step("bytes", "How many bytes left?", Amount(sent, "a volume", "B", 0.08), 2, _UPLOADS,
             f"{sent:,} B with headers; seen at the host and at the NAT gateway, but sent once.",
             ("The same bytes may be logged twice: at the host and at the NAT gateway.",
              "egress_volume and uploads count them once.", "bytes_out of the pair.")),
        Step("begin", "When did it begin?", setting.when(begins), 1, _UPLOADS,
             f"The first of {count} connections opened then.",
             ("The first record of the pair.", "flows.narrow(address=...) and traffic_timeline.", "Column first.")),
        Step("port", "To which port?", port(to), 1, _UPLOADS, f"The server's port is {to}.",
             ("The end whose port stays the same is the server's.", "conversations tells client from server.",
              "Column port.")),
        Step("encrypted_backup", "The database also sent much, to S3. Is that the same incident, yes or no?",
             yes(right=False), 1, _SEE, "That is the daily backup to an address of AWS S3: it stands there as info.",
             ("Who are the two peers?", "address_facts names AWS's service.", "Whose data goes there?")),
    )  # fmt: skip
    story = (
        f"The network team saw the internet line of the VPC {setting.world.network.name} full this "
        "day. Nobody remembers a release. Did data leave, how much, from where and to whom?"
    )
    return Plot(story, steps, happen, "exfiltration")


def _backup(scene: Scene, setting: Setting) -> None:
    """Send the database's backup to S3, as every day."""
    database = setting.world.of_role("db")[0]
    for number, bucket in enumerate(setting.world.buckets[:3]):
        at = setting.start + 2 * HOUR + 5 * number
        scene.converse(database.address, bucket, 443, at, 20 * MINUTE, 700 * MEGABYTE, 40_000)


def slow_drip(setting: Setting) -> Plot:
    """Let as much leave little by little, in many small conversations over most of the log."""
    dice, own, (stranger, *_) = setting.dice, setting.pick("desk", "app"), setting.world.strangers
    size = int(setting.between(110, 1_300) * MEGABYTE * dice.between(0.9, 1.2))
    count, begins, ends = dice.whole(180, 420), setting.moment(0.02, 0.08), setting.moment(0.9, 0.97)
    to = dice.pick((443, 8_443))
    times = sorted(dice.between(begins, ends) for _ in range(count))
    sizes = [int(size / count * dice.between(0.5, 1.5)) for _ in times]

    def happen(scene: Scene) -> None:
        for at, part in zip(times, sizes, strict=True):
            scene.converse(own.address, stranger, to, at, 1 + part / MEGABYTE, part, part // 400 + 900)
        _backup(scene, setting)

    sent = sum(part + 52 * (part // 1_448 + 4) for part in sizes)
    hours = (ends - begins) / HOUR
    steps = (
        _who(setting, own, _SEE, "Which host lets data go?", f"{own.name} sent {sent:,} B in {count} small portions."),
        _where(stranger, _SEE, "To which address?", own.name),
        Step("manner", "All at once, or little by little?",
             OneOf(("slow_upload", "little by little", "slow", "drip"), "one of", {}, ("upload", "slow_upload")),
             1, _UPLOADS, f"No hour stands out: {count} conversations over {hours:.1f} h.",
             ("Draw the pair's bytes by the hour.", "Compare its busiest hour with all of it.", "active_hours")),
        Step("bytes", "How many bytes left in all?", Amount(sent, "a volume", "B", 0.12), 2, _UPLOADS,
             f"{sent:,} B with headers. No portion of it stands out.",
             ("Add up the whole log, not the top records.", "uploads sums by pair.", "bytes_out")),
        Step("conversations", "In about how many conversations?", Amount(count, "a number", "", 0.15), 1,
             "fk.analysis.conversations(flows)", f"{count}, each from a client port of its own.",
             ("Records are not conversations: one may have several, at two interfaces.",
              "conversations counts them by pair.", "Column conversations.")),
    )  # fmt: skip
    story = (
        f"A document of {setting.world.network.name} turned up where it should not be. No alarm "
        "rang, no peak is on the line. Is there anything that leaves so slowly that nobody noticed?"
    )
    return Plot(story, steps, happen, "exfiltration")


def beacon_jitter(setting: Setting) -> Plot:
    """Let a host call home at an interval, with jitter."""
    dice, own, (stranger, *_) = setting.dice, setting.pick("desk", "build", "app"), setting.world.strangers
    every = dice.pick((3, 4, 5, 6) if setting.level.name == "easy" else (5, 6, 8, 10)) * MINUTE
    jitter = {"easy": 0.05, "normal": 0.2, "hard": 0.3}[setting.level.name]
    to, begins = dice.pick((443, 8_080, 8_443)), setting.moment(0.1, 0.25)
    size = (dice.whole(300, 900), dice.whole(200, 1_100))
    times, at = [], begins
    while at < setting.end - MINUTE:
        times.append(at)
        at += every * dice.between(1 - jitter, 1 + jitter)

    def happen(scene: Scene) -> None:
        for at in times:
            up, down = size[0] + scene.dice.whole(0, 24), size[1] + scene.dice.whole(0, 24)
            scene.converse(own.address, stranger, to, at, scene.dice.between(0.2, 2), up, down)

    steps = (
        _who(setting, own, _SEE, "Which host calls home?", f"{own.name} calls {stranger} {len(times)} times."),
        _where(stranger, _SEE, "Whom does it call?", own.name),
        Step("interval", "How far apart are the calls, usually?", Amount(every, "a duration", "s", 0.1), 2, _BEACONS,
             f"{every // MINUTE} minutes, give or take {jitter:.0%}.",
             ("Take the start of each new conversation, not of each record.", "The median of the gaps, not their mean.",
              "interval in the table of beacons.")),
        Step("jitter", "By how much do they vary, in percent of the interval?",
             Amount(100 * jitter, "a share", "%", 0.6), 1, _BEACONS, f"Up to {jitter:.0%} early or late.",
             ("Look how far the shortest and the longest gap are from the usual one.",
              "A gap of 6 minutes where 5 are usual is 20 % off.", "jitter in the table.")),
        Step("begin", "Since when?", setting.when(begins, tolerance=900), 1, _BEACONS,
             "The first call; before it the host did not know that address.",
             ("The first record of the pair.", "Column first.", "flows.narrow(address=...)")),
        Step("clock", "Another regular caller talks to 162.159.200.1 or 216.239.35.x, port 123. Harmless, yes or no?",
             yes(right=True), 1, _BEACONS, "That is NTP: UDP 123, 76 bytes each way, from several hosts.",
             ("Which protocol has that port?", "How many of our hosts do it?", "Every machine keeps time.")),
    )  # fmt: skip
    story = (
        "A vendor's report says: one family of malware asks for orders over HTTPS, at an interval that it blurs. "
        f"Is any host of {setting.world.network.name} among its victims?"
    )
    return Plot(story, steps, happen, "exfiltration")


LEAVING: Final[tuple[Kind, ...]] = (bulk_exfiltration, slow_drip, beacon_jitter)
