"""The service: the API under /api, and the built front end for everything else."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, PlainTextResponse, Response
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from overread.api import films, gate, health, imports, jobs, people, reports, trail
from overread.api.audit import adjudication, queue, readers
from overread.api.estimates import bias, certificates, live
from overread.api.explore import compare, dashboards, effort, exports, listing, pool, why
from overread.api.http.bodies import Patience
from overread.api.http.deps import Installation
from overread.api.http.door import Door
from overread.api.http.problems import RESPONSES, add_problem_handlers, problem
from overread.api.http.tries import Tries
from overread.api.loop import encoders, iterations, power
from overread.db.session import Database
from overread.jobs import Sender
from overread.services.loop.reaper import reaping
from overread.settings import Settings
from overread.storage import BlobStore


class Service(FastAPI):
    """FastAPI, with a document that says of answers that all their fields are there: a default of the domain's fills
    what an older row does not say, and is sent like everything else."""

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        for schema in document["components"]["schemas"].values():
            if schema.get("additionalProperties") is not False and "properties" in schema:  # bodies forbid what is else
                schema["required"] = list(schema["properties"])
        return document


def create_app(settings: Settings, patience: Patience | None = None) -> FastAPI:
    """The application on its database; nothing is opened before it starts to serve."""
    settings.check_secret()
    database = Database(settings.database_url, Sender(settings.redis_url))
    installation = Installation(settings, database, BlobStore.of(settings))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with reaping(database):
            yield
        database.engine.dispose()

    # No page of docs: FastAPI's are scripts from other hosts, which the policy above forbids.
    app = Service(
        title="Overread",
        version="1",
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.installation = installation
    app.state.streams = Counter()
    app.state.tries = Tries(settings.redis_url)
    router = APIRouter(prefix="/api/v1", responses=RESPONSES)
    reading = (listing, queue, pool, compare, adjudication, readers)
    judging = (live, certificates, bias, dashboards, effort, why, reports, power, exports)
    for part in (health, people, trail, films, imports, jobs, iterations, gate, encoders, *reading, *judging):
        router.include_router(part.router)
    app.include_router(router)
    add_problem_handlers(app)
    app.add_middleware(Door, installation=installation, patience=patience or Patience())
    # Outermost: the door knows senders by their address. Whoever is not named here may write what he likes into
    # X-Forwarded-For.
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=[str(one) for one in settings.trusted_proxies])
    _serve_front_end(app, settings)
    return app


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
