"""Two processes train as one does, and a killed training resumes from its checkpoint."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from zeroskel.core import InputError
from zeroskel.encoders import PretrainedSTGCN
from zeroskel.encoders._processes import share_of_process

PROGRAM = """
import json, os, signal, sys
from pathlib import Path
import numpy as np
from zeroskel.encoders import PretrainedSTGCN
from zeroskel.encoders._processes import is_first_process

folder, kill_after = Path(sys.argv[1]), int(sys.argv[2])
rng = np.random.default_rng(0)
labels = np.arange(30) % 3
batches = rng.normal(size=(30, 3, 12, 20, 1)).astype(np.float32)
batches[np.arange(30), labels] += 1

def kill(epoch, epochs):
    if epoch == kill_after:
        os.kill(os.getpid(), signal.SIGKILL)

sizes = {"batch_size": 10, "hidden_channels": 4, "embed_dim": 16}
encoder = PretrainedSTGCN("kinect-20", epochs=5, dropout=float(sys.argv[3]), **sizes)
encoder.fit(batches, labels, on_epoch=kill, checkpoint=folder / "training")
if is_first_process():
    encoder.save(folder / "encoder")
    print(json.dumps([[record["loss"], record["accuracy"]] for record in encoder.history_]))
"""


def train(folder: Path, *, processes: int = 1, kill_after: int = 0, dropout: float = 0.0, **environment: str):
    """Run the program, and kill it after an epoch if `kill_after` names one."""
    folder.mkdir(exist_ok=True)
    program = folder / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    launch = ["-m", "accelerate.commands.launch", "--cpu", "--num_processes", str(processes)]
    launch += ["--main_process_port", "0", "--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    arguments = [str(program), str(folder), str(kill_after), str(dropout)]
    command = [sys.executable, *(launch if processes > 1 else ()), *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
    )


def loss_and_accuracy(run) -> np.ndarray:
    assert run.returncode == 0, run.stderr
    return np.array(json.loads(run.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    return folder, loss_and_accuracy(train(folder))


def weights(folder: Path) -> bytes:
    return (folder / "encoder" / "weights.safetensors").read_bytes()


@pytest.mark.slow("several processes train together")
def test_two_processes_have_the_loss_curve_of_one_with_the_joint_batch(alone, tmp_path):
    both = loss_and_accuracy(train(tmp_path, processes=2))
    np.testing.assert_allclose(both[:, 0], alone[1][:, 0], rtol=1e-3)
    assert both[-1, 0] < 0.7 * both[0, 0]


@pytest.mark.slow("a process trains on its own")
def test_accelerate_trains_in_bfloat16(alone, tmp_path):
    short = loss_and_accuracy(train(tmp_path, ACCELERATE_MIXED_PRECISION="bf16", ACCELERATE_USE_CPU="true"))
    assert 1e-6 < abs(short[0, 0] / alone[1][0, 0] - 1) < 0.05
    assert short[-1, 0] < 0.7 * short[0, 0]


@pytest.mark.slow("several processes train together")
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_a_killed_training_resumes_and_ends_at_the_same_weights(tmp_path, dropout):
    for name, kills in (("whole", [0]), ("killed", [2, 4, 0])):
        for kill_after in kills:
            run = train(tmp_path / name, kill_after=kill_after, dropout=dropout)
            assert run.returncode == (-signal.SIGKILL if kill_after else 0), run.stderr
    assert weights(tmp_path / "killed") == weights(tmp_path / "whole")


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    labels, batches = np.arange(6) % 2, np.zeros((6, 3, 8, 20, 1), np.float32)

    def stop(epoch: int, epochs: int) -> None:
        if epoch == 2:
            raise KeyboardInterrupt

    small = {"epochs": 3, "batch_size": 6, "embed_dim": 16}
    with pytest.raises(KeyboardInterrupt):
        PretrainedSTGCN("kinect-20", hidden_channels=4, **small).fit(
            batches, labels, on_epoch=stop, checkpoint=tmp_path / "training"
        )
    with pytest.raises(InputError, match=r"training: not a checkpoint of this training .* remove the file"):
        PretrainedSTGCN("kinect-20", hidden_channels=8, **small).fit(batches, labels, checkpoint=tmp_path / "training")
    (tmp_path / "training").write_bytes(b"not one")
    with pytest.raises(InputError, match="remove the file to train from the start"):
        PretrainedSTGCN("kinect-20", hidden_channels=4, **small).fit(batches, labels, checkpoint=tmp_path / "training")


def test_each_row_of_a_batch_belongs_to_one_process():
    shares = [share_of_process(SimpleNamespace(process_index=index, num_processes=3)) for index in range(3)]
    np.testing.assert_array_equal(np.sort(np.concatenate([np.arange(7)[share] for share in shares])), np.arange(7))
