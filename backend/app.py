"""The service: the API under /api, and the built front end for everything else."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from backend.api import (
    adjudication,
    audits,
    bias,
    certificates,
    compare,
    dashboards,
    encoders,
    estimates,
    iterations,
    jobs,
    labels,
    people,
    pool,
    power,
    projects,
    promise,
    trust,
)
from backend.api.deps import House
from backend.api.problems import RESPONSES, add_problem_handlers, problem
from backend.db.session import Database
from backend.jobs import Sender
from backend.services.reaper import reaping
from backend.settings import Settings
from backend.storage import BlobStore

# Eight masks of a large film with room to spare; no other request comes near.
MAX_BODY = 16 << 20
SAFE = ("GET", "HEAD", "OPTIONS")
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def create_app(settings: Settings) -> FastAPI:
    """The application on its database; nothing is opened before it starts to serve."""
    settings.check_secret()
    database = Database(settings.database_url, Sender(settings.redis_url))
    house = House(settings, database, BlobStore(settings.blob_folder))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with reaping(database):
            yield
        database.engine.dispose()

    # No page of docs: FastAPI's are scripts from other hosts, which the policy above forbids.
    app = FastAPI(
        title="Overread",
        version="1",
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.house = house
    app.state.limiter = MovingWindowRateLimiter(storage_from_string("memory://"))
    router = APIRouter(prefix="/api/v1", responses=RESPONSES)
    reading = (labels, audits, pool, compare, adjudication, trust)
    judging = (estimates, certificates, bias, dashboards, promise, power)
    for part in (people, projects, jobs, iterations, encoders, *reading, *judging):
        router.include_router(part.router)
    app.include_router(router)
    add_problem_handlers(app)
    app.middleware("http")(_guard)
    _serve_front_end(app, settings)
    return app


async def _guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuse unsafe requests by their headers; add the headers that every answer carries."""
    response = (None if request.method in SAFE else _refusal(request)) or await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.url.path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _refusal(request: Request) -> Response | None:
    """Another site's page made it, or its body is larger than any that we take, or of a length that it keeps secret."""
    origin = request.headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign or request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return problem("foreign-origin", "Not from here", 403, "Requests from other sites are refused.")
    if "transfer-encoding" in request.headers:
        return problem("length-required", "Length required", 411, "Send the body with its Content-Length.")
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MAX_BODY:
        return problem("too-large", "Too large", 413, f"A request has at most {MAX_BODY >> 20} MiB.")
    return None


def _serve_front_end(app: FastAPI, settings: Settings) -> None:
    """The built pages; every path that is no file is the app itself (its router takes over)."""

    @app.get("/{path:path}", include_in_schema=False)
    def page(path: str) -> Response:
        root = settings.frontend_dist.resolve()
        index = root / "index.html"
        if path.startswith("api/"):
            return problem("not-found", "Not found", 404, "There is no such route.")
        if not index.exists():
            return PlainTextResponse("The front end is not built. Run `make setup` once, then reload.", 503)
        # No name of ours is long or has a NUL: the file system would refuse to look it up.
        file = (root / path).resolve() if len(path) < 200 and path.isprintable() else root
        if file.is_relative_to(root) and file.is_file():
            fresh = "assets" in file.relative_to(root).parts
            return FileResponse(file, headers={"Cache-Control": "max-age=31536000, immutable" if fresh else "no-cache"})
        return FileResponse(index, headers={"Cache-Control": "no-cache"})
