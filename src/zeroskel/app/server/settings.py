"""What a server allows."""

import hmac
import ipaddress
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

from zeroskel.core import InputError

LEAST_TOKEN = 16  # characters


@dataclass(frozen=True)
class Limits:
    """What one client may ask for, and how many clients there may be.

    Attributes:
        bytes: of a request's body.
        frames, joints, bodies: of a recording; of the stream's frames too, frames aside.
        seconds: of a recording.
        actions: to choose among at a time.
        action_length: characters of an action's name, and of each of its texts.
        texts: further texts of one action.
        streams: at a time; None: as many as this machine answers once a second, measured at the start.
        message_bytes: of a message of a stream.
        parse_seconds: for reading an uploaded file.
        parse_bytes: memory of the process that reads it.
        body_seconds: for a request's body to arrive.
        waiting: requests that may wait for the recognizer; more are refused.
        silent_seconds: without a message, after which a stream is closed.
        start_seconds: for a stream's first message.
        malformed: messages of a stream in a row that cannot be used, after which it is closed.
    """

    bytes: int = 16 * 2**20
    frames: int = 5000
    joints: int = 64
    bodies: int = 4
    seconds: float = 300.0
    actions: int = 60
    action_length: int = 200
    texts: int = 20
    streams: int | None = None
    message_bytes: int = 64 * 2**10
    parse_seconds: float = 10.0
    parse_bytes: int = 2 * 2**30
    body_seconds: float = 30.0
    waiting: int = 64
    silent_seconds: float = 60.0
    start_seconds: float = 10.0
    malformed: int = 20

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value is not None and value <= 0:
                raise InputError(f"limit {name} is {value}; expected more than 0")

    def shown(self, streams: int) -> dict[str, Any]:
        """Those that a client has to know."""
        names = ("bytes", "frames", "joints", "bodies", "seconds", "actions", "action_length", "texts", "message_bytes")
        return {**{name: getattr(self, name) for name in names}, "streams": streams}


@dataclass(frozen=True)
class Settings:
    """Where a server listens and whom it trusts.

    Attributes:
        host, port: where it listens.
        token: that clients must send; needed where others than this machine can reach the server.
        origins: of pages elsewhere whose scripts may use it, such as https://example.org.
        hosts: names under which it is reached, beside the loopback's and the address that it listens on.
        root_path: in front of all paths, where a proxy takes it away.
        proxies: addresses of proxies whose X-Forwarded headers are believed; none by default.
        limits: see Limits.

    Raises:
        InputError: listening beyond the loopback without a token, a short token, or an origin that is none.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    token: str | None = None
    origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    root_path: str = ""
    proxies: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if self.token is not None and (len(self.token) < LEAST_TOKEN or not self.token.isascii()):
            raise InputError(
                f"the token has {len(self.token)} characters; expected {LEAST_TOKEN} or more of ASCII, such as "
                'python -c "import secrets; print(secrets.token_urlsafe())" prints'
            )
        if self.token is None and not is_loopback(self.host):
            raise InputError(
                f"--host {self.host} lets other machines in; give a token too (--token, or ZEROSKEL_TOKEN in the "
                "environment, where other users cannot read it)"
            )
        for origin in self.origins:
            parts = urlsplit(origin)
            if (
                parts.scheme not in ("http", "https")
                or not parts.netloc
                or f"{parts.scheme}://{parts.netloc}" != origin
            ):
                raise InputError(f"--allow-origin {origin!r}; expected scheme and host only, as https://example.org")
        for host in self.hosts:
            if not host or set(host) & set("/:* "):
                raise InputError(f"--allow-host {host!r}; expected a name alone, such as motion.example.org")
        if self.root_path and (not self.root_path.startswith("/") or self.root_path.endswith("/")):
            raise InputError(f"--root-path {self.root_path!r}; expected a path such as /motion")

    def is_token(self, given: object) -> bool:
        """Whether that is the token, or none is needed; takes as long for a wrong one as for the right one."""
        if self.token is None:
            return True
        return isinstance(given, str) and hmac.compare_digest(given.encode(errors="replace"), self.token.encode())


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches that host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
