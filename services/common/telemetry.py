"""Logs and traces, set up once for a process.

Logs are one JSON object a line on standard error (or lines for people), ours and the libraries' alike,
and every line passes the redactor last, whatever was bound to it. Traces go to an OTLP collector when one is set.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import orjson
import structlog

from services.common.redaction import redact
from services.common.settings import Settings

_SHARED: Final[tuple[structlog.typing.Processor, ...]] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
_TRACEBACKS: Final = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
_QUIET: Final = ("aiohttp.access", "alembic", "grpc", "asyncio", "sqlalchemy.engine")


class RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """The last hand on every line: no secret leaves it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line without its secrets."""
        return redact(super().format(record))


def setup_logging(settings: Settings, service: str) -> None:
    """Send all logs of the process to standard error. Calling it again replaces what was set."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(worth_telling)
    handler.setFormatter(_formatter(settings.log_format == "json"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(service=service)


def is_leaving(error: BaseException | None) -> bool:
    """Whether this is how gRPC tells that nobody waits for the answer any more."""
    return isinstance(error, asyncio.CancelledError) or type(error).__name__ == "ExecuteBatchError"  # gRPC hides the class


def worth_telling(record: logging.LogRecord) -> bool:
    """Whether a line is more than a traceback of gRPC or asyncio about a client that has left."""
    error = record.exc_info[1] if record.exc_info else None
    return not (record.name.startswith(_QUIET) and is_leaving(error)) or record.levelno <= logging.DEBUG


def _formatter(as_json: bool) -> logging.Formatter:
    last: list[structlog.typing.Processor] = (
        [_trace_ids, structlog.processors.ExceptionRenderer(_TRACEBACKS), structlog.processors.JSONRenderer(_line)]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)]
    )
    return RedactingFormatter(
        foreign_pre_chain=_SHARED, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
    )


def _line(entry: Any, default: Any, **_: Any) -> str:
    try:
        return orjson.dumps(entry, default=default, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # numbers beyond 64 bits, halves of surrogate pairs
        return json.dumps(entry, default=default)


def _trace_ids(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Name the trace a line belongs to, when there is one."""
    from opentelemetry import trace

    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        line["trace_id"], line["span_id"] = format(context.trace_id, "032x"), format(context.span_id, "016x")
    return line


_tracing: str = ""


def setup_tracing(settings: Settings, service: str) -> bool:
    """Send traces to the collector of the settings, once for the process; whether traces are on.

    Raises `RuntimeError` when the exporter is not installed (the extra `telemetry`).
    """
    global _tracing
    if not settings.otel_endpoint or _tracing:
        return bool(_tracing)
    try:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise RuntimeError("otel_endpoint is set, but the exporter is missing: pip install 'mockcraft[telemetry]'") from None
    from opentelemetry import trace
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": f"mockcraft-{service}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=settings.otel_endpoint)))
    trace.set_tracer_provider(provider)
    _tracing = settings.otel_endpoint
    return True
