"""ASGI middleware that checks who may use the server and adds security headers to every answer."""

import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from zeroskel.app.server.errors import problem
from zeroskel.app.server.problem_codes import ProblemCode
from zeroskel.app.server.settings import Settings, ip_address
from zeroskel.app.server.streams import Metrics

LOOPBACK = ("localhost", "127.0.0.1", "::1")
REFUSAL_REASONS = {400: "request", 421: "host", 403: "origin", 401: "token"}  # status -> label of the metric
PATHS_WITHOUT_TOKEN = ("/api/health", "/api/v1/health", "/openapi.json")

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",  # pose estimation runs in WebAssembly; eval of text stays forbidden
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
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Middleware that checks Host, Origin and token, sets security headers and counts requests.

    - Host must be a name of the loopback, the address on which the connection arrived, or a host of the settings. The
      guard answers any other with 421, which prevents DNS rebinding.
    - Origin may be absent (no browser), the server itself, or an origin of the settings. The guard answers any other
      with 403.
    - `Authorization: Bearer TOKEN` is required for /metrics and all paths below /api except /api/health. The guard
      answers a missing or wrong token with 401. A stream without this header sends the token in its first message,
      because browsers cannot add headers to a WebSocket.
    - A request with Content-Length and Transfer-Encoding is ambiguous: a proxy in front may see another end of it. The
      guard answers it with 400 and closes the connection.
    """

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics) -> None:
        self.app = app
        self.settings = settings
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or WebSocket, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            self.metrics.refused.labels(REFUSAL_REASONS[refusal.status_code]).inc()
        if scope["type"] == "websocket":
            if refusal is None:
                await self.app(scope, receive, send)
            else:
                refusal.headers.update(SECURITY_HEADERS)
                await WebSocket(scope, receive, send).send_denial_response(refusal)
            return
        started, status = time.perf_counter(), 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY_HEADERS)
                if not _path_of(scope).startswith("/page/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await (refusal or self.app)(scope, receive, send_with_headers)
        path = _route_of(scope)
        self.metrics.requests.labels(path, str(status)).inc()
        self.metrics.request_seconds.labels(path).observe(time.perf_counter() - started)

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer that refuses a request; None where the request is allowed."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1:
            return problem(ProblemCode.BAD_HEADERS, f"The request has {len(hosts)} Host headers; expected exactly one.")
        if "content-length" in headers and "transfer-encoding" in headers:
            message = "The request has both Content-Length and Transfer-Encoding; expected one of them."
            return problem(ProblemCode.BAD_HEADERS, message, {"Connection": "close"})
        if not self._is_served_host(_host_name(hosts[0]), scope):
            return problem(
                ProblemCode.HOST_NOT_SERVED, "This server does not serve that host. Allow it with --allow-host HOST."
            )
        origins = headers.getlist("origin")
        if origins and (len(origins) > 1 or not self._is_allowed_origin(origins[0], hosts[0])):
            message = "Pages of that origin may not use this server. Allow them with --allow-origin ORIGIN."
            return problem(ProblemCode.ORIGIN_NOT_ALLOWED, message)
        preflight = scope.get("method") == "OPTIONS" and "access-control-request-method" in headers
        needs_token = scope["type"] == "http" or "authorization" in headers  # else it is in the first message
        if self.settings.token and needs_token and not preflight and _needs_token(_path_of(scope)):
            scheme, _, token = headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not self.settings.is_token(token.strip()):
                message = "This server requires a token. Send the header Authorization: Bearer TOKEN."
                return problem(ProblemCode.TOKEN_REQUIRED, message, {"WWW-Authenticate": "Bearer"})
        return None

    def _is_served_host(self, name: str, scope: Scope) -> bool:
        server_address = (scope.get("server") or ("",))[0]
        return name in (*LOOPBACK, *self.settings.hosts) or (name == server_address and ip_address(name) is not None)

    def _is_allowed_origin(self, origin: str, host: str) -> bool:
        return origin in self.settings.origins or origin.lower() in (
            f"http://{host.lower()}",
            f"https://{host.lower()}",
        )


def _needs_token(path: str) -> bool:
    return (path.startswith("/api/") or path == "/metrics") and path not in PATHS_WITHOUT_TOKEN


def _path_of(scope: Scope) -> str:
    """Return the path of a request without the prefix that a proxy strips and uvicorn adds again."""
    path, prefix = scope["path"], scope.get("root_path", "")
    return path.removeprefix(prefix) if path.startswith(f"{prefix}/") else path


def _route_of(scope: Scope) -> str:
    """Return the path of the route that answered, for metrics; "other" where there is none."""
    route = scope.get("route")
    if route is None:
        return "other"
    path = _path_of(scope)
    prefix = next((prefix for prefix in ("/api/v1", "/api") if path.startswith(f"{prefix}/")), "")
    return route.path if route.path.startswith(prefix) else f"{prefix}{route.path}"


def _host_name(host: str) -> str:
    """Return a Host header without its port, in lower case."""
    host = host.strip().lower()
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
