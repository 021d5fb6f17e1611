"""The service: the API under /api, and the built front end for everything else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy.exc import SQLAlchemyError

from backend.api import audits, encoders, iterations, jobs, labels, people, projects
from backend.api.deps import House
from backend.api.problems import RESPONSES, add_problem_handlers
from backend.db.session import Database
from backend.jobs import Sender
from backend.services.iterations import advance_iteration
from backend.services.jobs import reap_jobs
from backend.settings import Settings
from backend.storage import BlobStore

REAP_SECONDS = 5.0
SAFE = ("GET", "HEAD", "OPTIONS")
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
log = structlog.get_logger()


def create_app(settings: Settings) -> FastAPI:
    """The application on its database; nothing is opened before it starts to serve."""
    settings.check_secret()
    database = Database(settings.database_url, Sender(settings.redis_url))
    house = House(settings, database, BlobStore(settings.blob_folder))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        reaper = asyncio.create_task(_reap_for_ever(database))
        yield
        reaper.cancel()
        with suppress(asyncio.CancelledError):
            await reaper
        database.engine.dispose()

    app = FastAPI(
        title="Overread", version="1", lifespan=lifespan, openapi_url="/api/openapi.json", docs_url="/api/docs"
    )
    app.state.house = house
    app.state.limiter = MovingWindowRateLimiter(storage_from_string("memory://"))
    router = APIRouter(prefix="/api/v1", responses=RESPONSES)
    for part in (people, projects, jobs, iterations, encoders, labels, audits):
        router.include_router(part.router)
    app.include_router(router)
    add_problem_handlers(app)
    app.middleware("http")(_guard)
    _serve_front_end(app, settings)
    return app


async def _guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuse unsafe requests that another site's page made; add the headers that every answer carries."""
    if request.method not in SAFE:
        origin = request.headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
        if foreign or request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return PlainTextResponse("Requests from other sites are refused.", 403)
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.url.path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


async def _reap_for_ever(database: Database) -> None:
    """Free jobs whose worker went silent and send again what waits. Any number of services may do this at once."""
    while True:
        await asyncio.sleep(REAP_SECONDS)
        try:
            await asyncio.to_thread(_reap, database)
        except SQLAlchemyError as error:
            log.warning("reaper could not reach the database; it tries again", error=str(error))


def _reap(database: Database) -> None:
    with database.transaction() as session:
        for job in reap_jobs(session):
            if job.iteration_id is not None:
                advance_iteration(session, job.iteration_id)


def _serve_front_end(app: FastAPI, settings: Settings) -> None:
    """The built pages; every path that is no file is the app itself (its router takes over)."""

    @app.get("/{path:path}", include_in_schema=False)
    def page(path: str) -> Response:
        root = settings.frontend_dist.resolve()
        index = root / "index.html"
        if path.startswith("api/"):
            return PlainTextResponse("There is no such route.", 404)
        if not index.exists():
            return PlainTextResponse("The front end is not built. Run `make setup` once, then reload.", 503)
        file = (root / path).resolve()
        if path and file.is_relative_to(root) and file.is_file():
            fresh = "assets" in file.relative_to(root).parts
            return FileResponse(file, headers={"Cache-Control": "max-age=31536000, immutable" if fresh else "no-cache"})
        return FileResponse(index, headers={"Cache-Control": "no-cache"})
