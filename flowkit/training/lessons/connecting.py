"""Connections that fail: an ACL that answers to some client ports only, a security group without the rule."""

from dataclasses import replace
from typing import Final

from flowkit.training.lessons.answers import Amount, OneOf, names_of, port
from flowkit.training.lessons.life import ask_database
from flowkit.training.lessons.place import EPHEMERAL, POSTGRES, World, database_acl
from flowkit.training.lessons.setting import Kind, Plot, Setting
from flowkit.training.lessons.step import Step
from flowkit.training.network import Interface, Network
from flowkit.training.rules import TCP, GroupRule, Ports
from flowkit.training.scene import LINUX_PORTS, Scene

VERDICTS: Final = ("reachable", "blocked", "failing", "intermittent", "not_seen", "cannot_tell")
CAUSES: Final = (
    "source_security_group", "source_nacl_outbound", "destination_nacl_inbound", "destination_security_group",
    "destination_nacl_outbound", "source_nacl_inbound", "no_listener", "no_reply", "path_lost", "not_logged",
)  # fmt: skip
PATTERNS: Final = (
    "client_ports", "change_point", "server", "client", "subnet", "zone", "windows", "restarts", "idle", "rate",
)  # fmt: skip
_LAST_ANSWERED: Final = {"easy": (42_000, 45_000), "normal": (50_000, 52_500), "hard": (55_500, 57_500)}
"""The last client port that is answered: of those that Linux uses, up to 60999, the rest fail."""


def _playbook(client: Interface, server: Interface) -> str:
    about = f'source="{client.name}", destination="{server.name}", port={POSTGRES}'
    return f'fk.playbooks.run("connectivity", flows, {about})'


def _verdict(right: str, see: str, why: str, near: dict[str, str]) -> Step:
    answer = OneOf((right,), "one of", near, VERDICTS)
    hints = (
        "Count attempts, not records: how many come about, how many do not?",
        "Compare the actions of requests and replies, at either end.",
        f"It is {'neither all nor none' if right == 'intermittent' else 'the same for every attempt'}.",
    )
    return Step("verdict", "Is the database reached?", answer, 1, see, why, hints)


def _cause(right: str, see: str, why: str, near: dict[str, str]) -> Step:
    answer = OneOf((right,), "one of", near, CAUSES)
    hints = (
        "Look where the REJECT is: at whose interface, and is it the request or the reply?",
        "A security group remembers a connection; a network ACL looks at each packet anew.",
        "fk.analysis.rejected_tuples shows ends and ports of what was rejected.",
    )
    return Step("cause", "What stops those that fail?", answer, 2, see, why, hints)


def acl_ephemeral_range(setting: Setting) -> Plot:
    """Let a network ACL answer to part of the client ports only."""
    dice, world, last = setting.dice, setting.world, setting.dice.whole(*_LAST_ANSWERED[setting.level.name])
    zone, client = dice.pick("ab"), setting.pick("app")
    server = next(one for one in world.of_role("db") if one.subnet == f"db-{zone}")
    acl = database_acl(world.site, zone, world.network.cidr, (EPHEMERAL[0], last))
    network = _with_acl(world, acl.name, (EPHEMERAL[0], last))
    ports = list(dict.fromkeys(dice.whole(*LINUX_PORTS) for _ in range(dice.whole(300, 500))))
    failing = 100 * sum(one > last for one in ports) / len(ports)
    moments = sorted(setting.moment(0.01, 0.99) for _ in ports)

    def happen(scene: Scene) -> None:
        for at, one in zip(moments, ports, strict=True):
            ask_database(scene, client.address, server.address, at, one)

    see = _playbook(client, server)
    why = (
        f"The reply leaves {server.name} and is rejected by {acl.id}: outbound it admits {EPHEMERAL[0]}-{last} only, "
        f"and clients use {LINUX_PORTS[0]}-{LINUX_PORTS[1]}."
    )
    steps = (
        _verdict("intermittent", see, f"Some attempts come about, some {failing:.0f} % of them do not.",
                 {"blocked": "Some attempts are stopped, but others come about.",
                  "failing": "Some attempts fail, but others come about."}),
        _cause("destination_nacl_outbound", see, why,
               {"destination_nacl_inbound": "The right place and kind, but the requests are accepted.",
                "source_nacl_inbound": "It is the reply, but the server's subnet rejects it on its way out."}),
        Step("pattern", "What separates the attempts that fail from the others?",
             OneOf(("client_ports", "client port", "source port", "srcport"), "one of", {}, PATTERNS),
             2, see, f"Every client port above {last} fails, no other does.",
             ("Compare times, hosts, zones and ports of what fails with what works.",
              "A retry from the same host at the same time may work: what does differ between the two?",
              "Draw dstport of the rejected replies as a histogram.")),
        Step("last_port", "Which is the highest client port that still works?",
             Amount(last, "a port number", tolerance=0.01), 2, see,
             f"The ACL's egress entry 100 ends at {last}.",
             ("The lowest port that fails and the highest that works enclose it.",
              "Among flows.narrow(srcport=5432, action='REJECT') take those of the database's interface.",
              "The snapshot holds the rule itself: entry 100, outbound.")),
        Step("rule", "Which rule has to be changed?",
             OneOf((acl.id, f"{acl.id} entry 100", f"{acl.id} 100", f"{acl.id} entry 32767", acl.name,
                    f"{world.network.name}-{acl.name}"), "the id of the ACL"), 2, see,
             f"Widen entry 100, outbound, of {acl.id} to {EPHEMERAL[0]}-{EPHEMERAL[1]}.",
             ("The ACL of the subnet in which the rejecting interface lies.",
              "describe-network-acls in the snapshot: associations name the subnet.",
              "report.candidates names the rule.")),
        Step("share", "What share of the attempts fails?", Amount(round(failing, 1), "a share", "%", 0.25), 1, see,
             f"About {failing:.0f} %, as client ports are drawn evenly from Linux's range.",
             ("Attempts, not records: a retry from the same port is the same attempt.",
              "report.fraction_failing counts them.",
              f"(60999 - {last // 1000}xxx) of {LINUX_PORTS[1] - LINUX_PORTS[0] + 1} ports.")),
    )  # fmt: skip
    story = (
        f"The team of {client.name} complains: some queries to the database {server.name} (port {POSTGRES}) time out, "
        "then the next one works. They have restarted everything twice. Why, and what has to be changed?"
    )
    asked = {"source": client.name, "destination": server.name, "port": POSTGRES}
    return Plot(story, steps, happen, "connectivity", asked, network, _dark(setting, client))


