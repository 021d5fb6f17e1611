"""The compose file runs what the private stack runs, publishes one port on loopback, and ships no secret."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from backend.embedded import embedded_majors

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


def test_who_is_waited_for_is_there(services: dict[str, Any]) -> None:
    """No checker that runs without an engine looks at these names."""
    waits = {name: set(service.get("depends_on", ())) for name, service in services.items()}
    assert set().union(*waits.values()) == {"secrets", "postgres", "valkey", "migrate"}
    assert set().union(*waits.values()) <= services.keys()
