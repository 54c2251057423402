"""Events as a platform of ours mostly writes them, read in one pass: JSON, types, bounds and clean texts at once.

What is read here is the same as by the door and `read_payload`; what is written in any other way is not read here.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import SchemaValidator, ValidationError, core_schema

from headway.connectors import door
from headway.core.delegation import Status
from headway.core.events import Event, Progressed, StatusChanged
from headway.core.text import BODY_LIMIT, LINE_LIMIT

if TYPE_CHECKING:
    from pydantic_core import CoreSchema

    from headway.core.events import Payload


def read_plain(seq: int, data: str) -> Event | None:
    """The event of an envelope; None where it is not one of the kinds, or not in the form, that are read here."""
    if not _CLEANS:
        return None
    try:
        envelope = _ENVELOPE.validate_json(data)
    except ValidationError:
        return None
    return Event(seq, envelope["type"], envelope["timestamp"], envelope["data"])


def _text(name: str, *plain: CoreSchema) -> CoreSchema:
    """A text: one that `plain` describes is clean as it is, any other goes through the door."""
    whole = core_schema.str_schema(strict=True)
    cleaned = core_schema.no_info_after_validator_function(partial(door.text, name), whole)
    return core_schema.union_schema([*plain, cleaned], mode="left_to_right")


def _number(most: int) -> CoreSchema:
    return core_schema.int_schema(strict=True, ge=0, le=most)


def _model(payload: type[Payload], fields: dict[str, CoreSchema], absent: dict[str, CoreSchema]) -> CoreSchema:
    """A payload with all of `fields`; `absent` are those that may be missing, or null."""
    wanted = {name: core_schema.model_field(schema) for name, schema in fields.items()}
    for name, schema in absent.items():
        optional = core_schema.with_default_schema(core_schema.nullable_schema(schema), default=None)
        wanted[name] = core_schema.model_field(optional)
    # A field that is not known may hold what the door refuses.
    return core_schema.model_schema(payload, core_schema.model_fields_schema(wanted, extra_behavior="forbid"))


def _envelope(data: CoreSchema) -> CoreSchema:
    fields: dict[str, Any] = {
        "type": core_schema.str_schema(strict=True),
        "timestamp": _number(door.MAX_TIME),
        "data": data,
    }
    wanted = {name: core_schema.typed_dict_field(schema) for name, schema in fields.items()}
    return core_schema.typed_dict_schema(wanted, extra_behavior="forbid")


_LINE: Final = core_schema.str_schema(strict=True, max_length=LINE_LIMIT, pattern="^[ -~]*$")
_LINES: Final = core_schema.str_schema(strict=True, max_length=BODY_LIMIT, pattern="^[ -~\n\t]*$")
_OF_DELEGATION: Final = {name: _text(name, _LINE) for name in ("delegation_id", "target_id")}
_PERCENT: Final = core_schema.float_schema(strict=True, ge=0, le=100, allow_inf_nan=False)
_PROGRESSED: Final = _model(
    Progressed,
    {**_OF_DELEGATION, "text": _text("text", _LINES), "offset": _number(door.MAX_NUMBER)},
    {"progress_percent": _PERCENT},
)
_STATUS_CHANGED: Final = _model(
    StatusChanged,
    {
        **_OF_DELEGATION,
        "status": core_schema.enum_schema(Status, list(Status), sub_type="str"),
        "attempt": _number(door.MAX_NUMBER),
    },
    {
        "status_message": _text("status_message", _LINE),
        "progress_percent": _PERCENT,
        "priority": _number(door.MAX_NUMBER),
        "expires_at": _number(door.MAX_TIME),
    },
)


def _validator(schema: CoreSchema) -> SchemaValidator:
    """One that goes by this schema: pydantic-core takes that of a model's own class in its place, where it is built."""
    make: Any = SchemaValidator
    try:
        validator: SchemaValidator = make(schema, _use_prebuilt=False)
    except TypeError:
        # Of a release that knows no such thing; `_cleans` says whether it does it all the same.
        validator = SchemaValidator(schema)
    return validator


def _cleans(validator: SchemaValidator) -> bool:
    """Whether what is hostile goes through the door; where it does not, nothing is read here."""
    escape, of = "\x1b", {"delegation_id": "d", "target_id": "w"}
    progressed = {**of, "text": escape, "offset": 0}
    changed = {**of, "status": Status.PENDING, "attempt": 0, "status_message": escape}
    told = [(Progressed.TYPE, progressed), (StatusChanged.TYPE, changed)]
    envelopes = [{"type": kind.value, "timestamp": 0, "data": data} for kind, data in told]
    read = [validator.validate_json(json.dumps(envelope))["data"] for envelope in envelopes]
    return escape not in (read[0].text, read[1].status_message)


_ENVELOPE: Final = _validator(
    core_schema.tagged_union_schema(
        {
            Progressed.TYPE.value: _envelope(_PROGRESSED),
            StatusChanged.TYPE.value: _envelope(_STATUS_CHANGED),
        },
        discriminator="type",
    )
)
"""The two kinds that a firehose is made of."""
_CLEANS: Final = _cleans(_ENVELOPE)
