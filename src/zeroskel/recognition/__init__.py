"""What a person uses: the recognizer and its bundle, streams, calibration, examples and explanations."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from zeroskel.recognition.explanation import Explanation
    from zeroskel.recognition.export import export_onnx
    from zeroskel.recognition.prediction import Candidates, Prediction
    from zeroskel.recognition.recognizer import ZeroShotRecognizer
    from zeroskel.recognition.stream import Stream, StreamPrediction
    from zeroskel.recognition.training import TrainingConfig, train_bundle

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "explanation": ["Explanation"],
        "export": ["export_onnx"],
        "prediction": ["Candidates", "Prediction"],
        "recognizer": ["ZeroShotRecognizer"],
        "stream": ["Stream", "StreamPrediction"],
        "training": ["TrainingConfig", "train_bundle"],
    },
)
