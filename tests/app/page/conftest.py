"""A server, a browser, and a page that must not fail silently or request other addresses."""

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from zeroskel.datasets.synthetic import generate_sequence
from zeroskel.recognition import TrainingConfig, train_bundle
from zeroskel.recognition._calibration import Calibration
from zeroskel.skeleton.formats import write

from ...conftest import ACTIONS
from ..conftest import ZEROSKEL, small_dataset

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",  # only the skeleton is drawn by OpenGL, which runs on the CPU
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
CALIBRATION = Calibration(  # typical values: the tests are about the page
    temperature=0.3,
    presence=(2.0, 0.5, -0.5, 0.2),
    evidence=(0.0,) * 6,
    evidence_share=0.0,
    centre=(0.0,),
    recordings=36,
    classes=3,
)
WEB = Path(__file__).resolve().parents[3] / "src" / "zeroskel" / "app" / "page" / "web"
TIMEOUT = 60_000  # milliseconds; another worker may use the other core


class Server:
    """`zeroskel serve` on a free port; it can be stopped and started again."""

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
        command = [*ZEROSKEL, "serve", "--port", str(self.port), "--model", str(self.bundle)]
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
    """A visit of a user to the page."""

    def __init__(self, page) -> None:
        self.page = page

    def answered(self) -> None:
        """Wait for the answer and its explanation."""
        self.page.locator("#curve .line.chosen").wait_for(state="attached")
        self.page.locator("#bars .bar").first.wait_for()

    def choose_clip(self, index: int = 1) -> str:
        """Choose an example, wait for its answer and return its title. The first is on display on arrival."""
        title = self.page.locator("#clips option").nth(index + 1).inner_text()
        if self.page.locator("#clips").input_value() == self.page.locator("#clips option").nth(index + 1).get_attribute(
            "value"
        ):
            self.page.locator("#clips").select_option(index=0)
        self.page.locator("#clips").select_option(index=index + 1)
        self.shown(title)
        return title

    def shown(self, title: str) -> None:
        """Wait until a recording is on display and answered."""
        self.page.locator(f"#canvas[aria-label^='Skeleton of {title}:']").wait_for()
        self.answered()

    def choose_file(self, path: Path) -> None:
        """Open a file and wait for its answer."""
        self.page.locator("#file").set_input_files(path)
        self.shown(path.name)

    def only(self, *actions: str) -> None:
        """Replace the actions by these, in this order, and wait until each has a percentage."""
        self.page.get_by_role("button", name="Remove all").click()
        self.add(*reversed(actions))
        self.settled()

    def settled(self) -> None:
        """Wait until every action has a percentage."""
        self.wait("[...document.querySelectorAll('#bars .value')].every((one) => one.textContent.includes('%'))")

    def add(self, *actions: str) -> None:
        for action in actions:
            self.page.get_by_label("An action in your words").fill(action)
            self.page.keyboard.press("Enter")

    def chips(self) -> list[str]:
        return [name.strip() for name in self.page.locator("#bars .name").all_inner_texts()]

    def shares(self) -> dict[str, int]:
        """Return the percentages of the bars: action -> per cent."""
        texts = self.page.locator("#bars .bar").evaluate_all(
            "all => all.map(one => ['.name', '.value'].map(part => one.querySelector(part).firstChild.textContent))"
        )
        return {name: int("".join(filter(str.isdigit, share))) for name, share in texts}

    def says(self, element_id: str) -> str:
        return self.page.locator(f"#{element_id}").inner_text()

    def next_frame(self) -> None:
        """Wait until the browser has drawn two frames, in which the page could have changed."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def wait(self, condition: str) -> None:
        """Poll until a JavaScript expression is true. The policy of the page forbids to evaluate it in the page."""
        until = time.monotonic() + TIMEOUT / 1000
        while not self.page.evaluate(condition):
            assert time.monotonic() < until, f"the condition never became true: {condition}"
            self.page.wait_for_timeout(50)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory) -> Path:
    """A small bundle with a calibration, trained on synthetic motion."""
    folder = tmp_path_factory.mktemp("page")
    trained = train_bundle(small_dataset(ACTIONS), TrainingConfig(method="ridge"), cache=folder / "cache")
    replace(trained, calibration=CALIBRATION).save(folder / "bundle")
    return folder / "bundle"


@pytest.fixture(scope="session")
def server(bundle, tmp_path_factory) -> Iterator[Server]:
    """One server for all tests that do not stop it."""
    running = Server(bundle, tmp_path_factory.mktemp("server") / "log.txt").start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def measuring_server(tmp_path_factory) -> Iterator[Server]:
    """A server with the bundle of the package, whose encoder measures the movement vocabulary."""
    running = Server(Path("default"), tmp_path_factory.mktemp("measuring") / "log.txt").start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def guarded_server(bundle, tmp_path_factory) -> Iterator[Server]:
    """A server that requires a token. A test may stop and start it."""
    running = Server(bundle, tmp_path_factory.mktemp("guarded") / "log.txt", token="correct-horse-battery").start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def installed():
    """installed(folder) skips the test where `make web` has not installed the npm packages; in CI the test fails."""

    def check(folder: str) -> None:
        if not (WEB / folder).is_dir():
            if os.environ.get("CI"):
                pytest.fail(f"{WEB / folder} is absent, and CI must not skip what needs it; `make web`")
            pytest.skip(f"{WEB / folder} is absent: `make web` installs it by npm")

    return check


@pytest.fixture(scope="module")
def chromium():
    """Playwright's handle on Debian's Chromium. Without it the tests are skipped; in CI they fail."""
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{CHROMIUM} is absent, and CI must not skip the tests of the page; `make chromium` as root")
        pytest.skip(f"no browser at {CHROMIUM}: install Debian's chromium to test the page")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="module")
def launch(chromium) -> Iterator:
    """launch(*switches) returns a browser. It is closed after the file: its event loop must not run in other tests."""
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


class Tab:
    """A tab of the browser with storage of its own. Tests use it one after another, which saves the start of a tab."""

    def __init__(self, browser, touch: bool) -> None:
        self.browser = browser
        self.touch = touch
        self.problems: list[str] = []
        self.server = ""
        self.context = browser.new_context(has_touch=touch, accept_downloads=True)
        self.context.set_default_timeout(TIMEOUT)
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("dialog", self._dismiss)
        self.page.on("console", self._read)
        self.page.on("request", self._check)

    def _dismiss(self, dialog) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _read(self, line) -> None:
        if "Content Security" in line.text:
            self.problems.append(line.text)

    def _check(self, request) -> None:
        if not request.url.startswith((self.server, "blob:", "data:")):
            self.problems.append(f"request: {request.url}")

    def open(self, server: Server, *, width: int, height: int, scheme: str, motion: str) -> None:
        """Open the page of a server."""
        self.server = server.address
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(color_scheme=scheme, reduced_motion=motion)
        self.page.goto(server.address)

    def leave(self) -> None:
        """Forget what the test stored and routed."""
        self.page.unroute_all(behavior="ignoreErrors")
        self.page.evaluate("localStorage.clear(); sessionStorage.clear()")
        self.page.goto("about:blank")


@pytest.fixture(scope="module")
def tabs() -> Iterator[list[Tab]]:
    """The tabs that no test uses at present."""
    free: list[Tab] = []
    yield free
    for tab in free:
        tab.context.close()


@pytest.fixture
def open_page(browser, server, tabs) -> Iterator:
    """open_page(width=…, scheme=…, at=…) returns a Visit, during which no error and no request elsewhere may occur.

    `fresh` gives the test a tab of its own, for scripts that stay in it.
    """
    shared_tabs, fresh_tabs = [], []

    def start(
        *,
        width: int = 1280,
        scheme: str = "light",
        at: Server = server,
        motion: str = "reduce",
        of=browser,
        height: int | None = None,
        until: str = "#clips option:nth-child(2)",
        fresh: bool = False,
    ) -> Visit:
        touch = width < 500
        tab = next((one for one in tabs if one.browser is of and one.touch is touch and not fresh), None)
        if tab is None:
            tab = Tab(of, touch)
        else:
            tabs.remove(tab)
        (fresh_tabs if fresh else shared_tabs).append(tab)
        tab.open(at, width=width, height=height or (844 if touch else 900), scheme=scheme, motion=motion)
        tab.page.locator(until).first.wait_for(state="attached")
        return Visit(tab.page)

    yield start
    problems = [problem for tab in shared_tabs + fresh_tabs for problem in tab.problems]
    for tab in fresh_tabs:
        tab.context.close()
    for tab in shared_tabs:
        tab.problems.clear()
        tab.leave()
        tabs.append(tab)
    assert not problems


@pytest.fixture
def clip_file(tmp_path) -> Path:
    """A recording as a user has it: a JSON file of joints."""
    write(generate_sequence("squat", seed=3, frames=60), tmp_path / "my squat.json")
    return tmp_path / "my squat.json"


@pytest.fixture
def two_people(tmp_path) -> Path:
    """A recording of two people: one squats, the other enters after a second and waves 1.5 m beside."""
    squat, wave = (generate_sequence(action, seed=3, frames=90) for action in ("squat", "wave both hands"))
    joints = np.concatenate([squat.joints, wave.joints + np.array([1.5, 0, 0], np.float32)])
    joints[1, :30] = np.nan
    write(squat.replace(joints), tmp_path / "two people.json")
    return tmp_path / "two people.json"
