"""What the log cannot show, and what only looks bad."""

from typing import Final

from flowkit.training.lessons.answers import OneOf, Several, host, names_of, peer, yes
from flowkit.training.lessons.place import SMB
from flowkit.training.lessons.setting import HOUR, MEGABYTE, Kind, Plot, Setting
from flowkit.training.lessons.step import Step
from flowkit.training.scene import Scene

_TOLD: Final = ("it_did", "it_did_not", "cannot_tell")
_BLIND: Final = ("no_flow_log", "accept_only", "reject_only", "skipdata")
_DONE: Final = ("create_flow_log", "wait", "close_the_case", "block_the_host")
_HARMLESS: Final = (
    "backup", "clock", "background_noise", "health_check", "updates", "video_call", "exfiltration", "beacon", "attack",
)  # fmt: skip


def blind_spot(setting: Setting) -> Plot:
    """Let the interesting host be one that no flow log covers; what it did is hidden, who came to it is not."""
    dice, world = setting.dice, setting.world
    (own,), (nat,), (stranger, *_) = world.of_role("files"), world.of_role("nat"), world.strangers
    desks = list(world.of_role("desk"))
    visitors = [desks.pop(dice.whole(0, len(desks) - 1)) for _ in range(3)]
    moments = [(one, setting.moment(0.1, 0.9)) for one in visitors for _ in range(dice.whole(3, 9))]
    most, size = visitors[0], int(setting.between(30, 500) * MEGABYTE)
    at = setting.moment(0.6, 0.8)

    def happen(scene: Scene) -> None:
        for one, moment in moments:
            scene.converse(one.address, own.address, SMB, moment, 60, 40_000, dice.whole(200_000, 4_000_000))
        scene.converse(most.address, own.address, SMB, at - HOUR, 300, size, 60_000)
        scene.converse(own.address, stranger, 443, at, 600, size, 90_000)

    see = f'fk.playbooks.run("connectivity", flows, source="{own.name}", destination="{stranger}", port=443)'
    talk = f'fk.analysis.did_talk(flows, "{own.address}", "{stranger}", inventory=fk.inventory.read(written.snapshot))'
    covered = "fk.analysis.coverage(flows)"
    steps = (
        Step("told", f"Did {own.name} talk to {stranger}?",
             OneOf(("cannot_tell", "cannot tell", "unknown", "not logged"), "one of", {
                 "it_did_not": "There is no record, indeed. But was anybody watching?"}, _TOLD), 3, see,
             f"Neither {own.name} nor the NAT gateway on its way has a flow log: no record means nothing here.",
             ("No record is not no traffic.", "Was the host's interface logged at that time?", talk)),
        Step("dark", "Which interfaces of the VPC have not a single line in the log?",
             Several((names_of(own), names_of(nat)), "hosts"), 2, covered,
             f"{own.name} and {nat.name}: the inventory knows them, the log does not.",
             ("Compare the inventory with interface_id in the log.", "coverage(flows).attrs['unseen']",
              "There are two of them.")),
        Step("why", "Why are they not there?", OneOf(("no_flow_log", "no flow log"), "one of", {}, _BLIND), 1,
             'fk.audit(folder / "snapshot")', "describe-flow-logs has a flow log per interface, and none for these.",
             ("SKIPDATA and NODATA would be lines of their own.", "Read describe-flow-logs of the snapshot.",
              "fk.audit says which flow log applies to what.")),
        Step("visitors", f"Who of the hosts that are logged talked to {own.name}, over port {SMB}?",
             Several(tuple(names_of(one) for one in visitors), "hosts"), 2,
             f'fk.analysis.conversations(flows.narrow(address="{own.address}"))',
             "Their own interfaces log it: one end suffices to see a conversation.",
             ("Every conversation has two ends.", "Narrow to the address, not to the interface.",
              "Three of them.")),
        Step("most", "Who of them sent the most to it?", host(most), 2,
             f'fk.analysis.conversations(flows.narrow(address="{own.address}"))', f"{most.name}, over {size:,} B.",
             ("bytes_to_server", "One conversation is much larger than the others.", "Sort by it.")),
        Step("others", f"Did any host that is logged talk to {stranger}, yes or no?", yes(right=False), 1,
             f'flows.narrow(address="{stranger}").count()',
             "Not one record, and these hosts are logged throughout: of them it can be said.",
             ("Narrow to the address.", "Here, silence was watched.", "Count the records.")),
        Step("next", "What has to be done, so that it can be told next time?",
             OneOf(("create_flow_log", "create flow log", "turn on flow logs"), "one of", {
                 "block_the_host": "It may be wise, but tells nothing."}, _DONE), 1, 'fk.audit(folder / "snapshot")',
             "A flow log for the VPC covers every interface, new ones too. fk.audit prints the command.",
             ("What is missing?", "fk.audit has the command.", "It is free to look, not to be blind.")),
    )  # fmt: skip
    story = (
        f"A partner reports: from your network somebody sent files to {stranger}, port 443, this day. "
        f"The management suspects {own.name}, as they were on it. Say what the logs say - and what they do not."
    )
    asked = {"source": own.name, "destination": stranger, "port": 443}
    return Plot(story, steps, happen, "connectivity", asked, dark=(own.name, nat.name))


