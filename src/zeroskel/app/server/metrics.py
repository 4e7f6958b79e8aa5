"""Prometheus metrics of the server. They count requests and messages and never contain what a client sent."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

LATENCY_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0)  # seconds


class Metrics:
    """Metrics of one server, in their own registry, so that two servers in one process do not mix theirs."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.requests = Counter(
            "zeroskel_requests", "Number of answered requests.", ["path", "status"], registry=registry
        )
        self.request_seconds = Histogram(
            "zeroskel_request_seconds", "Seconds from a request to its answer.", ["path"], registry=registry
        )
        self.streams = Gauge("zeroskel_streams", "Number of open streams.", registry=registry)
        self.capacity = Gauge("zeroskel_streams_capacity", "Largest number of open streams.", registry=registry)
        self.frames = Counter("zeroskel_frames", "Number of frames received in streams.", registry=registry)
        self.answers = Counter("zeroskel_answers", "Number of answers sent in streams.", registry=registry)
        self.dropped = Counter(
            "zeroskel_answers_dropped",
            "Number of answers dropped because the client did not read them.",
            registry=registry,
        )
        self.answer_seconds = Histogram(
            "zeroskel_answer_seconds",
            "Seconds from the arrival of the latest frame of an answer to that answer.",
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.malformed = Counter("zeroskel_malformed", "Number of messages that could not be used.", registry=registry)
        self.refused = Counter(
            "zeroskel_refused", "Number of refused requests and streams, by reason.", ["reason"], registry=registry
        )

    def text(self) -> bytes:
        """Return the metrics in Prometheus's text format."""
        return generate_latest(self.registry)
