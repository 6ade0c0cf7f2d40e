"""What a box tells Prometheus is what its outbox, its line and its cameras say."""

from broker.messages import State
from edge.courier import Tally
from edge.metrics import box_samples
from edge.outbox import Counts
from edge.reports import CameraReport, Report, SpotReport


def test_a_box_tells_its_outbox_and_every_camera() -> None:
    spots = tuple(
        SpotReport(spot=name, state=state, observed_s=1, unknown_s=0, reason="")
        for name, state in (("a", State.UNKNOWN), ("b", State.CLEAN))
    )
    camera = CameraReport(
        name="cam", online=True, last_frame_age_s=0.1, restarts=2, reason="", finished=False, frames=50, looks=9,
        spots=spots,
    )  # fmt: skip
    counts = Counts(waiting=3, bytes=400, dropped=1, oversize=0, refused=2, minted=99)
    found = box_samples(counts, Tally(sent=7, resent=2), Report(cameras=(camera,)), restarts=1, faults=4)
    told = {(one.name, *one.labels.values()): one.value for one in found}
    assert told["edge_outbox_waiting",] == 3
    assert told["edge_outbox_dropped",] == 1
    assert told["edge_resent_total",] == 2
    assert told["edge_storage_faults_total",] == 4
    assert told["edge_camera_online", "cam"] == 1
    assert told["edge_camera_looks_total", "cam"] == 9
    assert told["edge_camera_spots_unknown", "cam"] == 1
