"""Take the pictures of the page: `python docs/images/take.py [BUNDLE]`, with zeroskel[serve], playwright and chromium."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

SWITCHES = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
FOLDER = Path(__file__).resolve().parent
PICTURES = {  # file -> width, height, colours
    "page.png": (1280, 800, "light"),
    "page-phone.png": (390, 844, "dark"),
}


def main(bundle: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = [sys.executable, "-c", "from zeroskel.app.cli import main; main()"]
    server = subprocess.Popen([*program, "serve", "--port", str(port), "--model", bundle])
    try:
        wait_for(f"http://127.0.0.1:{port}/api/v1/health")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=SWITCHES)
            for name, (width, height, colours) in PICTURES.items():
                take(browser, f"http://127.0.0.1:{port}/", FOLDER / name, width, height, colours)
            browser.close()
    finally:
        server.terminate()
        server.wait()


def take(browser: Browser, address: str, path: Path, width: int, height: int, colours: str) -> None:
    """Take a picture of the first screen in the middle of its example."""
    phone = width < 500
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=colours,
        reduced_motion="reduce",
        has_touch=phone,
        is_mobile=phone,
    )
    page = context.new_page()
    page.goto(address)
    page.locator("#curve .line.chosen").wait_for(state="attached")
    page.locator("#lanes .segment").first.wait_for()
    page.locator("#scrub").evaluate(
        "field => { field.value = field.max * 0.6; field.dispatchEvent(new Event('input')); field.blur(); }"
    )
    page.wait_for_timeout(500)
    page.screenshot(path=path)
    context.close()


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