def false_alarm(setting: Setting) -> Plot:
    """Let nothing be amiss: a backup, clocks, health checks and the noise of every day, each with an alarm."""
    dice, world = setting.dice, setting.world
    database, (bastion,), app = world.of_role("db")[0], world.of_role("bastion"), setting.pick("app")
    bucket, clock = world.buckets[0], world.clocks[world.of_role("app", "db", "bastion").index(app) % len(world.clocks)]
    balancer = setting.pick("lb")
    size = dice.whole(400, 900) * MEGABYTE

    def happen(scene: Scene) -> None:
        for number in range(int((setting.end - setting.start) / HOUR)):
            at = setting.start + number * HOUR + scene.dice.between(60, 90)
            scene.converse(database.address, bucket, 443, at, 200, int(size * scene.dice.between(0.9, 1.1)), 20_000)
        at = setting.start + scene.dice.between(0, 30)
        while at < setting.end:
            scene.converse(balancer.address, app.address, 8_080, at, 0.02, 160, 300)
            at += 30

    every = "exfiltration, intrusion and flood"
    steps = (
        _alarm("upload", f'Alarm 1: "{database.name} sends gigabytes to {bucket} every hour." What is it?', "backup",
               {"exfiltration": "The amount is right, but whose address is it, and since when?"},
               'fk.playbooks.run("exfiltration", flows)',
               f"{bucket} is of AWS S3, it happens every hour, from the log's first to its last: a backup. Whose "
               "bucket it is, no flow log tells: ask its owner.",
               ("Whose address is the peer?", "Does it happen at a time that a schedule would have?",
                "address_facts names AWS's service.")),
        _alarm("clock", f'Alarm 2: "{app.name} calls {clock} every 17 minutes, day and night." What is it?', "clock",
               {"beacon": "It is as regular as one; now look at the port and the size."},
               "fk.analysis.beacons(flows)", "UDP port 123, 76 bytes each way, from many hosts: NTP.",
               ("Which protocol and port?", "Do other hosts do it, too?", "It asks for the time.")),
        _alarm("health", f'Alarm 3: "{balancer.name} opens connections to {app.name} all the time." What is it?',
               "health_check", {}, "fk.analysis.conversations(flows)",
               "A load balancer asks its target for its health: port 8080, every 30 s, a few hundred bytes.",
               ("What is the first host's task?", "How far apart are they, and how big?",
                "The interface's description in the snapshot says it.")),
        _alarm("noise", f'Alarm 4: "{bastion.name} is attacked: hundreds of sources, dozens of ports." What is it?',
               "background_noise", {"attack": "Knocking it is; did any of them get in?"},
               'fk.playbooks.run("intrusion", flows)',
               "Every public address hears this all day; nothing of it was answered with data.",
               ("How many tries has each source?", "Did any conversation come about?",
                "background_noise counts it.")),
        Step("grave", f"Is there anything graver than medium in what {every} find, yes or no?", yes(right=False), 2,
             'fk.playbooks.run("exfiltration", flows).worst', "The gravest finding is a remark.",
             ("Run all three.", "report.worst", "Read what speaks against each finding.")),
        Step("office", "Who is it that logs in at the bastion over SSH, by address?", peer(world.office), 1,
             f'fk.analysis.conversations(flows.narrow(address="{bastion.address}", port=22))',
             "The office of the administrators: the prefix list of the snapshot has the address.",
             ("Conversations that last, and carry data.", "A prefix list in the snapshot has an address.",
              "get-managed-prefix-list-entries")),
        Step("verdict", "All in all?", OneOf(("false_alarm", "false alarm", "harmless", "nothing"), "one of", {}, (
            "false_alarm", "incident", "cannot_tell")), 2, 'fk.playbooks.run("exfiltration", flows).summary',
             "Each alarm has an innocent explanation that the data supports. Say so, with the reasons, and close it.",
             ("What of it cannot be explained?", "Nothing is left over.", "An answer of no is an answer.")),
    )  # fmt: skip
    story = (
        f"A new tool watches {world.network.name} since today, and has sent four alarms. Your colleague wants to "
        "cut everything off the network. You have ten minutes: what of it is real?"
    )
    return Plot(story, steps, happen, "exfiltration")


def _alarm(
    name: str, question: str, right: str, near: dict[str, str], see: str, why: str, hints: tuple[str, ...]
) -> Step:
    return Step(name, question, OneOf((right, right.replace("_", " ")), "one of", near, _HARMLESS), 2, see, why, hints)


UNSEEN: Final[tuple[Kind, ...]] = (blind_spot, false_alarm)
