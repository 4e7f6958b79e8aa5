"""The command `zeroskel serve`."""

from typing import Annotated

import typer

from zeroskel.core._optional import import_optional


def serve(
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on. Any address but the loopback requires a token.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 selects a free port.")
    ] = 8000,
    model: Annotated[str, typer.Option("--model", help="Folder of a bundle, or the word default.")] = "default",
    token: Annotated[
        str | None,
        typer.Option(
            "--token", envvar="ZEROSKEL_TOKEN", show_envvar=True, help="Require this bearer token from every client."
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-origin", help="Allow requests from this web origin, such as https://lab.org (repeatable)."
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", help="Answer requests to this host name, such as motion.lab.org (repeatable)."),
    ] = None,
    root_path: Annotated[str, typer.Option("--root-path", help="Path prefix that a reverse proxy strips.")] = "",
    trust_proxy: Annotated[
        list[str] | None,
        typer.Option("--trust-proxy", help="Trust the X-Forwarded headers of a proxy at this address (repeatable)."),
    ] = None,
    streams: Annotated[
        int | None,
        typer.Option(
            "--streams", min=1, help="Largest number of open streams. The default is measured when the server starts."
        ),
    ] = None,
    max_bytes: Annotated[
        int, typer.Option("--max-bytes", min=1024, help="Largest size of a request's body, in bytes.")
    ] = 16 * 2**20,
    max_frames: Annotated[
        int, typer.Option("--max-frames", min=1, help="Largest number of frames of a recording.")
    ] = 5000,
    max_seconds: Annotated[
        float, typer.Option("--max-seconds", min=0.1, help="Longest duration of a recording, in seconds.")
    ] = 300.0,
    max_actions: Annotated[
        int, typer.Option("--max-actions", min=1, help="Largest number of actions of a request or stream.")
    ] = 60,
) -> None:
    """Serve a web page, a REST interface and streams.

    docs/serve.md describes the interface, the limits and access control.
    """
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
