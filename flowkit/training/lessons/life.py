"""Everyday life of a scenario's network: customers, people, machines that look after themselves, and the noise."""

from collections.abc import Callable
from typing import Final

from flowkit.training.lessons.place import POSTGRES, SSH, World
from flowkit.training.rules import UDP
from flowkit.training.scene import Scene
from flowkit.training.wire import SYN, Connection, Packets

MINUTE, HOUR = 60, 3_600
_PROBED: Final = (22, 23, 23, 80, 445, 445, 3_389, 3_389, 5_900, 6_379, 6_379, 8_080, 8_443, 1_433, 3_306, 9_200)
_POLL: Final = 1_024
"""Pause between an NTP client's questions once it has settled, s."""
Happening = Callable[[Scene, World, float], None]


def everyday(scene: Scene, world: World, share: float) -> None:
    """Let everything happen that happens on any day, *share* of the usual amount."""
    for happening in LIFE:
        happening(scene, world, share)


def _count(scene: Scene, a_hour: float, share: float) -> int:
    return max(1, int(a_hour * share * (scene.end - scene.start) / HOUR))


def customers(scene: Scene, world: World, share: float) -> None:
    """Visit through the load balancer, which asks an application, which asks the database."""
    dice, balancers, apps = scene.dice, world.of_role("lb"), world.of_role("app")
    databases = world.of_role("db")
    for at in scene.times(_count(scene, 45, share)):
        balancer, app, up = dice.pick(balancers), dice.pick(apps), dice.whole(900, 6_000)
        seconds, down = dice.often_small(0.2, 40), int(dice.often_small(4_000, 600_000))
        scene.converse(dice.pick_often_first(world.customers), balancer.address, 443, at, seconds, up, down)
        scene.converse(balancer.address, app.address, 8_080, at + 0.01, seconds, up, down)
        if dice.chance(0.5):
            server = databases[0] if dice.chance(0.7) else databases[1]
            ask_database(scene, app.address, server.address, at + 0.02)


def ask_database(scene: Scene, client: str, server: str, at: float, client_port: int = 0) -> None:
    """Connect to the database, from a fresh port or the given one, ask, and leave; who is stopped gives up."""
    dice, connection = scene.dice, scene.dial(client, server, POSTGRES)
    if client_port:
        connection = Connection(client, server, client_port, POSTGRES)
    seconds, up, down = dice.often_small(0.02, 20), dice.whole(300, 2_500), int(dice.often_small(400, 60_000))
    if scene.open(connection, at):
        scene.talk(connection, at, seconds, up, down)
        scene.close(connection, at + seconds)


def health(scene: Scene, world: World, share: float) -> None:
    """Ask each application for its health, every four minutes or less often."""
    for balancer in world.of_role("lb"):
        for app in world.of_role("app")[:2]:
            at = scene.start + scene.dice.between(0, 4 * MINUTE)
            while at < scene.end:
                scene.converse(balancer.address, app.address, 8_080, at, 0.02, 130, 260)
                at += 4 * MINUTE / min(share, 1)


def browsing(scene: Scene, world: World, share: float) -> None:
    """Look at pages from the desks, through the NAT gateway, now and then sending something, too."""
    dice = scene.dice
    for desk in world.of_role("desk"):
        for at in scene.times(_count(scene, 9, share)):
            up = int(dice.often_small(600, 20_000) if dice.chance(0.97) else dice.often_small(50_000, 4_000_000))
            down = int(dice.often_small(1_000, 1_500_000))
            scene.converse(
                desk.address, dice.pick_often_first(world.places), 443, at, dice.often_small(0.2, 80), up, down
            )


def clocks(scene: Scene, world: World, _share: float) -> None:
    """Ask for the time from servers and bastion, each host its own server."""
    for number, host in enumerate(world.of_role("app", "db", "bastion")):
        at = scene.start + scene.dice.between(0, _POLL)
        while at < scene.end:
            scene.ask(host.address, world.clocks[number % len(world.clocks)], 123, at, 76, 76)
            at += _POLL + scene.dice.between(-3, 3)


def updates(scene: Scene, world: World, _share: float) -> None:
    """Fetch packages twice a day on every machine."""
    for host in world.of_role("app", "db", "build", "files", "bastion", "desk"):
        for at in scene.times(2):
            down = int(scene.dice.often_small(100_000, 60_000_000))
            scene.converse(host.address, world.mirror, 443, at, scene.dice.between(2, 30), 12_000, down)


def objects(scene: Scene, world: World, share: float) -> None:
    """Put and get objects in S3 from the applications."""
    for host in world.of_role("app"):
        for at in scene.times(_count(scene, 4, share)):
            up, down = scene.dice.often_small(2_000, 9_000_000), scene.dice.often_small(2_000, 24_000_000)
            sizes = (int(up), 3_000) if scene.dice.chance(0.4) else (2_000, int(down))
            scene.converse(host.address, scene.dice.pick(world.buckets), 443, at, scene.dice.between(0.3, 9), *sizes)


def builds(scene: Scene, world: World, share: float) -> None:
    """Fetch what a build takes: gigabytes in, next to nothing out; and try it with the database."""
    (build,), (database, *_) = world.of_role("build"), world.of_role("db")
    for at in scene.times(_count(scene, 5, share)):
        down = int(scene.dice.often_small(1_000_000, 90_000_000))
        place = scene.dice.pick(world.places[:4])
        scene.converse(build.address, place, 443, at, down / 50e6 + 0.3, 3_000, down)
        if scene.dice.chance(0.3):
            ask_database(scene, build.address, database.address, at + 30)


def administration(scene: Scene, world: World, _share: float) -> None:
    """Log in from the office to the bastion and on to a server, a few times, the first as the log begins."""
    (bastion,), dice = world.of_role("bastion"), scene.dice
    targets = (*world.of_role("app"), *world.of_role("db"))
    for target in targets:
        for at in (scene.start + dice.between(0, 4 * MINUTE), *scene.times(1)):
            seconds = dice.between(2, 14) * MINUTE
            scene.converse(world.office, bastion.address, SSH, at, seconds, dice.whole(9_000, 90_000), 400_000)
            scene.converse(bastion.address, target.address, SSH, at + 9, seconds, dice.whole(9_000, 60_000), 310_000)


def noise(scene: Scene, world: World, share: float) -> None:
    """Knock on what has a public address, from everywhere and all day."""
    dice, open_ends = scene.dice, world.of_role("lb", "bastion")
    for at in scene.times(_count(scene, 70, share)):
        target, port = dice.pick(open_ends), dice.pick(_PROBED) if dice.chance(0.8) else dice.whole(1, 65_535)
        protocol = UDP if dice.chance(0.06) else 6
        connection = scene.dial(dice.pick_often_first(world.scanners), target.address, port, protocol)
        for wait in (0, 1, 3)[: dice.pick((1, 1, 1, 2, 3))]:
            knock = Packets(at + wait, at + wait, 1, dice.whole(40, 60), 0 if protocol == UDP else SYN)
            scene.wire.send(connection, knock, tracked=False)


LIFE: Final[tuple[Happening, ...]] = (
    customers, health, browsing, clocks, updates, objects, builds, administration, noise,
)  # fmt: skip
