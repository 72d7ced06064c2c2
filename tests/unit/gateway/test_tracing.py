"""Spans of requests and calls: every kind of call still works with them, and no ticket gets into them."""

from __future__ import annotations

from aiohttp.test_utils import TestClient, TestServer
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.common.settings import Settings
from services.gateway.app import build_app
from services.gateway.backends import Channels
from services.gateway.tracing import call_tracing
from tests.unit.gateway.backend import serving

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_calls_streams_and_files_with_tracing_on(backend, monkeypatch):
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", lambda *args, **kwargs: provider.get_tracer("test"))
    backend.add_job("gen_1", "SUCCEEDED", "completed", a__csv=b"x" * 3_000_000)
    await backend.say("gen_1", "init", "complete")
    async with serving(backend) as address:
        channels = Channels.open({"generator": address}, interceptors=call_tracing())
        async with TestClient(TestServer(build_app(Settings(), channels, tracing=True))) as client:
            assert (await client.get("/api/v1/generators", headers={"traceparent": PARENT})).status == 200
            sent_along = backend.metadata["traceparent"]
            assert (await client.get("/api/v1/jobs/nobody/events")).status == 404
            assert len((await (await client.get("/api/v1/jobs/gen_1/events")).text()).splitlines()) == 2
            assert len(await (await client.get("/api/v1/jobs/gen_1/artifacts/a.csv?ticket=secret")).read()) == 3_000_000
            assert (await client.get("/api/v1/jobs/gen_1/archive")).status == 200
        await channels.close()
    served = [span for span in exporter.get_finished_spans() if span.kind is trace.SpanKind.SERVER]
    assert [span.name for span in served][:2] == ["GET /api/v1/generators", "GET /api/v1/jobs/{id}/events"]
    trace_id = PARENT.split("-")[1]
    assert f"{served[0].context.trace_id:032x}" == trace_id == sent_along.split("-")[1]
    assert all("secret" not in str(span.attributes) for span in exporter.get_finished_spans())
