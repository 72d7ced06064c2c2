"""Between protobuf messages and what the service takes and gives. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct, Value
from mockcraft.generator.v1 import generator_pb2 as pb

from runner.generators import Parameter
from runner.schema import Finding
from services.common.errors import invalid
from services.common.messages import findings_messages, plain_values, schema_request, schema_source, seed_of
from services.common.schemas import SchemaRequest
from services.generator import catalogue, reading, schemas
from services.generator.generations import GenerationRequest
from services.generator.service import Preview, Source


def value_message(value: Any) -> Value:
    """JSON-safe Python as a message; what JSON has no word for becomes text."""
    return ParseDict(orjson.loads(orjson.dumps(value, default=str)), Value())


def struct_message(values: Mapping[str, Any]) -> Struct:
    """A row of JSON-safe values as a message."""
    message = Struct()
    message.update(values)
    return message


# Requests.


def values_request(request: pb.GenerateValuesRequest) -> tuple[str, int, int | None, str, dict[str, Any]]:
    """Type, count, seed, locale and parameters."""
    return request.type, request.count, seed_of(request), request.locale, plain_values(request.parameters)


def preview_schema(request: pb.PreviewRowsRequest) -> SchemaRequest:
    """The schema of a preview; there `rows` counts the rows wanted."""
    return SchemaRequest(schema_source(request.schema), dict(request.set), dict(request.row_counts), seed_of(request))


def source(request: pb.StreamRowsRequest | pb.StreamBlocksRequest) -> Source:
    """Where the rows asked for come from. Raises SOURCE_MISSING."""
    match request.WhichOneof("source"):
        case "schema":
            return Source(schema=schema_request(request))
        case "generation":
            return Source(generation=request.generation)
        case "plan":
            assert isinstance(request, pb.StreamBlocksRequest)
            return Source(plan=request.plan)
    raise invalid("SOURCE_MISSING", "Say where the rows come from: a schema or a generation.")


def blocks_asked(request: pb.StreamBlocksRequest) -> reading.Asked:
    """How blocks are to be."""
    return reading.Asked(request.block_rows, request.dictionaries, request.documents)


def generation_request(request: pb.CreateGenerationRequest) -> GenerationRequest:
    """A generation as asked for."""
    outputs = tuple(_output(output) for output in request.outputs)
    return GenerationRequest(schema_request(request), outputs, request.workers, request.request_id)


def _output(output: pb.Output) -> dict[str, Any]:
    record: dict[str, Any] = {"format": output.format, "dialect": output.dialect, "options": plain_values(output.options)}
    return record | ({"compression": output.compression} if output.compression else {})


# Answers.


@lru_cache(maxsize=4096)
def _kept_message(name: str) -> pb.Generator:
    """The message of a generator for lists, which copy it: the catalogue stays as it is."""
    return generator_message(catalogue.describe(name))


def generator_message(described: catalogue.Described) -> pb.Generator:
    """A generator of the catalogue."""
    generator = described.generator
    message = pb.Generator(
        name=generator.name,
        description=generator.description,
        category=generator.category,
        output_type=generator.output,
        parameters=[_parameter(p) for p in generator.parameters],
        aliases=generator.aliases,
        keywords=generator.keywords,
        locales=generator.locales,
        version=generator.version,
        slow=generator.slow,
    )
    if described.example is not None:
        message.example.CopyFrom(value_message(described.example))
    if described.distinct is not None:
        message.distinct_values = described.distinct
    return message


def _parameter(parameter: Parameter) -> pb.Parameter:
    message = pb.Parameter(
        name=parameter.name,
        type=parameter.type,
        description=parameter.description,
        choices=parameter.choices,
        minimum=parameter.minimum,
        maximum=parameter.maximum,
        required=parameter.required,
    )
    if parameter.default is not None:
        message.default.CopyFrom(value_message(parameter.default))
    return message


def generators_message(page: catalogue.GeneratorPage) -> pb.ListGeneratorsResponse:
    """A page of the catalogue."""
    generators = [_kept_message(described.generator.name) for described in page.generators]
    return pb.ListGeneratorsResponse(generators=generators, next_page_token=page.next_page_token, categories=page.categories)


def values_message(made: tuple[str, list[Any]]) -> pb.GenerateValuesResponse:
    """Made values."""
    return pb.GenerateValuesResponse(type=made[0], values=[value_message(value) for value in made[1]])


def validation_message(checked: tuple[bool, tuple[Finding, ...]]) -> pb.ValidateSchemaResponse:
    """The outcome of a check."""
    return pb.ValidateSchemaResponse(valid=checked[0], findings=findings_messages(checked[1]))


def plan_message(planned: schemas.Planned) -> pb.PlanSchemaResponse:
    """What would run."""
    return pb.PlanSchemaResponse(
        valid=planned.valid,
        findings=findings_messages(planned.findings),
        tables=[_table(table) for table in planned.tables],
        total_rows=planned.total_rows,
        digest=planned.digest,
    )


def _table(table: schemas.PlannedTable) -> pb.PlannedTable:
    columns = [
        pb.PlannedColumn(
            name=c.name,
            type=c.type,
            generator=c.generator,
            nullable=c.nullable,
            unique=c.unique,
            references=c.references,
            slow=c.slow,
        )
        for c in table.columns
    ]
    uniques = (pb.PlannedUnique(columns=u.columns, needed=u.needed, possible=u.possible, within=u.within) for u in table.uniques)
    return pb.PlannedTable(
        name=table.name, rows=table.rows, columns=columns, estimated_bytes=table.estimated_bytes, uniques=uniques
    )


def preview_message(preview: Preview) -> pb.PreviewRowsResponse:
    """Previewed rows, or what is wrong."""
    message = pb.PreviewRowsResponse(valid=preview.valid, findings=findings_messages(preview.findings))
    if preview.page is not None:
        message.table = preview.page.table
        message.columns.extend(preview.page.columns)
        message.rows.extend(struct_message(row) for row in preview.page.rows)
    return message


def rows_message(page: reading.RowPage) -> pb.GetRowsResponse:
    """Rows of a generation."""
    rows = [struct_message(row) for row in page.rows]
    return pb.GetRowsResponse(table=page.table, columns=page.columns, rows=rows, total_rows=page.total_rows)


def row_message(row: tuple[int, dict[str, Any]]) -> pb.StreamRowsResponse:
    """One row of a stream."""
    return pb.StreamRowsResponse(row=row[0], values=struct_message(row[1]))


def slice_message(piece: reading.Slice) -> pb.StreamBlocksResponse:
    """One slice of a block."""
    return pb.StreamBlocksResponse(
        table=piece.table,
        block=piece.block,
        slice=piece.slice,
        last=piece.last,
        data=piece.data,
        first_row=piece.first_row,
        row_count=piece.row_count,
    )