def _dark(setting: Setting, client: Interface) -> tuple[str, ...] | None:
    """Return whom no flow log covers: at the level hard it is the client that asks."""
    return (client.name,) if setting.level.name == "hard" else None


def _with_acl(world: World, name: str, answered: tuple[int, int]) -> Network:
    """Return the network in which one database subnet's ACL answers to some ports only."""
    narrow = database_acl(world.site, name[-1], world.network.cidr, answered)
    return replace(world.network, acls=tuple(narrow if acl.name == name else acl for acl in world.network.acls))


def missing_group_rule(setting: Setting) -> Plot:
    """Let the database's security group lack the rule for one host."""
    dice, world, client = setting.dice, setting.world, setting.pick("files", "build")
    server = dice.pick(world.of_role("db"))
    group = next(one for one in world.network.groups if one.name == "db")
    kept = tuple(rule for rule in group.rules if rule.group != client.groups[0])
    beside = GroupRule(direction="ingress", ports=Ports(TCP, POSTGRES + 1, POSTGRES + 1), group=client.groups[0])
    changed = replace(group, rules=(beside, *kept))
    network = replace(world.network, groups=tuple(changed if one.name == "db" else one for one in world.network.groups))
    moments = sorted(setting.moment(0.02, 0.98) for _ in range(int(setting.between(14, 120)) + dice.whole(0, 9)))

    def happen(scene: Scene) -> None:
        for at in moments:
            scene.open(scene.dial(client.address, server.address, POSTGRES), at)

    see = _playbook(client, server)
    why = f"Requests are rejected at {server.name}'s interface, and its ACL admits them: {group.id} has no rule for it."
    subnet = world.network.subnet(server)
    steps = (
        _verdict("blocked", see, "Not a single attempt comes about, and each is rejected.",
                 {"failing": "Every attempt fails, but a rule is the reason."}),
        Step("where", "At whose interface are the packets rejected?",
             OneOf(names_of(server), "one host: address, name, interface or instance id"), 2,
             f"fk.analysis.rejected_tuples(flows.narrow(port={POSTGRES}))",
             f"The client's interface, where it is logged, accepts; {server.name}'s rejects on the way in.",
             ("The same packet may be logged at either end: compare the actions.",
              "interface_id of the REJECT records.",
              "Rejected on arrival: the end that does not answer.")),
        _cause("destination_security_group", see, why,
               {"destination_nacl_inbound": f"The right place, but the ACL of {subnet.name} admits port {POSTGRES}.",
                "source_security_group": "A group it is, but the client's lets everything out."}),
        Step("group", "Which security group lacks the rule?",
             OneOf((group.id, group.name), "an id or a name"), 2, see,
             f"{group.name} ({group.id}) admits {POSTGRES} from app and db, and from {client.groups[0]} "
             f"{POSTGRES + 1} only: a slip of a finger.",
             ("The groups of the interface that rejects.",
              "describe-security-groups in the snapshot: the near miss is one port beside.",
              "report.candidates[0].rule")),
        Step("port", "Which port has to be admitted?", port(POSTGRES), 1, see,
             f"The client asks for {POSTGRES}; the rule that is there says {POSTGRES + 1}.",
             ("The server's port of the attempts.", "dstport of the rejected records.", "PostgreSQL's own.")),
        Step("source", "Which security group should be admitted as the source, to give no more than is needed?",
             OneOf((client.groups[0], *(one.id for one in world.network.groups if one.name == client.groups[0])),
                   "an id or a name", {world.network.cidr: "It works, but admits every host of the VPC.",
                                       client.address: "It works until the host gets another address."}), 1, see,
             f"{client.name} is in the group {client.groups[0]}, which the slipped rule names, too.",
             ("The group of the client.", "fk.playbooks... candidates tell both ends.", "The client's only group.")),
    )  # fmt: skip
    story = (
        f"Since it was set up, {client.name} does not get one row out of the database {server.name} "
        f"(port {POSTGRES}). The database's people say: we see nothing of you. Whose rule is it?"
    )
    asked = {"source": client.name, "destination": server.name, "port": POSTGRES}
    return Plot(story, steps, happen, "connectivity", asked, network, _dark(setting, client))


CONNECTING: Final[tuple[Kind, ...]] = (acl_ephemeral_range, missing_group_rule)
