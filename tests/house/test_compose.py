"""The compose file runs what the private stack runs, publishes one port on loopback, and ships no secret."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from overread.embedded import embedded_majors

FILE = Path(__file__).resolve().parents[2] / "docker-compose.yml"


@pytest.fixture
def services() -> dict[str, Any]:
    return dict(yaml.safe_load(FILE.read_text())["services"])


def test_the_same_majors_as_the_private_servers(services: dict[str, Any]) -> None:
    compose = {name: int(services[name]["image"].rpartition(":")[2]) for name in ("postgres", "valkey")}
    assert compose == embedded_majors()


def test_one_port_on_loopback(services: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {"api": ["127.0.0.1:8000:8000"]}


def test_no_secret_in_the_file_and_no_right_too_many(services: dict[str, Any]) -> None:
    text = FILE.read_text().lower()
    assert "password:" not in text
    assert "secret_key" not in text
    for name in ("api", "worker", "worker-gpu", "migrate"):
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["read_only"] is True


def let_through(ignored: str, source: str) -> bool:
    """Whether the build context has this file or folder, by the lines that let something back in."""
    let = ignored.splitlines()
    return f"!{source.rstrip('/')}" in let or f"!{source.partition('/')[0]}" in let


def copied(dockerfile: str) -> list[str]:
    """What a Dockerfile copies from the build context."""
    lines = [line.split()[1:] for line in dockerfile.splitlines() if line.startswith("COPY ")]
    return [source for words in lines if not words[0].startswith("--from") for source in words[:-1]]


def test_the_build_context_has_all_that_is_copied() -> None:
    """No checker of either file reads the other: an image would only fail to build."""
    ignored, sources = (FILE.parent / ".dockerignore").read_text(), copied((FILE.parent / "Dockerfile").read_text())
    assert "hatch_build.py" in sources
    assert [source for source in sources if not let_through(ignored, source)] == []
    assert not let_through(ignored.replace("!hatch_build.py\n", ""), "hatch_build.py")  # as it was once


def test_who_is_waited_for_is_there(services: dict[str, Any]) -> None:
    """No checker that runs without an engine looks at these names."""
    waits = {name: set(service.get("depends_on", ())) for name, service in services.items()}
    assert set().union(*waits.values()) == {"secrets", "postgres", "valkey", "migrate", "worker"}
    assert set().union(*waits.values()) <= services.keys()


def test_each_image_of_ours_is_built_once_and_by_one_who_is_waited_for(services: dict[str, Any]) -> None:
    """Bake builds all services at once: the second that writes a tag into containerd's store is refused."""
    built = [service["image"] for service in services.values() if "build" in service]
    assert sorted(built) == ["overread-worker:local", "overread:local"]
    for name, service in services.items():
        if service["image"].endswith(":local"):
            beside = {name} | waited_for(services, name)
            assert [one for one in beside if services[one].get("build") and services[one]["image"] == service["image"]]
            assert service["pull_policy"] == "never", f"{name} would ask a registry for an image that is not there"


def waited_for(services: dict[str, Any], name: str) -> set[str]:
    """The services that must run, or have run, before this one."""
    own = set(services[name].get("depends_on", ()))
    return own.union(*(waited_for(services, one) for one in own))


def test_postgres_is_well_when_it_answers_over_tcp(services: dict[str, Any]) -> None:
    """At its first start the image runs a server on its socket alone and stops it again: nobody may come in then."""
    test = services["postgres"]["healthcheck"]["test"]
    assert test[test.index("-h") + 1] == "127.0.0.1"
    assert services["migrate"]["restart"].startswith("on-failure")


def test_workers_have_room_and_time(services: dict[str, Any]) -> None:
    """Sixteen loader processes prefetch mini-batches into /dev/shm, of which Docker gives 64 MB."""
    for name in ("worker", "worker-gpu"):
        assert services[name]["shm_size"] == "1gb"
        assert services[name]["stop_grace_period"] == "30s"
