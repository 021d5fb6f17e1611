"""Errors as RFC 9457 problems: a stable ``type`` to switch on, a sentence to show."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from starlette.exceptions import HTTPException

from backend.domain.errors import OverreadError

MEDIA = "application/problem+json"


class Problem(BaseModel):
    """What every refusal looks like."""

    model_config = ConfigDict(extra="allow")
    type: str
    title: str
    status: int
    detail: str


RESPONSES: dict[int | str, dict[str, object]] = {
    status: {"model": Problem, "content": {MEDIA: {}}} for status in (401, 403, 404, 409, 412, 422)
}


# The stable types of what the framework refuses by itself; anything else it says is "http".
TYPES = {400: "invalid-input", 404: "not-found", 405: "method-not-allowed"}


def problem(type_: str, title: str, status: int, detail: str, **extra: object) -> JSONResponse:
    """A refusal on the wire; ``type_`` is what a client may switch on."""
    body = {"type": f"urn:overread:{type_}", "title": title, "status": status, "detail": detail, **extra}
    return JSONResponse(body, status_code=status, media_type=MEDIA)


def add_problem_handlers(app: FastAPI) -> None:
    """Have every error, ours and the framework's, answered as a problem."""

    @app.exception_handler(OverreadError)
    def refused(_request: Request, error: OverreadError) -> JSONResponse:
        return problem(error.type, error.title, error.status, error.detail, **error.extra)

    @app.exception_handler(RequestValidationError)
    def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        fields = [{"where": ".".join(str(part) for part in e["loc"]), "what": e["msg"]} for e in error.errors()]
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

    @app.exception_handler(OperationalError)
    def database_away(_request: Request, _error: OperationalError) -> JSONResponse:
        return problem(
            "database-away", "The database does not answer", 503, "Nothing was saved. Try again in a few seconds."
        )
