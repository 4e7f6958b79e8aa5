"""`zeroskel export`: a bundle as an ONNX graph."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

console = Console()


def export(
    bundle: Annotated[str, typer.Argument(help="Folder of a bundle, or: default.")],
    onnx: Annotated[Path, typer.Option("--onnx", help="FILE of the graph; FILE.json tells how to run it.")],
    actions: Annotated[
        list[str] | None, typer.Option("--actions", help="Action names whose embeddings FILE.json brings.")
    ] = None,
    prepared: Annotated[
        bool, typer.Option("--prepared", help="Take pre-processed sequences, not raw joints (docs/export.md).")
    ] = False,
) -> None:
    """Write a bundle as one ONNX graph from joints and texts to scores, for other languages and the browser."""
    from zeroskel import ZeroShotRecognizer
    from zeroskel.recognition.export import export_onnx

    recognizer = ZeroShotRecognizer.load(bundle)
    beside = export_onnx(recognizer, onnx, actions=actions or (), prepared=prepared)
    console.print(f"{onnx}: {onnx.stat().st_size / 1e6:.1f} MB; {beside}: {len(actions or ())} actions", soft_wrap=True)
    if recognizer.facts.get("notice"):
        console.print(f"This bundle: {recognizer.facts['notice']}", style="yellow", soft_wrap=True)
