"""What the server counts, for Prometheus; never what clients sent."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

LATENCIES = (0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0)


class Metrics:
    """Counters of one server, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter("zeroskel_requests", "Requests answered.", ["path", "status"], registry=self.registry)
        self.request_seconds = Histogram(
            "zeroskel_request_seconds", "From a request to its answer.", ["path"], registry=self.registry
        )
        self.streams = Gauge("zeroskel_streams", "Streams that are open.", registry=self.registry)
        self.capacity = Gauge("zeroskel_streams_capacity", "Streams that may be open.", registry=self.registry)
        self.frames = Counter("zeroskel_frames", "Frames received in streams.", registry=self.registry)
        self.answers = Counter("zeroskel_answers", "Answers sent in streams.", registry=self.registry)
        self.dropped = Counter(
            "zeroskel_answers_dropped", "Answers to clients that did not read them.", registry=self.registry
        )
        self.answer_seconds = Histogram(
            "zeroskel_answer_seconds",
            "From the arrival of the latest frame of an answer to the answer.",
            buckets=LATENCIES,
            registry=self.registry,
        )
        self.malformed = Counter("zeroskel_malformed", "Messages that could not be used.", registry=self.registry)
        self.refused = Counter("zeroskel_refused", "What was turned away, and why.", ["reason"], registry=self.registry)

    def text(self) -> bytes:
        """In Prometheus's text format."""
        return generate_latest(self.registry)
