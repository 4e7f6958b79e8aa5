"""Install a wheel into an empty environment outside of the repository, and do there what a new user does first.

    python tools/try_wheel.py dist [--constraints constraints.txt] [--python python3.13]

`make dist` runs this script. It ends with the size of the environment, and fails at the first step that does not work.
"""

import argparse
import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from pathlib import Path
from zipfile import ZipFile

PROJECT = Path(__file__).resolve().parents[1]
ACTIONS = ("wave both hands", "squat", "a crane unfolds its wings")  # the last one is new to the package
WEB_FILES = ("web/pose/pose.js", "web/onnx/ort.wasm.min.mjs")  # webcam and models in the browser
START_SECONDS = 120
MODEL = {  # of the default sentence encoder: file in the wheel -> sha256
    "zeroskel/resources/minilm/model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "zeroskel/resources/minilm/tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}

CLIP = """
import zeroskel
from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.skeleton.formats import write
print(zeroskel.__file__)
write(generate_sequence("wave both hands", seed=7), "clip.json")
"""


def main() -> None:
    """Install the wheel of a folder and try it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of one wheel")
    parser.add_argument("--constraints", type=Path, default=PROJECT / "constraints.txt", help="versions to install")
    parser.add_argument("--python", default=sys.executable, help="interpreter of the environment")
    arguments = parser.parse_args()
    (wheel,) = arguments.folder.resolve().glob("*.whl")
    with ZipFile(wheel) as archive:
        for file, expected in MODEL.items():
            if hashlib.sha256(archive.read(file)).hexdigest() != expected:
                raise SystemExit(f"{file} of {wheel.name}: not the recorded sha256. Build the wheel with make dist")
    with tempfile.TemporaryDirectory() as name:
        trial = Trial(Path(name), arguments.python)
        trial.install(f"zeroskel @ {wheel.as_uri()}", arguments.constraints)
        print(f"zeroskel alone: {trial.megabytes()} MB installed, without torch", flush=True)
        trial.predict()
        trial.refuse_without_torch()
        trial.install(f"zeroskel[serve] @ {wheel.as_uri()}", arguments.constraints)
        print(f"with the extra serve: {trial.megabytes()} MB installed", flush=True)
        trial.serve()


class Trial:
    """Environment and working folder of one trial.

    Args:
        folder: Empty folder outside of the repository.
        python: Interpreter that makes the environment.
    """

    def __init__(self, folder: Path, python: str) -> None:
        self.bin = folder / "environment" / ("Scripts" if os.name == "nt" else "bin")
        self.folder = folder
        if python == sys.executable:
            venv.create(folder / "environment", with_pip=True)
        else:
            subprocess.run([python, "-m", "venv", folder / "environment"], check=True)
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def install(self, requirement: str, constraints: Path) -> None:
        """Install a requirement with plain pip."""
        self.run("python", "-m", "pip", "install", "--quiet", requirement, "-c", str(constraints.resolve()))
        self.run("python", "-m", "pip", "check")

    def run(self, program: str, *arguments: str) -> str:
        """Return what a program of the environment prints."""
        command = [str(self.bin / program), *arguments]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)[:200]}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def megabytes(self) -> int:
        """Return the size of all files of the environment in megabytes (10^6 bytes)."""
        files = (self.folder / "environment").rglob("*")
        return round(sum(file.stat().st_size for file in files if file.is_file() and not file.is_symlink()) / 1e6)

    def predict(self) -> None:
        """Name an action and its time, with known and new words, and explain the answer."""
        imported = self.run("python", "-c", CLIP)
        if str(self.folder) not in imported:
            raise SystemExit(f"zeroskel was imported from {imported.strip()}; expected the environment")
        print(f"zeroskel {self.run('zeroskel', '--version').strip()}, names clip.json:", flush=True)
        answer = json.loads(self.run("zeroskel", "predict", "clip.json", "--actions", *ACTIONS, "--explain", "--json"))
        segments = json.loads(self.run("zeroskel", "timeline", "clip.json", "--actions", *ACTIONS, "--json"))[
            "segments"
        ]
        best = dict(zip(answer["actions"], answer["probabilities"], strict=True))[ACTIONS[0]]
        print(
            f"  {ACTIONS[0]} {best:.1%}; segments of the timeline: {[each['action'] for each in segments]}", flush=True
        )
        if best < 0.5 or [each["action"] for each in segments] != [ACTIONS[0]]:
            raise SystemExit(f"expected {ACTIONS[0]!r}")

    def refuse_without_torch(self) -> None:
        """Check that a command that trains a network names the extra that installs torch."""
        command = [str(self.bin / "zeroskel"), "demo", "--out", "demo"]
        done = subprocess.run(command, cwd=self.folder, env=self.environment, capture_output=True, text=True)
        lines = done.stderr.strip().splitlines()
        if done.returncode != 2 or "pip install 'zeroskel[torch]'" not in lines[-1]:
            raise SystemExit(f"zeroskel demo without torch: exit code {done.returncode}\n{done.stderr}")
        print(f"  zeroskel demo says: {lines[-1]}", flush=True)

    def serve(self) -> None:
        """Start the server, ask it for an answer and for the files of the page, and stop it."""
        log = self.folder / "serve.log"
        with log.open("w") as output:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = str(free.getsockname()[1])
            command = [str(self.bin / "zeroskel"), "serve", "--port", port, "--streams", "1"]
            server = subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=output, stderr=output)
            try:
                address = f"http://127.0.0.1:{port}"
                health = _answer(f"{address}/api/health", server, log)
                clips = json.loads(_get(f"{address}/api/v1/clips"))
                page = _get(f"{address}/").decode()
                missing = [name for name in WEB_FILES if len(_get(f"{address}/page/{name}")) < 1000]
            finally:
                server.terminate()
                code = server.wait(30)
        if "<title>" not in page or missing or code != 0:
            raise SystemExit(f"the page lacks {missing}; exit code of the server: {code}")
        print(f"  zeroskel serve: health {health}, {len(clips)} clips, page and files of the webcam", flush=True)


def _answer(address: str, server: "subprocess.Popen[bytes]", log: Path) -> str:
    """Return the text at an address as soon as the server answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            return _get(address).decode().strip()
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"zeroskel serve does not answer\n{log.read_text()}")


def _get(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=30) as response:
        content: bytes = response.read()
        return content


if __name__ == "__main__":
    main()
