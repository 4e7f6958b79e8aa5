"""The door: whom the server talks to, and the headers of all that it says. Plain ASGI, around everything else."""

import ipaddress
import time
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from zeroskel.app.server.metrics import Metrics
from zeroskel.app.server.settings import Settings

LOOPBACK = ("localhost", "127.0.0.1", "::1")
OPEN = ("/api/health", "/openapi.json")  # of the paths below /api and /metrics, those without a token

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",  # WebAssembly of the pose estimation; no eval of text
        "worker-src 'self' blob:",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Checks Host, Origin and token, sets security headers, counts requests.

    - Host: the loopback's names, the address that the connection came in on, or a name of the settings; anything else
      is 421, so that a foreign name cannot be bound to this machine's address (DNS rebinding).
    - Origin: none (no browser), the server's own, or one of the settings; anything else is 403.
    - Token: `Authorization: Bearer …` for /metrics and all below /api but /api/health; else 401. A stream's token is in
      its first message.
    """

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self.app = app
        self.settings = settings
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if scope["type"] == "websocket":
            if refusal is not None:
                self.metrics.refused.labels(_reason(refusal.status_code)).inc()
                await WebSocket(scope, receive, send).send_denial_response(_with_headers(refusal))
                return
            await self.app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if not scope["path"].startswith("/page/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if refusal is not None:
            self.metrics.refused.labels(_reason(refusal.status_code)).inc()
            await refusal(scope, receive, send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)
        path = getattr(scope.get("route"), "path", "other")
        self.metrics.requests.labels(path, str(status)).inc()
        self.metrics.request_seconds.labels(path).observe(time.perf_counter() - started)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1:
            return _refused(400, f"found {len(hosts)} Host headers; expected one")
        if not self._is_ours(_name_of(hosts[0]), scope):
            return _refused(421, "this server is not known by that host; name it with --allow-host")
        origins = headers.getlist("origin")
        if origins and (len(origins) > 1 or not self._is_friend(origins[0], hosts[0])):
            return _refused(403, "pages of that origin may not use this server; allow it with --allow-origin")
        preflight = scope.get("method") == "OPTIONS" and "access-control-request-method" in headers
        if self.settings.token and scope["type"] == "http" and not preflight and _needs_token(scope["path"]):
            scheme, _, given = headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not self.settings.is_token(given.strip()):
                refusal = _refused(401, "a token is needed; send the header Authorization: Bearer TOKEN")
                refusal.headers["WWW-Authenticate"] = "Bearer"
                return refusal
        return None

    def _is_ours(self, name: str, scope: Scope) -> bool:
        own = (scope.get("server") or ("",))[0]
        return name in LOOPBACK or name in self.settings.hosts or (_is_address(name) and name == own)

    def _is_friend(self, origin: str, host: str) -> bool:
        if origin in self.settings.origins:
            return True
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()


def _needs_token(path: str) -> bool:
    return (path.startswith("/api/") or path == "/metrics") and path not in OPEN


def _name_of(host: str) -> str:
    """A Host header without its port, in lower case."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _refused(status: int, detail: str) -> Response:
    return JSONResponse({"detail": detail}, status)


def _with_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response


def _reason(status: int) -> str:
    return {400: "host", 421: "host", 403: "origin", 401: "token"}[status]
