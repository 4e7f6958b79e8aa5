"""Features of datasets: encode once, cache by content, masked views; folders of ready features."""

from zeroskel.features._encoded_split import AddedClasses, EncodedSplit, EncoderConfig
from zeroskel.features._ready_features import FeatureFolder, read_feature_folder
from zeroskel.features._store import FeatureStore, pretrain

__all__ = [
    "AddedClasses",
    "EncodedSplit",
    "EncoderConfig",
    "FeatureFolder",
    "FeatureStore",
    "pretrain",
    "read_feature_folder",
]
