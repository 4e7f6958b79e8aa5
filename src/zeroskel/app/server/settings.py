"""Settings and limits of a server."""

import hmac
import ipaddress
import re
from dataclasses import asdict, dataclass, field

from zeroskel.core import InputError

MIN_TOKEN_LENGTH = 16


@dataclass(frozen=True)
class Limits:
    """Limits of what one client may ask for, and of the number of clients.

    Attributes:
        bytes: Size of a request's body.
        frames: Frames of a recording.
        joints: Joints of a recording or of a stream's frame.
        bodies: Bodies of a recording or of a stream's frame.
        seconds: Duration of a recording.
        actions: Actions to choose among.
        action_length: Characters of an action's name, and of each of its texts.
        texts: Names and further texts of all actions together.
        streams: Streams at the same time. None selects as many as this machine can answer once a second, measured at
            startup.
        message_bytes: Size of a message of a stream.
        parse_seconds: Seconds for reading an uploaded file.
        silent_seconds: Seconds without a message after which the server closes a stream.
        start_seconds: Seconds in which the first message of a stream must arrive.
        starting: Streams whose first message has not arrived, at the same time.
        connections: Connections at the same time, in addition to the streams.
        header_seconds: Seconds in which the headers of a request must arrive.
        body_seconds: Seconds in which the body of a request must arrive.
        pause_seconds: Longest pause within a body, in seconds.
        bytes_in_flight: Size of all requests and answers that the server holds at the same time. The first 256 KiB of
            each body do not count. One client may use half of it.

    Raises:
        InputError: A limit is not positive.
    """

    bytes: int = 16 * 2**20
    frames: int = 5000
    joints: int = 64
    bodies: int = 4
    seconds: float = 300.0
    actions: int = 60
    action_length: int = 200
    texts: int = 200
    streams: int | None = None
    message_bytes: int = 64 * 2**10
    parse_seconds: float = 10.0
    silent_seconds: float = 60.0
    start_seconds: float = 2.0
    starting: int = 64
    connections: int = 256
    header_seconds: float = 10.0
    body_seconds: float = 30.0
    pause_seconds: float = 5.0
    bytes_in_flight: int = 96 * 2**20

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value is not None and value <= 0:
                raise InputError(f"The limit {name} is {value}; expected a number above 0.")


@dataclass(frozen=True)
class Settings:
    """Address of a server and the clients that it trusts.

    Attributes:
        host: Address on which the server listens.
        port: Port on which the server listens.
        token: Token that every client must send. It is required where other machines can reach the server.
        origins: Origins of other web pages whose scripts may use the server, such as https://example.org.
        hosts: Names under which clients may reach the server, in addition to those of the loopback and to the address
            on which it listens.
        root_path: Path prefix that a proxy strips.
        proxies: Addresses of proxies whose X-Forwarded headers the server trusts.
        limits: Limits for clients.

    Raises:
        InputError: The server would listen beyond the loopback without a token, the token is short, a host, an origin
            or the path is not of the expected form, or the largest body does not fit the bytes in flight.
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
        if self.token is not None and (len(self.token) < MIN_TOKEN_LENGTH or not self.token.isascii()):
            raise InputError(
                f"The token has {len(self.token)} characters; expected {MIN_TOKEN_LENGTH} or more ASCII characters. "
                'Create one with: python -c "import secrets; print(secrets.token_urlsafe())"'
            )
        address = ip_address(self.host)
        if self.token is None and self.host != "localhost" and not (address and address.is_loopback):
            raise InputError(
                f"--host {self.host} lets other machines in without a token. Give a token with --token or in the "
                "environment variable ZEROSKEL_TOKEN, which other users cannot read."
            )
        if self.limits.bytes_in_flight < 2 * self.limits.bytes:
            raise InputError(
                f"--max-bytes-in-flight is {self.limits.bytes_in_flight}, of which one client may use half, and "
                f"--max-bytes is {self.limits.bytes}. Give at least {2 * self.limits.bytes} with --max-bytes-in-flight."
            )
        for origin in self.origins:
            if not re.fullmatch(r"https?://[^/?#\s]+", origin):
                raise InputError(f"--allow-origin {origin!r}: expected scheme and host only, as https://example.org")
        for host in self.hosts:
            if not host or set(host) & set("/:* "):
                raise InputError(f"--allow-host {host!r}: expected a host name alone, such as motion.example.org")
        if self.root_path and (not self.root_path.startswith("/") or self.root_path.endswith("/")):
            raise InputError(f"--root-path {self.root_path!r}: expected a path such as /motion")

    def is_token(self, candidate: object) -> bool:
        """Return whether a client's token is right, or the server requires none. The comparison is constant in time."""
        if self.token is None:
            return True
        return isinstance(candidate, str) and hmac.compare_digest(
            candidate.encode(errors="replace"), self.token.encode()
        )


def ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address that a host is written as; None for a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
