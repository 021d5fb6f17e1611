"""How the service is: asked by every page now and then, signed in or not; asking does not keep a session open."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError

from overread.api.http.deps import COOKIE, Installation, InstallationDep
from overread.embedded import private_servers
from overread.jobs import served_queues
from overread.services.jobs import waiting_queues
from overread.services.people.accounts import signed_in
from overread.storage import space_at

router = APIRouter(tags=["health"])


class Parts(BaseModel):
    """``queues``: those that a running worker takes jobs from, None where the broker does not answer; ``waiting``:
    those in which jobs wait; ``free_bytes``: on the disk of the data folder."""

    queues: list[str] | None
    waiting: list[str]
    free_bytes: int


class HealthOut(BaseModel):
    """``trouble``: what keeps people from working, the worst first: the disk is full; the database does not answer (a
    private one is started again); the broker does not; jobs wait for a worker. ``parts``: for who is signed in."""

    trouble: Literal["disk", "restart", "database", "broker", "worker"] | None
    parts: Parts | None


@router.get("/health")
def get_health(installation: InstallationDep, request: Request) -> HealthOut:
    """What keeps people from working, if anything does. It answers 200 as long as the service itself is up."""
    free, kept = space_at(installation.blobs.folder, installation.settings.disk_reserve)
    full: Literal["disk"] | None = "disk" if free < kept else None
    try:
        with installation.database.transaction() as session:
            waiting = waiting_queues(session)
            account = signed_in(session, request.cookies.get(COOKIE))
    except SQLAlchemyError:
        return HealthOut(trouble=full or _away(installation), parts=None)
    if account is None:
        return HealthOut(trouble=full, parts=None)
    served = served_queues(installation.settings.redis_url)
    short: Literal["worker"] | None = "worker" if not set(waiting) <= (served or set()) else None
    parts = Parts(queues=None if served is None else sorted(served), waiting=waiting, free_bytes=free)
    return HealthOut(trouble=full or ("broker" if served is None else short), parts=parts)


def _away(installation: Installation) -> Literal["restart", "database"]:
    private = private_servers(installation.settings.data_folder).database_url == installation.settings.database_url
    return "restart" if private else "database"
