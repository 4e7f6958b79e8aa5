"""`zeroskel pretrain`: encoders ahead of a benchmark, by one process or by several."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zeroskel.app.arguments import cache_folder, comma_list, option_map, seed_list

console = Console()
errors = Console(stderr=True)


def pretrain(
    data: Annotated[list[str], typer.Option("--data", help="As in `benchmark`.")],
    split: Annotated[str, typer.Option(help="Class splits, with commas.")],
    encoder: Annotated[str, typer.Option(help="Encoder, such as stgcn.")] = "stgcn",
    seeds: Annotated[str, typer.Option(help="Seeds, with commas.")] = "0",
    selection: Annotated[
        str, typer.Option(help="As in `benchmark`; validation trains an encoder without the validation classes too.")
    ] = "last",
    settings: Annotated[list[str] | None, typer.Option("--set", help="Options: ENCODER.OPTION=VALUE …")] = None,
    protocol: Annotated[str | None, typer.Option("--protocol", help="Which recordings train.")] = None,
    cache: Annotated[
        Path | None, typer.Option("--cache", help="Where `benchmark` will look (or ZEROSKEL_CACHE).")
    ] = None,
) -> None:
    """Train encoders on seen classes and put them where `benchmark` with the same arguments finds them.

    Goes on where it was interrupted. For several processes, GPUs or machines: `accelerate launch` before it
    (docs/scale.md).
    """
    from zeroskel.app.progress import shown_progress
    from zeroskel.datasets import open_datasets
    from zeroskel.features.encoded_split import EncoderConfig
    from zeroskel.features.pretraining import pretrain as pretrained

    config = EncoderConfig(encoder, dict(option_map(settings or []).get(encoder, {})))
    with shown_progress(errors) as progress:
        for what in pretrained(
            *(open_datasets(data, protocol=protocol), comma_list(split), config, seed_list(seeds)),
            withhold="validation" in comma_list(selection),
            cache=cache_folder(cache),
            progress=progress,
        ):
            console.print(what, soft_wrap=True)
