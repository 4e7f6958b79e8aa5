"""`zeroskel serve`."""

from typing import Annotated

import typer

from zeroskel.core._optional import import_optional


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on; others than loopback need a token.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    model: Annotated[str, typer.Option("--model", help="Folder of a bundle.")] = "default",
    token: Annotated[
        str | None, typer.Option("--token", envvar="ZEROSKEL_TOKEN", help="That clients must send.", show_envvar=True)
    ] = None,
    allow_origin: Annotated[
        list[str] | None, typer.Option("--allow-origin", help="Of pages elsewhere that may use it; repeatable.")
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option("--allow-host", help="Name under which it is reached; repeatable.")
    ] = None,
    root_path: Annotated[str, typer.Option("--root-path", help="Path that a proxy takes away.")] = "",
    trust_proxy: Annotated[
        list[str] | None, typer.Option("--trust-proxy", help="Address whose X-Forwarded headers count; repeatable.")
    ] = None,
    streams: Annotated[
        int | None, typer.Option("--streams", min=1, help="Streams at a time; measured at the start if left out.")
    ] = None,
    max_bytes: Annotated[int, typer.Option("--max-bytes", min=1024, help="Of a request's body.")] = 16 * 2**20,
    max_frames: Annotated[int, typer.Option("--max-frames", min=1, help="Of a recording.")] = 5000,
    max_seconds: Annotated[float, typer.Option("--max-seconds", min=0.1, help="Of a recording.")] = 300.0,
    max_actions: Annotated[int, typer.Option("--max-actions", min=1, help="To choose among at a time.")] = 60,
) -> None:
    """Name actions for others: a page, a REST interface and streams (docs/serve.md)."""
    for module in ("fastapi", "prometheus_client", "uvicorn", "websockets"):
        import_optional(module, "zeroskel serve")
    from zeroskel import ZeroShotRecognizer
    from zeroskel.app.server.running import serve as run_server
    from zeroskel.app.server.settings import Limits, Settings

    limits = Limits(bytes=max_bytes, frames=max_frames, seconds=max_seconds, actions=max_actions, streams=streams)
    settings = Settings(
        host=host,
        port=port,
        token=token,
        origins=tuple(allow_origin or ()),
        hosts=tuple(name.lower() for name in allow_host or ()),
        root_path=root_path,
        proxies=tuple(trust_proxy or ()),
        limits=limits,
    )
    run_server(ZeroShotRecognizer.load(model), settings)
