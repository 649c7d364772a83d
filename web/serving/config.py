"""The server's configuration: a TOML file, then environment variables, then options of `wenyuan serve`; the later wins.

Every key is documented in docs/operations.md, and a test holds the two together.
"""

from __future__ import annotations

import os
import re
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

import click
from pydantic import (
    AfterValidator,
    BeforeValidator,
    DirectoryPath,
    Field,
    FilePath,
    PlainValidator,
    ValidationError,
    model_validator,
)
from pydantic.networks import IPvAnyNetwork
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from corpora.manifests import OWN
from indexer.cluster.address import IndexAddress, index_address
from indexer.errors import IndexFailure
from web.citing import keys
from web.mail import MailServer, address_in
from web.serving.defaults import DATABASE, STATE

PREFIX = "WENYUAN_"
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?")
_PATH = re.compile(r"[A-Za-z0-9._~/-]*")
_LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


def _apart(value: Any) -> Any:
    """Split networks as the environment has them: with blanks or commas between."""
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _host(name: str) -> str:
    """Normalise a host name as in a ``Host`` header: in lower case, in ASCII, without a port."""
    try:
        plain = name.strip().removesuffix(".").encode("idna").decode().lower()
    except UnicodeError:
        plain = ""
    if not _HOST.fullmatch(plain):
        raise ValueError(f"{name!r} is no host name; write library.example, without https:// and without a port")
    return plain


def _site(address: str) -> str:
    """Return the site's address without a slash at its end; it may have scheme, host, port and path only."""
    if not address:
        return ""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0 or "@" in parts.netloc:
        raise ValueError("it begins with https:// (or http://) and a host's name, as https://library.example")
    if parts.query or parts.fragment or not _PATH.fullmatch(parts.path):
        raise ValueError("it may have a path after the host's name, and nothing after that")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else _host(parts.hostname)
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}{parts.path.rstrip('/')}"


def _mail(address: str) -> str:
    """Check the address of a mail server, which may hold a password and is not repeated."""
    if address:
        MailServer.parse(address)
    return address


def _sender(address: str) -> str:
    """Check a mail address."""
    if address and address_in(address) != address:
        raise ValueError("it is one mail address, as desk@library.example")
    return address


def _index(value: Any) -> IndexAddress:
    """Read the index's folder or address; one that was read already stays as it is."""
    try:
        return index_address(value) if isinstance(value, str) else value
    except IndexFailure as failure:
        raise ValueError(str(failure)) from None  # the cause's message is all that may be said


def _style(file: Path) -> Path:
    """Check an operator's citation style."""
    from web.citing.styles import own  # it loads citeproc, which a command that prints help has no need of

    own(file)
    return file


Index = Annotated[IndexAddress, NoDecode, PlainValidator(_index)]
Networks = Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(_apart)]
Hosts = Annotated[tuple[Annotated[str, AfterValidator(_host)], ...], NoDecode, BeforeValidator(_apart)]


