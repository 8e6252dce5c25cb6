"""lateral_movement: from host to host over administration ports, where nobody went before."""

import os
from pathlib import Path

import pytest

import flowkit
from flowkit.analysis.lateral import SETTINGS, lateral_movement
from flowkit.errors import ScopeError
from tests.analysis.dialled import call, log, plain, refusal

A, B, C, D, E, CONTROLLER = (f"10.0.0.{n}" for n in (11, 12, 13, 14, 15, 20))
WORK = {"there": (300, 200_000), "back": (300, 400_000), "seconds": 30}
LOG = log(
    call(D, E, 22, 0, **WORK),  # at it when the log began
    call(D, E, 22, 9000, **WORK),
    *(call(host, CONTROLLER, 445, 4000 + 10 * n, **WORK) for n, host in enumerate((A, B, C, D))),
    call(B, "10.0.0.11", 443, 5000, **WORK),  # no administration port
    call(B, C, 3389, 6900, **WORK),  # before anybody had moved to B
    call(A, B, 22, 7200, **WORK),
    call(B, E, 5985, 7500, **WORK),
    call(E, D, 22, 7800, **WORK),
    call(A, D, 3389, 8000, there=(3, 164), back=(1, 60), asked=7, answered=18),  # answered, no data
    refusal(A, C, 22, 8100),
    call(A, "198.51.100.1", 22, 8200, **WORK),  # not inside
)  # fmt: skip
CHAIN = [A, [B, E, D], [f"{A} > {B}:22", f"{B} > {E}:5985", f"{E} > {D}:22"], [22, 5985], 3, 3, 3, 1_800_000, 7200]
SHOWN = ["origin", "hops", "steps", "ports", "hosts", "depth", "calls", "bytes", "history"]


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(plain(LOG))  # AWS's default fields: less than any other log has


def test_chains_in_the_order_of_time(flows):
    frame = lateral_movement(flows)
    single = [B, [C], [f"{B} > {C}:3389"], [3389], 1, 1, 1, 600_000, 6900]
    assert frame[SHOWN].to_numpy().tolist() == [CHAIN, single]
    assert frame.score[0] > 0.8
    assert frame.score[1] < 0.6
    assert frame.score_spread.tolist() == [pytest.approx(0.8), 0]
    assert str(frame["first"][0]) == "2026-03-10 10:00:00+00:00"
    assert str(frame["last"][0]) == "2026-03-10 10:10:30+00:00"
    assert "2 hosts from which others inside were first reached" in frame.attrs["caption"]


def test_settings(flows):
    apart = lateral_movement(flows, within=60)
    assert sorted(apart.origin) == [A, B, B, E]
    assert apart.depth.tolist() == [1, 1, 1, 1]
    with_controller = lateral_movement(flows, common=10, common_share=1)
    assert CONTROLLER in {host for hops in with_controller.hops for host in hops}
    assert lateral_movement(flows, top=1).attrs["left_out"] == 1
    with pytest.raises(ScopeError, match="lateral_movement has no setting 'settle'"):
        lateral_movement(flows, settle=3)
    assert all(setting.unit and setting.why for setting in SETTINGS)


def test_nothing_is_an_empty_frame_of_the_same_types(flows):
    empty = lateral_movement(flows.narrow(action="REJECT"))
    assert len(empty) == 0
    assert empty.dtypes.to_dict() == lateral_movement(flows).dtypes.to_dict()


@pytest.mark.reference_data
def test_real_moves():
    flows = flowkit.load(Path(os.environ["FLOWKIT_REFERENCE_DATA"]) / "traffic" / "apt29-day2.log.gz")
    frame = lateral_movement(flows)
    assert frame[["origin", "hops", "ports"]].to_numpy().tolist() == [["10.0.1.5", ["10.0.0.4", "10.0.1.4"], [5985]]]
