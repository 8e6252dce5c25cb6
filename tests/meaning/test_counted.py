"""Each conversation counts once, wherever and however often it was logged: against traffic that is known."""

from collections import defaultdict

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from flowkit.meaning.counted import SET_ASIDE

# A world costs little, a load much: many worlds share a log. Seeds do not shrink: a failure shows its world's log.
FEW = settings(
    max_examples=max(settings().max_examples // 50, 1),
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
SEEDS = st.lists(st.integers(0, 2**32), min_size=25, max_size=25)
FORMS = {
    "v5": ("v5", {}),
    "v3": ("v3", {}),
    "v2": ("v2", {}),
    "v5, nothing between": ("v5", {"between": False}),
    "v5, copies in v2": ("v5", {"between": False, "copied_as": "v2"}),
    "v2, copies in v5": ("v2", {"between": False, "copied_as": "v5"}),
    "v5, IPv6": ("v5", {"six": True}),
    "v2, IPv6": ("v2", {"six": True}),
}
KEY = ["client", "client_port", "server", "server_port", "protocol", "to_server"]


@pytest.fixture(scope="session")
def sums(resolved):
    """Return a function that sums counted bytes by world, then by key; a key counted at two points fails."""

    def by_world(worlds, flows):
        frame = resolved(flows, flows.facts)
        counted = frame[frame.counts]
        points = counted.groupby(KEY)[["observer", "direction"]].nunique(dropna=False)
        assert (points == 1).all(axis=None), points[(points > 1).any(axis=1)]
        usable = frame[frame.preference < SET_ASIDE].set_index(KEY).index.unique()
        assert set(usable) == set(points.index)
        place = {node: n for n, world in enumerate(worlds) for talk in world.talks for node in ends(talk)}
        found = defaultdict(dict)
        for key, size in counted.groupby(KEY).bytes.sum().items():
            found[place[key[0]]][(*key[:5], bool(key[5]))] = int(size)
        return [found[n] for n in range(len(worlds))]

    return by_world


def ends(talk):
    return talk.client.address, talk.server.address


def log_of(world):
    return "\n".join(["", *map(str, world.talks), *world.lines()])


def whole_log(worlds, flows, sums):
    """What is counted is what was sent; where both ends lack records, at least the same conversations."""
    assert flows.facts.count().to_pandas() == flows.count()
    for world, counted in zip(worlds, sums(worlds, flows), strict=True):
        expected = world.expected()
        assert set(counted) == set(expected), log_of(world)
        wrong = {key: (counted[key], right) for key, right in expected.items() if right and counted[key] not in right}
        assert not wrong, f"{wrong}{log_of(world)}"
        if all(right and len(right) == 1 for right in expected.values()):
            assert sum(counted.values()) == sum(sum(right) for right in expected.values())


def each_interface(worlds, flows, sums):
    """In the scope of one interface, what it saw is counted: no more, no less."""
    for world in worlds[::20]:
        for node in {node for node, *_ in world.by_talk}:
            counted = sums(worlds, flows.narrow(interface_id=node.interface))[worlds.index(world)]
            saw = {talk.key(to_server=way): size for (at, talk, way), size in world.by_talk.items() if at == node}
            assert counted == saw, f"{node}{log_of(world)}"


def each_action(worlds, flows, sums):
    """What was rejected counts at the server; what was accepted, at the same points as if nothing else were there."""
    rejected = sums(worlds, flows.narrow(action="REJECT"))
    for world, counted in zip(worlds, rejected, strict=True):
        saw = {
            talk.key(to_server=True): size
            for (at, talk, _), size in world.by_talk.items()
            if talk.stopped and at == talk.server
        }
        assert counted == saw, log_of(world)
    for world, counted in zip(worlds, sums(worlds, flows.narrow(action="ACCEPT")), strict=True):
        assert set(counted) <= set(world.expected()), log_of(world)


def each_direction(worlds, flows, sums):
    """Of what arrived, and of what left, each conversation counts at one interface that saw it do so."""
    if worlds[0].form != "v5":  # an interface with a single peer has no direction that could be told
        return
    for way in ("ingress", "egress"):
        for world, counted in zip(worlds, sums(worlds, flows.narrow(direction=way)), strict=True):
            for talk in world.talks:
                for to_server in (True, False):
                    key = talk.key(to_server=to_server)
                    legs = world.legs(talk, to_server=to_server)
                    at = {leg.node for leg in legs if leg.way == way and world.inner(leg)}
                    saw = {world.by_talk.get((node, talk, to_server), 0) for node in at} - {0}
                    assert counted.get(key) in (saw or {None}), f"{way} {key}{log_of(world)}"


PROPERTIES = [whole_log, each_interface, each_action, each_direction]


@pytest.fixture(scope="module", params=FORMS)
def known(simulated, request):
    form, options = FORMS[request.param]
    with simulated(range(40), form, **options) as made:
        yield made


@pytest.mark.parametrize("holds", PROPERTIES)
def test_known_traffic_is_counted_once(known, sums, holds):
    holds(*known, sums)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.slow
@FEW
@given(seeds=SEEDS)
def test_any_traffic_is_counted_once(simulated, sums, form, seeds):
    name, options = FORMS[form]
    with simulated(seeds, name, **options) as (worlds, flows):
        for holds in PROPERTIES:
            holds(worlds, flows, sums)


@pytest.mark.slow
@FEW
@given(seeds=SEEDS)
def test_what_got_lost_counts_as_it_was_sent(simulated, sums, seeds):
    with simulated(seeds, "v5", gaps=False, dark=False, between=False) as (worlds, flows):
        for world, counted in zip(worlds, sums(worlds, flows), strict=True):
            sent = {
                talk.key(to_server=way): talk.packets[0 if way else 1] * talk.size
                for talk in world.talks
                for way in (True, False)
                if (talk.client if way else talk.server).vpc and (way or not talk.stopped)
            }
            assert {key: counted.get(key, 0) for key in sent} == sent, log_of(world)
