"""Recognition of actions with a trained bundle: predictions, streams, examples, explanations and training."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from zeroskel.recognition._explanation import Explanation
    from zeroskel.recognition._prediction import Candidates, Prediction, StreamPrediction
    from zeroskel.recognition._recognizer import ZeroShotRecognizer
    from zeroskel.recognition._stream import Stream
    from zeroskel.recognition._timeline import Timeline
    from zeroskel.recognition._training import TrainingConfig, train_bundle
    from zeroskel.recognition.export import export_onnx

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "_explanation": ["Explanation"],
        "_prediction": ["Candidates", "Prediction", "StreamPrediction"],
        "_recognizer": ["ZeroShotRecognizer"],
        "_stream": ["Stream"],
        "_timeline": ["Timeline"],
        "_training": ["TrainingConfig", "train_bundle"],
        "export": ["export_onnx"],
    },
)
