"""Settings from the environment (OVERREAD_…, and the usual DATABASE_URL and REDIS_URL), or from files.

A secret may lie in a file named for its variable (``database_url``, ``redis_url``, ``overread_secret``) in the folder
that OVERREAD_SECRETS_FOLDER names: an environment is readable by too many.
"""

import os
import secrets
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AliasChoices, ByteSize, Field, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from overread.domain.errors import MissingSecret
from overread.domain.learning.workers import Workers
from overread.shipped import shipped

ADDRESS_FILE = "address"  # in the data folder
KNOWN_SECRETS = {"secret", "changeme", "change-me", "password", "overread", "default"}


class Settings(BaseSettings):
    """Built by whoever needs it, never at import: a missing value must not break an import."""

    model_config = SettingsConfigDict(env_prefix="OVERREAD_", populate_by_name=True, extra="ignore")

    database_url: str = Field("", validation_alias=AliasChoices("DATABASE_URL", "OVERREAD_DATABASE_URL"))
    redis_url: str = Field("", validation_alias=AliasChoices("REDIS_URL", "OVERREAD_REDIS_URL"))
    data_folder: Path = Path(".overread")
    # Where to publish: loopback unless a proxy with TLS stands before it.
    host: str = "127.0.0.1"
    port: int = 8000
    # How people reach us; unset, the address above as this machine reaches it.
    public_url: str = ""
    # Addresses and networks whose X-Forwarded-For is believed, in one word with commas.
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    secure_cookies: bool = False
    # Shared by the parts of one installation; the private stack makes its own.
    secret: str = ""
    # A worker that is silent this long has lost its job.
    lease_seconds: float = 60
    # Processes that train one network together, one a device (torchrun).
    training_processes: int = 1
    # Whether workers may fetch encoders' weights from the hub (huggingface.co), or have them in their cache of it.
    hub: bool = False
    # Where TensorBoard's files go as well; unset, nowhere.
    tensorboard_folder: Path | None = None
    # Free bytes below which nothing more is written ("2GiB" too); unset, 1 GiB or 2 % of the disk, whichever is less.
    disk_reserve: ByteSize | None = None
    # Where blobs lie, s3://BUCKET/FOLDER; the data folder then has copies of what is used here. Unset, they lie there.
    bucket: str = ""
    # The only folder below which the API imports, and what links in it lead to; unset, it imports none.
    import_root: Path | None = None
    frontend_dist: Path = shipped("web", "frontend/dist")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What the caller gives wins over the environment, and that over the files."""
        del dotenv_settings, file_secret_settings  # no .env; and the folder is looked up at each building, not here
        return (
            init_settings,
            env_settings,
            SecretsSettingsSource(settings_cls, os.environ.get("OVERREAD_SECRETS_FOLDER")),
        )

    @field_validator("database_url")
    @classmethod
    def _postgres_by_psycopg(cls, url: str) -> str:
        """The usual spellings of a Postgres URL as ours, which names the driver; anything else is refused."""
        scheme, mark, rest = url.strip().partition("://")
        if not url.strip():
            return ""
        if not mark or scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
            raise PydanticCustomError(
                "database_url", "A Postgres URL is wanted: postgresql://USER:PASSWORD@HOST/DATABASE"
            )
        return f"postgresql+psycopg://{rest}"

    @field_validator("redis_url")
    @classmethod
    def _redis_or_valkey(cls, url: str) -> str:
        url = url.strip()
        if url and not url.startswith(("redis://", "rediss://", "unix://")):
            raise PydanticCustomError(
                "redis_url", "A Redis URL is wanted: redis://:PASSWORD@HOST:6379/0, or unix:///SOCKET"
            )
        return url

    @field_validator("public_url")
    @classmethod
    def _an_address_of_ours(cls, url: str) -> str:
        url = url.strip().rstrip("/")
        if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
            raise PydanticCustomError("public_url", "An address is wanted: https://overread.hospital.example")
        return url

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, words: object) -> object:
        if not isinstance(words, str):
            return words
        try:
            return tuple(ip_network(word.strip()) for word in words.split(",") if word.strip())
        except ValueError as error:
            raise PydanticCustomError(
                "trusted_proxies", "Addresses and networks are wanted, with commas ({why})", {"why": str(error)}
            ) from None

    def model_post_init(self, _context: object) -> None:
        if not self.public_url:
            self.public_url = _reached_at(self.host, self.port)
            self.model_fields_set.discard("public_url")  # worked out, not given: a server beside us may know better

    def sign_in_link(self, token: str, *, at_once: bool = False) -> str:
        """The link to hand to a person; with ``at_once`` it asks for no password. The token stays in the fragment,
        which no browser sends to a server."""
        return f"{self.public_url}/sign-in#{'now' if at_once else 'token'}={token}"

    def keep_address(self) -> None:
        """Tell the commands beside this server where it serves: ``invite`` prints that address."""
        self.data_folder.mkdir(parents=True, exist_ok=True)
        (self.data_folder / ADDRESS_FILE).write_text(self.public_url)

    def beside_the_server(self) -> "Settings":
        """These settings with the address of the server that last served on this data folder, unless one was given."""
        kept = self.data_folder / ADDRESS_FILE
        if "public_url" in self.model_fields_set or not kept.is_file():
            return self
        return self.model_copy(update={"public_url": kept.read_text()})

    @property
    def workers(self) -> Workers:
        """What a launch must know of the workers."""
        return Workers(processes=self.training_processes, hub=self.hub)

    @property
    def blob_folder(self) -> Path:
        """Films, maps, manifests and checkpoints, by hash."""
        return self.data_folder / "blobs"

    def check_secret(self) -> None:
        """Raise MissingSecret for a blank, short or well-known one: such a service must not start."""
        if len(self.secret) < 32 or self.secret.lower() in KNOWN_SECRETS or len(set(self.secret)) < 8:
            raise MissingSecret(
                "OVERREAD_SECRET is blank, short or guessable. Set 32 or more random characters "
                "(python -c 'import secrets; print(secrets.token_urlsafe(32))')."
            )

    def environment(self) -> dict[str, str]:
        """The variables that give a child process these same settings."""
        values = {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "OVERREAD_DATA_FOLDER": self.data_folder,
            "OVERREAD_HOST": self.host,
            "OVERREAD_PORT": self.port,
            "OVERREAD_PUBLIC_URL": self.public_url,
            "OVERREAD_TRUSTED_PROXIES": ",".join(map(str, self.trusted_proxies)),
            "OVERREAD_SECRET": self.secret,
            "OVERREAD_LEASE_SECONDS": self.lease_seconds,
            "OVERREAD_FRONTEND_DIST": self.frontend_dist,
            "OVERREAD_TRAINING_PROCESSES": self.training_processes,
            "OVERREAD_HUB": self.hub,
            "OVERREAD_BUCKET": self.bucket,
        }
        if self.tensorboard_folder is not None:
            values["OVERREAD_TENSORBOARD_FOLDER"] = self.tensorboard_folder
        if self.disk_reserve is not None:
            values["OVERREAD_DISK_RESERVE"] = int(self.disk_reserve)
        return {name: str(value) for name, value in values.items()}


def _reached_at(host: str, port: int) -> str:
    """The address of a server on this machine; "all addresses" is none that a browser can open."""
    name = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104
    return f"http://{f'[{name}]' if ':' in name and not name.startswith('[') else name}:{port}"


def kept_secret(folder: Path) -> str:
    """This installation's own secret, made at the first start, readable by its owner alone."""
    path = folder / "secret"
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
    except FileExistsError:
        pass
    return path.read_text()