class Config(BaseSettings):
    """The keys of the file; each is also an environment variable, in capitals behind ``WENYUAN_``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, validate_default=True)

    index: Index = Field(Path("index"), description="The index: a folder, or opensearch+https://host:port/name.")
    host: str = Field("127.0.0.1", description="Where to listen; 0.0.0.0 lets other machines in.")
    port: Annotated[int, Field(ge=0, le=65535, description="The port; 0 takes a free one.")] = 8000
    site: Annotated[str, AfterValidator(_site)] = Field(
        "", description="The address that readers know, such as https://library.example."
    )
    hosts: Hosts = Field((), description="Host names that are answered beside the site's own.")
    workers: Annotated[int, Field(ge=1, le=64, description="Processes that answer, one a processor core.")] = len(
        os.sched_getaffinity(0)
    )
    threads: Annotated[int, Field(ge=1, le=64, description="Requests that each process works on at once.")] = 2
    queue: Annotated[int, Field(ge=0, le=1000, description="Requests that may wait in each process.")] = 32
    patience: Annotated[float, Field(ge=0, le=60, description="Seconds that one waits at most.")] = 2.0
    retry_after: Annotated[
        int, Field(ge=1, le=3600, description="Seconds after which one that was turned away may come again.")
    ] = 2
    search_seconds: Annotated[
        float, Field(gt=0, le=600, description="Seconds that the searches of one request may take.")
    ] = 10.0
    jobs: Annotated[
        int, Field(ge=0, le=10_000, description="Pieces of long work that wait, run or are kept; 0 allows none.")
    ] = 100
    jobs_each: Annotated[int, Field(ge=1, le=1000, description="The most of them of one account or visitor.")] = 5
    job_minutes: Annotated[float, Field(gt=0, le=1440, description="Minutes that one may take.")] = 60.0
    job_megabytes: Annotated[int, Field(ge=1, le=1024, description="Megabytes that its result may have.")] = 16
    drain: Annotated[
        float, Field(ge=0, le=300, description="Seconds between being told to stop and taking no more requests.")
    ] = 0.0
    grace: Annotated[int, Field(ge=1, le=300, description="Seconds that requests have to end when it stops.")] = 30
    collections: Path = Field(OWN, description="The folder of the library's own manifests of collections.")
    database: str = Field(DATABASE, description="The database: a file, or postgresql://…")
    session_hours: Annotated[
        float, Field(ge=0.25, le=168, description="Hours after which one has to log in again, however busy one was.")
    ] = 12.0
    sign_up: bool = Field(False, description="Whether readers may make accounts for themselves.")
    state: Path = Field(Path(STATE), description="The folder for what the program keeps outside the database.")
    snapshots: str = Field("", description="The cluster's repository of snapshots, for backups of the index.")
    citation_style: str = Field(
        keys.GBT2025, description="The citation style of replies, and of readers who chose none."
    )
    citation_csl: Annotated[FilePath, AfterValidator(_style)] | None = Field(
        None, description="A file of the operator's own style (CSL); citation_style calls it own."
    )
    letterhead: DirectoryPath | None = Field(None, description="The folder of the library's own letterhead.")
    mail: Annotated[str, AfterValidator(_mail)] = Field(
        "", description="The mail server: smtp://user:password@host:587, smtps://…:465; empty: no mail is sent."
    )
    mail_from: Annotated[str, AfterValidator(_sender)] = Field("", description="The address that mail is sent from.")
    library_networks: Networks = Field((), description="Networks of the library's rooms, where in-library texts open.")
    proxies: Networks = Field(
        (), description="Reverse proxies; they alone are believed as to where requests come from."
    )
    metrics: Networks = Field(_LOOPBACK, description="Networks that may read /metrics; empty: none.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least that is logged.")
    log_queries: bool = Field(False, description="Whether what readers type is logged, too.")

    @model_validator(mode="after")
    def _style_is_there(self) -> Self:
        if self.citation_style not in keys.STYLES or (self.citation_style == keys.OWN and not self.citation_csl):
            known = ", ".join(keys.STYLES)
            raise ValueError(f"citation_style: one of {known}; and for {keys.OWN}, citation_csl names its file")
        return self

    @model_validator(mode="after")
    def _mail_is_whole(self) -> Self:
        if self.mail and not (self.mail_from and self.site):
            raise ValueError(
                "mail: letters need mail_from, which they come from, and site, which their links begin with"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: Any, **named: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources by precedence: arguments, then the environment, then the file."""
        return (named["init_settings"], named["env_settings"], TomlConfigSettingsSource(settings_cls))

    @classmethod
    def read(cls, file: Path | None = None, **options: Any) -> Self:
        """Read the configuration from file, environment and options; options that are None were not given.

        Where no file is given, the environment's ``WENYUAN_CONFIG`` may name one.

        Raises:
            click.ClickException: a key is unknown or its value can't be used, or the file can't be read.
        """
        if file is None and (named := os.environ.get(f"{PREFIX}CONFIG")):
            file = Path(named)
        if file and not file.is_file():
            raise click.ClickException(f"{file}: no such file")

        class Filed(cls):  # type: ignore[misc, valid-type]  # the file is named to a class, not to a call
            model_config = SettingsConfigDict(toml_file=file)

        try:
            configured: Self = Filed(**{name: value for name, value in options.items() if value is not None})
            return configured
        except ValidationError as failure:
            first = failure.errors()[0]
            key = ".".join(map(str, first["loc"]))
            told = "no such key" if first["type"] == "extra_forbidden" else first["msg"]
            raise click.ClickException(f"{_where(key, file)}: {told}; see docs/operations.md") from failure
        except (ValueError, OSError) as failure:
            raise click.ClickException(f"{file}: {failure}; see docs/operations.md") from failure


def _where(key: str, file: Path | None) -> str:
    """Return the key, with its place if that is not the file."""
    variable = f"{PREFIX}{key.partition('.')[0].upper()}"
    return variable if variable in os.environ else f"{file}: {key}" if file else key
