"""What happens in the sample's six hours: one function each, listed in `HAPPENINGS`."""

from collections.abc import Callable, Iterator
from typing import Final

from flowkit.training.rules import ICMP, TCP, UDP
from flowkit.training.sample_network import (
    BLOCKED_RANGE,
    OFFICE,
    S3_ADDRESSES,
    TIME_SERVERS,
    UNUSUAL_DESTINATION,
    UPDATE_SERVER,
)
from flowkit.training.scene import Scene
from flowkit.training.wire import SYN, Connection, Packets

MINUTE: Final = 60
HOUR: Final = 3600

BALANCERS: Final = ("10.0.0.20", "10.0.10.20")
BASTION: Final = "10.0.0.30"
WEB: Final = ("10.0.3.10", "10.0.13.10")
APPLICATION: Final = ("10.0.1.10", "10.0.1.11", "10.0.11.10")
RESOLVER: Final = "10.0.1.53"
DATABASE: Final = "10.0.2.20"
REPLICA: Final = "10.0.12.20"
QUIET_HOST: Final = "10.0.11.40"
LEAKING_HOST: Final = "10.0.11.10"

CUSTOMERS: Final = tuple(f"198.18.{n % 113}.{n * 7 % 250 + 2}" for n in range(1400))
SCANNERS: Final = tuple(f"198.19.{n % 61}.{n * 11 % 250 + 2}" for n in range(320))
BLOCKED_SCANNERS: Final = tuple(BLOCKED_RANGE.replace("0/24", str(n)) for n in range(7, 19))
PORT_SCANNER: Final = "198.19.77.13"
PROBED: Final = (
    22,
    22,
    22,
    23,
    23,
    3389,
    3389,
    445,
    445,
    6379,
    6379,
    80,
    8080,
    8443,
    5900,
    1433,
    3306,
    5432,
    9200,
)


def customers(scene: Scene) -> None:
    """Visit the shop through the load balancer."""
    for at in scene.times(3300):
        scene.converse(
            scene.dice.pick_often_first(CUSTOMERS),
            scene.dice.pick(BALANCERS),
            443,
            at,
            scene.dice.often_small(0.2, 75),
            up=scene.dice.whole(900, 6_000),
            down=int(scene.dice.often_small(4_000, 900_000)),
        )


def health_checks(scene: Scene) -> None:
    """Ask each web server from each load balancer node, once a minute."""
    for balancer in BALANCERS:
        for web in WEB:
            at = scene.start + scene.dice.between(0, MINUTE)
            while at < scene.end:
                scene.converse(balancer, web, 8080, at, 0.02, up=130, down=260)
                at += MINUTE


def pools(scene: Scene) -> None:
    """Keep connections open from tier to tier, and to the replica what it replicates."""
    for balancer in BALANCERS:
        for web in WEB:
            _pool(scene, balancer, web, 8080, lives=(4, 25), up=120_000, down=1_500_000)
    for web in WEB:
        for application in APPLICATION:
            _pool(scene, web, application, 8080, lives=(5, 40), up=80_000, down=600_000)
    for application in APPLICATION:
        for lives in ((12, 60), (6, 30)):
            _pool(scene, application, DATABASE, 5432, lives=lives, up=60_000, down=400_000)
    _pool(scene, REPLICA, DATABASE, 5432, lives=(600, 600), up=20_000, down=2_000_000)


def _pool(scene: Scene, client: str, server: str, port: int, *, lives: tuple[int, int], up: int, down: int) -> None:
    """Hold one connection after another, each for a number of minutes, with so many bytes a minute."""
    at = scene.start - scene.dice.between(0, 40 * MINUTE)
    while at < scene.end:
        connection, at = scene.connect(client, server, port, at)
        closes = at + scene.dice.between(*lives) * MINUTE
        _use(scene, connection, at + 0.1, min(closes, scene.end), up, down)
        scene.close(connection, closes)
        at = closes + scene.dice.between(0.2, 20)


def _use(scene: Scene, connection: Connection, at: float, until: float, up: int, down: int) -> None:
    while at < until:
        turn = min(MINUTE - at % MINUTE, until - at)
        share = scene.load(at) * turn / MINUTE * scene.dice.between(0.4, 1.6)
        if scene.dice.chance(0.88):
            scene.talk(connection, at, turn * 0.98, int(up * share) + 1, int(down * share) + 1)
        at += turn


def short_database_connections(scene: Scene) -> None:
    """Connect, ask, leave: at the database, some of it at the replica."""
    for application, server, count in (
        ("10.0.1.10", DATABASE, 700),
        ("10.0.1.11", DATABASE, 320),
        ("10.0.11.10", DATABASE, 320),
        ("10.0.1.10", REPLICA, 120),
        ("10.0.11.10", REPLICA, 180),
    ):
        for at in scene.times(count):
            down = int(scene.dice.often_small(400, 60_000))
            seconds = scene.dice.often_small(0.02, 25)
            scene.converse(application, server, 5432, at, seconds, up=scene.dice.whole(300, 2_500), down=down)


def names(scene: Scene) -> None:
    """Ask the resolver; what it asks Amazon's resolver is never logged."""
    for host in (*WEB, *APPLICATION):
        for at in scene.times(150):
            scene.ask(host, RESOLVER, 53, at, scene.dice.whole(58, 84), scene.dice.whole(90, 240))


def clocks(scene: Scene) -> None:
    """Ask a public pool for the time about every 17 minutes, each host its own server."""
    hosts = (*WEB, *APPLICATION, RESOLVER, DATABASE, REPLICA, BASTION)
    for number, host in enumerate(hosts):
        at = scene.start + scene.dice.between(0, 1024)
        while at < scene.end:
            scene.ask(host, TIME_SERVERS[number % len(TIME_SERVERS)], 123, at, 76, 76)
            at += 1024 + scene.dice.between(-3, 3)


