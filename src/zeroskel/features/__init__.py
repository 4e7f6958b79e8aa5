"""Features of datasets: encode once, cache by content, masked views; folders of ready features."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from zeroskel.features._encoded_split import AddedClasses, EncodedSplit, EncoderConfig
    from zeroskel.features._ready_features import FeatureFolder, read_feature_folder
    from zeroskel.features._store import FeatureStore, pretrain

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_encoded_split": ["AddedClasses", "EncodedSplit", "EncoderConfig"],
        "_ready_features": ["FeatureFolder", "read_feature_folder"],
        "_store": ["FeatureStore", "pretrain"],
    },
)
