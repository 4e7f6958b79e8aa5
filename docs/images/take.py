"""Take docs/images/page.png: `python docs/images/take.py [BUNDLE]`, with zeroskel[serve], playwright and chromium."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

SWITCHES = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
ACTIONS = ["squat", "wave both hands", "jump", "run in place"]


def main(bundle: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = [sys.executable, "-c", "from zeroskel.app.cli import main; main()"]
    server = subprocess.Popen([*program, "serve", "--port", str(port), "--model", bundle])
    try:
        wait_for(f"http://127.0.0.1:{port}/api/health")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=SWITCHES)
            page = browser.new_page(viewport={"width": 1280, "height": 1260}, reduced_motion="reduce")
            page.goto(f"http://127.0.0.1:{port}/")
            page.get_by_role("button", name="Remove all").click()
            for action in ACTIONS:
                page.get_by_label("An action in your words").fill(action)
                page.keyboard.press("Enter")
            page.get_by_role("button", name="wave both hands", exact=True).click()
            page.locator("#curve .line.chosen").wait_for(state="attached")
            page.locator("#scrub").evaluate(
                "field => { field.value = field.max * 0.6; field.dispatchEvent(new Event('input')); field.blur(); }"
            )
            page.wait_for_timeout(500)
            page.screenshot(path=Path(__file__).with_name("page.png"))
            browser.close()
    finally:
        server.terminate()
        server.wait()


def wait_for(address: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise SystemExit(f"{address}: no answer within a minute")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "default")