def updates(scene: Scene) -> None:
    """Fetch packages, each host once, in the first hour."""
    for host in (*WEB, *APPLICATION, RESOLVER, DATABASE, REPLICA, BASTION):
        at = scene.start + scene.dice.between(10 * MINUTE, 50 * MINUTE)
        down = scene.dice.whole(15_000_000, 80_000_000)
        scene.converse(host, UPDATE_SERVER, 443, at, scene.dice.between(4, 30), up=12_000, down=down)


def objects(scene: Scene) -> None:
    """Put and get objects in S3, through the NAT gateway for want of an endpoint."""
    for host in APPLICATION:
        for at in scene.times(110):
            up, down = scene.dice.often_small(2_000, 40_000_000), scene.dice.often_small(2_000, 24_000_000)
            sizes = (int(up), 3_000) if scene.dice.chance(0.6) else (2_000, int(down))
            scene.converse(host, scene.dice.pick(S3_ADDRESSES), 443, at, scene.dice.between(0.3, 12), *sizes)


def backup(scene: Scene) -> None:
    """Upload the database's backup to S3: 6 GB from 08:40 over four connections."""
    for number in range(4):
        at = scene.start + 40 * MINUTE + number * 2
        seconds = scene.dice.between(23, 27) * MINUTE
        scene.converse(DATABASE, S3_ADDRESSES[number], 443, at, seconds, up=1_500_000_000, down=40_000)


def administration(scene: Scene) -> None:
    """Log in from the office, go on to a host, ping another."""
    for opens, target in ((35, "10.0.1.10"), (150, DATABASE), (275, "10.0.13.10")):
        at = scene.start + opens * MINUTE + scene.dice.between(0, 30)
        scene.converse(OFFICE, BASTION, 22, at, 16 * MINUTE, up=90_000, down=400_000)
        scene.converse(BASTION, target, 22, at + 40, 14 * MINUTE, up=60_000, down=310_000)
    for minutes in (72, 287):
        at = scene.start + minutes * MINUTE + 8
        ping = Connection(BASTION, QUIET_HOST, 0, 0, ICMP)
        scene.wire.send(ping, Packets(at, at + 3, 4, 336), tracked=False)
        scene.wire.send(ping, Packets(at, at + 3, 4, 336), back=True)


def scanners(scene: Scene) -> None:
    """Probe what has a public address, from everywhere and all day."""
    for address in SCANNERS:
        for at in scene.times(scene.dice.whole(1, 7)):
            _probe(scene, address, scene.dice.pick((*BALANCERS, BASTION)), scene.dice.pick(PROBED), at)
    for address in BLOCKED_SCANNERS:
        for at in scene.times(14):
            _probe(scene, address, scene.dice.pick(BALANCERS), 443, at)
    for at in scene.times(24):
        connection = scene.dial(scene.dice.pick(SCANNERS), BASTION, scene.dice.pick((161, 5060, 1900)), UDP)
        scene.wire.send(connection, Packets(at, at, 1, scene.dice.whole(60, 430)), tracked=False)
    for at in scene.times(6):
        ping = Connection(scene.dice.pick(SCANNERS), BASTION, 0, 0, ICMP)
        scene.wire.send(ping, Packets(at, at, 1, 28), tracked=False)


def port_scan(scene: Scene) -> None:
    """Try a thousand ports of the bastion in twenty minutes, from 09:30."""
    at = scene.start + 90 * MINUTE
    source_port = scene.dice.whole(40_000, 60_000)
    for port in _shuffled(scene, [*range(1, 1025)]):
        at += scene.dice.between(0.4, 1.9)
        probe = Connection(PORT_SCANNER, BASTION, source_port, port, TCP)
        scene.wire.send(probe, Packets(at, at, 1, 44, SYN), tracked=False)


def _probe(scene: Scene, source: str, target: str, port: int, at: float) -> None:
    connection = scene.dial(source, target, port)
    for wait in (0, 1, 3)[: scene.dice.pick((1, 1, 1, 2, 3))]:
        scene.wire.send(connection, Packets(at + wait, at + wait, 1, 44, SYN), tracked=False)


def _shuffled(scene: Scene, ports: list[int]) -> Iterator[int]:
    while ports:
        chosen = scene.dice.whole(0, len(ports) - 1)
        ports[chosen], ports[-1] = ports[-1], ports[chosen]
        yield ports.pop()


def call_home(scene: Scene) -> None:
    """Report to the unusual address every five minutes from 11:05, give or take a tenth."""
    at = scene.start + 3 * HOUR + 5 * MINUTE
    while at < scene.end:
        up, down = scene.dice.whole(700, 900), scene.dice.whole(380, 460)
        scene.converse(LEAKING_HOST, UNUSUAL_DESTINATION, 443, at, scene.dice.between(0.4, 2), up, down)
        at += 5 * MINUTE * scene.dice.between(0.9, 1.1)


def leak(scene: Scene) -> None:
    """Carry 600 MB to the unusual address from 11:10 to 11:50, over five connections."""
    for number in range(5):
        at = scene.start + 3 * HOUR + (10 + 8 * number) * MINUTE + scene.dice.between(0, 4)
        scene.converse(LEAKING_HOST, UNUSUAL_DESTINATION, 443, at, 7.8 * MINUTE, up=120_000_000, down=9_000)


HAPPENINGS: Final[tuple[Callable[[Scene], None], ...]] = (
    customers,
    health_checks,
    pools,
    short_database_connections,
    names,
    clocks,
    updates,
    objects,
    backup,
    administration,
    scanners,
    port_scan,
    call_home,
    leak,
)
