"""The webcam, from the camera to the answer. The fake camera of the browser shows a moving photograph."""

import json
import time
from pathlib import Path

import numpy as np
import pytest

from zeroskel.skeleton.formats import read

pytestmark = pytest.mark.slow("a browser and a server start")

SIZE = (640, 480)


@pytest.fixture(scope="module")
def camera(tmp_path_factory) -> Path:
    """A Y4M video: two seconds of the portrait in scikit-image, moving from side to side."""
    from skimage import data
    from skimage.color import rgb2ycbcr

    width, height = SIZE
    portrait = data.astronaut()[:height]
    file = tmp_path_factory.mktemp("camera") / "camera.y4m"
    with file.open("wb") as video:
        video.write(f"YUV4MPEG2 W{width} H{height} F15:1 Ip A1:1 C420\n".encode())
        for moment in range(30):
            left = 64 + int(20 * np.sin(moment / 30 * 2 * np.pi))
            picture = np.full((height, width, 3), 128, np.uint8)
            picture[:, left : left + portrait.shape[1]] = portrait
            planes = np.rint(rgb2ycbcr(picture)).astype(np.uint8)
            small = planes.reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3)).astype(np.uint8)
            video.write(b"FRAME\n" + planes[..., 0].tobytes() + small[..., 1].tobytes() + small[..., 2].tobytes())
    return file


def test_the_pose_of_a_person_in_front_of_the_camera_is_sent(open_page, launch, camera, installed, tmp_path):
    """Poses reach the server. The page shows an answer, or a note on a machine that is too slow."""
    installed("pose")
    browser = launch(
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
    )
    visit = open_page(of=browser)
    sent = []
    visit.page.on("websocket", lambda socket: socket.on("framesent", lambda text: sent.append(json.loads(text))))
    visit.answered()
    visit.page.get_by_role("button", name="Webcam").click()
    visit.page.locator("#overlay").wait_for()
    answered, refused = "/now$/.test(document.querySelector('#bars-title').textContent)", "problem-text"
    visit.wait(f"{answered} || document.querySelector('#{refused}').textContent")
    deadline = time.monotonic() + 60
    while len(sent) < 2 and time.monotonic() < deadline:  # the note may come before the server is ready for poses
        visit.page.wait_for_timeout(50)
    assert sent[0]["layout"] == "mediapipe-33"
    frames = [np.array([joint or [np.nan] * 3 for joint in one["joints"]], float) for one in sent[1:]]
    assert {frame.shape for frame in frames} == {(33, 3)}
    seen = np.nanmean([frame[:13] for frame in frames], axis=0)  # the joints of the head and the shoulders
    nose, left, right = seen[0], seen[11], seen[12]
    assert nose[1] > max(left[1], right[1]), "y points up"
    assert left[0] < right[0], "a person who faces the camera has the left side at smaller x, as with a depth camera"
    visit.page.get_by_role("button", name="Record", exact=True).click()
    visit.wait("/Stop.*[1-9]/.test(document.querySelector('#record').textContent)")
    visit.page.get_by_role("button", name="Stop recording").click()
    visit.page.locator("#canvas[aria-label^='Skeleton of Recording 1:']").wait_for()
    assert visit.page.locator("#overlay").is_hidden()
    assert "Joints that were not seen" in visit.says("missing")
    with visit.page.expect_download() as got:
        visit.page.get_by_role("button", name="Save motion").click()
    recorded = read(got.value.path().rename(tmp_path / "Recording 1.json"))
    assert recorded.layout.name == "mediapipe-33"
    assert recorded.frames >= 30
    with visit.page.expect_download() as got:
        visit.page.get_by_role("button", name="Save film").click()
    assert got.value.path().stat().st_size > 1000
    assert got.value.suggested_filename == "Recording 1.webm"
    visit.page.get_by_role("button", name="Webcam").click()
    visit.page.locator("#overlay").wait_for()
    visit.page.get_by_role("button", name="Stop", exact=True).click()
    assert visit.page.locator("#overlay").is_hidden()
    assert visit.page.evaluate("document.querySelector('#camera').srcObject") is None
