"""Figures for Prometheus, for the networks that the configuration names.

Where several processes answer, each writes its counts to files in the folder that ``PROMETHEUS_MULTIPROC_DIR`` names,
and whichever is asked adds them up. The variable has to be set before this module is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

from flask import Blueprint, Flask, Response, abort, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError

from indexer.errors import Unavailable
from web.access import library
from web.database.storage import session
from web.jobs import queue
from web.networks import is_from
from web.serving.config import Config
from web.serving.timing import elapsed, stages

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10)


def register(app: Flask, config: Config) -> None:
    """Count and time every request, and answer with the counts."""
    own = CollectorRegistry()
    answered = Counter("wenyuan_requests", "Requests answered.", ("endpoint", "status"), registry=own)
    seconds = Histogram("wenyuan_request_seconds", "Time to answer.", ("endpoint",), buckets=SECONDS, registry=own)
    parts = Histogram("wenyuan_stage_seconds", "Time of a stage.", ("stage",), buckets=SECONDS, registry=own)
    ProcessCollector(registry=own)
    own.register(_Index())
    blueprint = Blueprint("metrics", __name__)

    @app.after_request
    def count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        answered.labels(endpoint, str(response.status_code)).inc()
        seconds.labels(endpoint).observe(elapsed())
        for stage, took in stages().items():
            parts.labels(stage).observe(took)
        return response

    @blueprint.get("/metrics")
    def metrics() -> Response:
        """Return the figures, in Prometheus' text format."""
        if not _may_read(config):
            abort(404)
        registry = own
        if FOLDER in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it has no types
            registry.register(_Index())
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    app.register_blueprint(blueprint)


def _may_read(config: Config) -> bool:
    """Return whether the request comes from a network that may read; Prometheus may run on a proxy's machine."""
    return is_from(config.metrics, proxies_too=True)


class _Index(Collector):
    """Figures of the open generation and of jobs, looked up when they are asked for."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the facts."""
        try:
            held = library()
        except Unavailable:
            held = None
        jobs = GaugeMetricFamily("wenyuan_jobs", "Pieces of long work, by state.", labels=["state"])
        with suppress(DBAPIError):
            for state, count in queue.counted(session()).items():
                jobs.add_metric([state], count)
        yield jobs
        yield GaugeMetricFamily("wenyuan_index_reachable", "Whether the index can be asked.", int(held is not None))
        if held is None:
            return
        yield GaugeMetricFamily("wenyuan_index_generation", "Number of the generation served.", held.generation)
        yield GaugeMetricFamily("wenyuan_index_works", "Works that can be searched.", len(held.works()))

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Return nothing beforehand: there is no application yet to ask."""
        return iter(())
