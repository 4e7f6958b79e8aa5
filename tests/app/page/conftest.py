"""A server, a browser, and a page that may ask nobody else and must not fail unseen."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from zeroskel.datasets import SkeletonDataset
from zeroskel.datasets.synthetic import generate_dataset, generate_sequence
from zeroskel.recognition import TrainingConfig, train_bundle
from zeroskel.recognition._calibration import Calibration
from zeroskel.skeleton.formats import write

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
ACTIONS = [
    "wave the right hand",
    "wave the left hand",
    "wave both hands",
    "squat",
    "jump",
    "raise the right arm sideways",
    "raise the left arm sideways",
    "walk in place",
    "run in place",
]
CALIBRATION = Calibration(  # numbers of the size that fitting gives: what is tested is the page
    temperature=0.3,
    presence=(2.0, 0.5, -0.5, 0.2),
    evidence=(0.0,) * 6,
    evidence_share=0.0,
    centre=(0.0,),
    recordings=36,
    classes=3,
)
WEB = Path(__file__).resolve().parents[3] / "src" / "zeroskel" / "app" / "page" / "web"
PATIENCE = 30_000  # milliseconds that a test waits for what must come


class Server:
    """`zeroskel serve` on a port of its own; may be stopped and started again."""

    def __init__(self, bundle: Path, log: Path, token: str | None = None) -> None:
        self.bundle = bundle
        self.token = token
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Server":
        main = [sys.executable, "-c", "from zeroskel.app.cli import main; main()"]
        command = [*main, "serve", "--port", str(self.port), "--model", str(self.bundle)]
        command += [] if self.token is None else ["--token", self.token]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"{self.address}/api/health", timeout=5):
                    return self
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                assert self.process.poll() is None, self.log.read_text()
                time.sleep(0.1)
        raise AssertionError(f"no answer within a minute: {self.log.read_text()}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
            self.process = None


class Visit:
    """A person at the page."""

    def __init__(self, page) -> None:
        self.page = page

    def answered(self) -> None:
        """Wait until the answer and its explanation are there."""
        self.page.locator("#curve .line.chosen").wait_for(state="attached")
        self.page.locator("#bars .bar").first.wait_for()

    def choose_clip(self, place: int = 0) -> str:
        """Pick a built-in clip and wait for the answer; its title."""
        button = self.page.locator("#clips button").nth(place)
        button.click()
        self.answered()
        return button.inner_text()

    def add(self, *actions: str) -> None:
        for action in actions:
            self.page.get_by_label("An action in your words").fill(action)
            self.page.keyboard.press("Enter")

    def chips(self) -> list[str]:
        return [name.strip() for name in self.page.locator("#chips li > span").all_inner_texts()]

    def shares(self) -> dict[str, int]:
        """What the bars say: action -> per cent."""
        texts = self.page.locator("#bars .bar").evaluate_all(
            "all => all.map(one => [...one.querySelectorAll('span:not(.fill)')].map(part => part.textContent))"
        )
        return {name: int("".join(filter(str.isdigit, share))) for name, share in texts}

    def says(self, place: str) -> str:
        return self.page.locator(f"#{place}").inner_text()

    def wait(self, condition: str) -> None:
        """Until an expression of JavaScript holds (asked again and again: the page's policy forbids it to evaluate)."""
        until = time.monotonic() + PATIENCE / 1000
        while not self.page.evaluate(condition):
            assert time.monotonic() < until, f"never came true: {condition}"
            self.page.wait_for_timeout(50)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory) -> Path:
    """A small bundle with a calibration, trained on synthetic motion."""
    folder = tmp_path_factory.mktemp("page")
    sequences, labels, subjects, names = generate_dataset(ACTIONS, subjects=3, repetitions=2, seed=0)
    small = SkeletonDataset(sequences, labels, subjects, names, name="small", notice="Synthetic.")
    trained = train_bundle(small, TrainingConfig(method="ridge"), cache=folder / "cache")
    replace(trained, calibration=CALIBRATION).save(folder / "bundle")
    return folder / "bundle"


@pytest.fixture(scope="session")
def server(bundle, tmp_path_factory) -> Iterator[Server]:
    """One server for all tests that do not stop it."""
    running = Server(bundle, tmp_path_factory.mktemp("server") / "log.txt").start()
    yield running
    running.stop()


@pytest.fixture
def own_server(bundle, tmp_path) -> Iterator[Server]:
    """A server that the test may stop and start."""
    running = Server(bundle, tmp_path / "log.txt").start()
    yield running
    running.stop()


@pytest.fixture
def guarded_server(bundle, tmp_path) -> Iterator[Server]:
    """A server that asks for a token."""
    running = Server(bundle, tmp_path / "log.txt", token="correct-horse-battery").start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def installed():
    """installed(folder): what `make web` takes from npm is there; else the test skips, but never in CI."""

    def check(folder: str) -> None:
        if not (WEB / folder).is_dir():
            if os.environ.get("CI"):
                pytest.fail(f"{WEB / folder} is absent, and CI must not skip what needs it; `make web`")
            pytest.skip(f"{WEB / folder} is absent: `make web` installs it by npm")

    return check


@pytest.fixture(scope="module")
def chromium():
    """Playwright's handle on Debian's Chromium; absent: the tests skip, but never in CI."""
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{CHROMIUM} is absent, and CI must not skip the tests of the page; `make chromium` as root")
        pytest.skip(f"no browser at {CHROMIUM}: install Debian's chromium to test the page")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="module")
def launch(chromium) -> Iterator:
    """launch(*switches) -> a browser; closed with the file, since its loop must not be there in other tests."""
    opened = []

    def start(*switches: str):
        opened.append(chromium.launch(executable_path=str(CHROMIUM), args=[*SWITCHES, *switches]))
        return opened[-1]

    yield start
    for browser in opened:
        browser.close()


@pytest.fixture(scope="module")
def browser(launch):
    return launch()


@pytest.fixture
def open_page(browser, server) -> Iterator:
    """open_page(width=…, scheme=…, at=…) -> Visit; afterwards nothing may have failed or asked another address."""
    opened, wrong = [], []

    def start(
        *,
        width: int = 1280,
        scheme: str = "light",
        at: Server = server,
        motion: str = "reduce",
        of=browser,
        until: str = "#clips button",
    ) -> Visit:
        context = of.new_context(
            viewport={"width": width, "height": 844 if width < 500 else 900},
            color_scheme=scheme,
            reduced_motion=motion,
            accept_downloads=True,
            has_touch=width < 500,
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}") or dialog.dismiss())
        page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith((at.address, "blob:", "data:")) else wrong.append(f"asked {request.url}")
            ),
        )
        opened.append(context)
        page.goto(at.address)
        page.locator(until).first.wait_for()
        return Visit(page)

    yield start
    for context in opened:
        context.close()
    assert not wrong


@pytest.fixture
def clip_file(tmp_path) -> Path:
    """A recording as a person has it: a JSON file of joints."""
    write(generate_sequence("squat", seed=3, frames=60), tmp_path / "my squat.json")
    return tmp_path / "my squat.json"
