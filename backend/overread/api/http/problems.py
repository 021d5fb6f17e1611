"""Errors as RFC 9457 problems: a stable ``type`` to switch on, a sentence to show."""

from itertools import islice

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from psycopg.errors import DiskFull as PostgresDiskFull
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoneFree
from starlette.exceptions import HTTPException

from overread.domain.errors import DiskFull, OverreadError
from overread.storage import BlobStore, is_full, require_space

MEDIA = "application/problem+json"


class Problem(BaseModel):
    """What every refusal looks like."""

    model_config = ConfigDict(extra="allow")
    type: str
    title: str
    status: int
    detail: str


_SCHEMA = {"$ref": "#/components/schemas/Problem"}
RESPONSES: dict[int | str, dict[str, object]] = {
    status: {"model": Problem, "content": {MEDIA: {"schema": _SCHEMA}}} for status in (401, 403, 404, 409, 412, 422)
}


TOLD, TOLD_LENGTH, TOLD_MESSAGE = 20, 60, 300
# The stable types of what the framework refuses by itself; anything else it says is "http".
TYPES = {400: "invalid-input", 404: "not-found", 405: "method-not-allowed"}


def problem(type_: str, title: str, status: int, detail: str, **extra: object) -> JSONResponse:
    """A refusal on the wire; ``type_`` is what a client may switch on."""
    body = {"type": f"urn:overread:{type_}", "title": title, "status": status, "detail": detail, **extra}
    return JSONResponse(body, status_code=status, media_type=MEDIA)


def refusal(error: OverreadError) -> JSONResponse:
    """One of our own errors on the wire."""
    return problem(error.type, error.title, error.status, error.detail, **error.extra)


# Postgres does not do it, or all connections to it are at work for too long.
DATABASE_TROUBLE = (OperationalError, NoneFree)


def database_trouble(error: OperationalError | NoneFree, blobs: BlobStore) -> JSONResponse:
    """What to say when Postgres cannot do it: a full disk is named, even where it has stopped Postgres already."""
    if isinstance(error, OperationalError) and isinstance(error.orig, PostgresDiskFull):
        return refusal(DiskFull("The database's disk is full. Nothing was saved. Free some space, then do it again."))
    try:
        require_space(blobs.folder, blobs.reserve)
    except DiskFull as full:
        return refusal(full)
    return problem(
        "database-away", "The database does not answer", 503, "Nothing was saved. Try again in a few seconds."
    )


def add_problem_handlers(app: FastAPI) -> None:
    """Have every error, ours and the framework's, answered as a problem."""

    @app.exception_handler(OverreadError)
    def refused(_request: Request, error: OverreadError) -> JSONResponse:
        return refusal(error)

    @app.exception_handler(RequestValidationError)
    def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        # A key of theirs may be as long as a body, and there may be thousands: enough is told to mend it.
        fields = [
            {"where": ".".join(str(part)[:TOLD_LENGTH] for part in e["loc"]), "what": str(e["msg"])[:TOLD_MESSAGE]}
            for e in islice(error.errors(), TOLD)
        ]
        sentence = "; ".join(f"{field['where']}: {field['what']}" for field in fields[:5])
        return problem("invalid-input", "Invalid input", 422, sentence, fields=fields)

    @app.exception_handler(HTTPException)
    def http(_request: Request, error: HTTPException) -> JSONResponse:
        word = str(error.detail)
        return problem(TYPES.get(error.status_code, "http"), word, error.status_code, word)

    _add_database_handlers(app)

    @app.exception_handler(Exception)
    def broken(_request: Request, _error: Exception) -> JSONResponse:
        return problem("broken", "Something broke", 500, "This is our fault. Nothing was saved; the log has the cause.")


def _add_database_handlers(app: FastAPI) -> None:
    """What Postgres refuses is the client's to mend, or to try again."""

    @app.exception_handler(DataError)
    def unstorable(_request: Request, _error: DataError) -> JSONResponse:
        sentence = "A text with a NUL character, or a number beyond 64 bits, cannot be stored. Nothing was saved."
        return problem("invalid-input", "Invalid input", 422, sentence)

    @app.exception_handler(IntegrityError)
    def overtaken(_request: Request, _error: IntegrityError) -> JSONResponse:
        sentence = "Somebody else did the same at the same moment. Nothing was saved: look again, then decide."
        return problem("conflict", "Conflict with the current state", 409, sentence)

    @app.exception_handler(NoneFree)
    @app.exception_handler(OperationalError)
    def database_away(request: Request, error: OperationalError | NoneFree) -> JSONResponse:
        return database_trouble(error, request.app.state.installation.blobs)

    @app.exception_handler(OSError)
    def system_refused(_request: Request, error: OSError) -> JSONResponse:
        if not is_full(error):
            raise error
        return refusal(DiskFull("The server's disk is full. Nothing was saved. Free some space, then do it again."))
