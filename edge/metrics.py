"""What a box tells Prometheus, where somebody near it asks; the county hears the same by MQTT as health. Pure."""

from __future__ import annotations

from broker.messages import State
from broker.metrics import Sample
from edge.courier import Tally
from edge.outbox import Counts
from edge.reports import CameraReport, Report


def box_samples(counts: Counts, tally: Tally, report: Report, restarts: int, faults: int) -> list[Sample]:
    """Outbox, line, cameras; ``restarts`` of the looking process, ``faults`` of the disk."""
    return [
        Sample("edge_outbox_waiting", "messages without a receipt", counts.waiting),
        Sample("edge_outbox_bytes", "their bytes", counts.bytes),
        Sample("edge_outbox_dropped", "messages given up for want of room, since the outbox was made", counts.dropped),
        Sample("edge_outbox_refused", "messages that the county refused", counts.refused),
        Sample("edge_outbox_oversize", "messages too large to be sent", counts.oversize),
        Sample("edge_sent_total", "messages handed to the broker", tally.sent),
        Sample("edge_resent_total", "messages handed over again for want of a receipt", tally.resent),
        Sample("edge_looking_restarts_total", "how often the looking process was started anew", restarts),
        Sample("edge_storage_faults_total", "turns in which the disk could not be written", faults),
        *(sample for camera in report.cameras for sample in _camera_samples(camera)),
    ]


def _camera_samples(camera: CameraReport) -> list[Sample]:
    mine = {"camera": camera.name}
    unknown = sum(spot.state is State.UNKNOWN for spot in camera.spots)
    return [
        Sample("edge_camera_online", "1 while frames come", float(camera.online), mine),
        Sample("edge_camera_frames_total", "frames taken", camera.frames, mine),
        Sample("edge_camera_looks_total", "frames that the detector looked at", camera.looks, mine),
        Sample("edge_camera_restarts_total", "how often it was connected anew", camera.restarts, mine),
        Sample("edge_camera_spots_unknown", "spots of which nobody can say whether they are clean", unknown, mine),
    ]
