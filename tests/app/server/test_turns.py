"""Turns of requests that share a thread, and text work that is read in turns."""

import asyncio
import threading
import time

import pytest
from starlette.testclient import TestClient

import zeroskel
from zeroskel.app.server.application import create_app
from zeroskel.app.server.clips import FIRST_ACTIONS
from zeroskel.app.server.engine import Engine
from zeroskel.app.server.recordings import recording_to_dict
from zeroskel.app.server.settings import Limits, Settings
from zeroskel.app.server.turns import Busy, Ticket, Turns
from zeroskel.core import InputError
from zeroskel.datasets.synthetic import generate_sequence


@pytest.fixture
def fresh_default():
    """A recognizer that remembers no text."""
    return zeroskel.ZeroShotRecognizer.load("default")


def test_hosts_alternate_and_little_work_goes_before_much_work():
    turns, order = Turns(), []

    async def work(name: str, host: str, count: int) -> None:
        ticket = Ticket(host)
        for _ in range(count):
            async with turns.turn(ticket):
                order.append(name)
                await asyncio.sleep(0.002)

    async def everybody() -> None:
        works = [("a1", "a", 6), ("a2", "a", 6), ("b", "b", 3)]
        tasks = [asyncio.create_task(work(*each)) for each in works]
        await asyncio.sleep(0.015)
        await asyncio.gather(*tasks, work("late", "a", 2))

    asyncio.run(everybody())
    assert order.index("b") <= 2 and max(i for i, name in enumerate(order) if name == "b") <= 7
    assert max(i for i, name in enumerate(order) if name == "late") < len(order) - 3
    assert len(order) == 17


def test_cancelled_requests_lose_no_turn():
    turns = Turns()

    async def work(seconds: float) -> None:
        async with turns.turn(Ticket()):
            await asyncio.sleep(seconds)

    async def everybody() -> None:
        for cancelled_at in (0.0, 0.001, 0.003):
            tasks = [asyncio.create_task(work(0.002)) for _ in range(5)]
            await asyncio.sleep(cancelled_at)
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert isinstance(results[-1], asyncio.CancelledError)
            await asyncio.wait_for(work(0), 1)
        holder = asyncio.create_task(work(0.01))
        await asyncio.sleep(0)
        waiting = [asyncio.create_task(work(0)) for _ in range(3)]
        await asyncio.sleep(0)
        holder.cancel()
        waiting[0].cancel()  # a moment before the turn would be given to it
        await asyncio.wait_for(asyncio.gather(*waiting[1:]), 1)

    asyncio.run(everybody())


def test_whoever_waits_when_the_server_stops_is_refused_at_once():
    turns = Turns()

    async def everybody() -> None:
        async with turns.turn(Ticket()):
            waiting = asyncio.create_task(turns.turn(Ticket()).__aenter__())
            await asyncio.sleep(0)
            turns.close()
            with pytest.raises(Busy, match="stopping"):
                await waiting
        with pytest.raises(Busy, match="stopping"):
            await turns.turn(Ticket()).__aenter__()

    asyncio.run(everybody())


def slow_reader(recognizer, seconds: float) -> list[str]:
    """Let every text take that long to read, and return the list of the texts that were read.

    The texts of the page's first visit, which a server reads when it starts, are not on the list.
    """
    texts, lock, read = [], threading.Lock(), recognizer.action_texts.read

    def slow(unread) -> None:
        time.sleep(seconds)
        if unread[1] not in FIRST_ACTIONS:
            with lock:
                texts.append(unread[1])
        read(unread)

    recognizer.action_texts.read = slow
    return texts


def test_known_words_do_not_wait_and_new_words_wait_for_one_text_of_others(fresh_default):
    read = slow_reader(fresh_default, 0.03)
    engine = Engine(fresh_default)
    long = {f"wobble number {number}": () for number in range(60)}

    async def ask_together() -> list[str]:
        hog = asyncio.create_task(engine.candidates(long, Ticket("a")))
        await asyncio.sleep(0.1)
        await engine.candidates({"clap hands": (), "squat": ()}, Ticket("b"))
        before = len(read)
        await engine.candidates({"wobble twice": ()}, Ticket("a"))
        assert len(read) - before <= 3
        assert not hog.done()
        hog.cancel()
        await asyncio.gather(hog, return_exceptions=True)
        before = len(read)
        await asyncio.sleep(0.15)
        assert len(read) - before <= 1  # nobody waits for the others any more
        return read

    asyncio.run(ask_together())
    started = time.monotonic()
    engine.close()
    assert time.monotonic() - started < 1


def test_an_action_that_is_added_is_the_only_one_that_is_read(fresh_default):
    read = slow_reader(fresh_default, 0.0)
    engine = Engine(fresh_default)
    actions = {f"wobble number {number}": () for number in range(5)}

    async def ask() -> None:
        first = await engine.candidates(actions)
        read.clear()
        more = await engine.candidates({**actions, "wobble more": ("sway from side to side like a jelly",)})
        assert read == ["wobble more", "sway from side to side like a jelly"]
        assert (more.embeddings[:5] == first.embeddings).all()

    asyncio.run(ask())
    engine.close()


def test_frames_of_a_stream_are_answered_while_its_new_words_are_read(fresh_default):
    recording = recording_to_dict(generate_sequence("squat", seed=5))
    app = create_app(fresh_default, Settings(limits=Limits(streams=2)))
    read = slow_reader(fresh_default, 0.05)
    words = [f"wobble number {number}" for number in range(60)]
    with TestClient(app, base_url="http://127.0.0.1") as client:
        with client.websocket_connect("/api/v1/stream", headers={"Host": "127.0.0.1"}) as socket:
            socket.send_json({"type": "start", "layout": recording["layout"], "actions": ["squat", "jump"]})
            assert socket.receive_json() == {"type": "ready"}
            socket.send_json({"type": "actions", "actions": words})
            for number, joints in enumerate(recording["positions"][0]):
                socket.send_json({"type": "frame", "time": number / 30, "joints": joints})
            assert socket.receive_json()["actions"] == ["squat", "jump"]
            assert len(read) < len(words)
        time.sleep(0.2)
        count = len(read)
        time.sleep(0.2)
        assert len(read) == count < len(words)  # nobody waits for them any more


def test_a_stream_that_leaves_while_its_start_is_read_gives_back_its_turn_and_its_place(fresh_default):
    app = create_app(fresh_default, Settings(limits=Limits(streams=1)))
    read = slow_reader(fresh_default, 0.05)
    words = [f"wobble number {number}" for number in range(60)]
    with TestClient(app, base_url="http://127.0.0.1") as client:
        with client.websocket_connect("/api/v1/stream", headers={"Host": "127.0.0.1"}) as socket:
            socket.send_json({"type": "start", "actions": words})
            socket.send_json({"type": "frame", "joints": None})
            while not read:
                time.sleep(0.01)
        deadline = time.monotonic() + 1
        while app.state.streams._reserved and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not app.state.streams._reserved
        time.sleep(0.1)  # one text may be half read
        count = len(read)
        time.sleep(0.2)
        assert len(read) == count < len(words)


def test_frames_that_come_before_the_stream_is_ready_count(fresh_default):
    recording = recording_to_dict(generate_sequence("squat", seed=5))
    app = create_app(fresh_default, Settings(limits=Limits(streams=1)))
    slow_reader(fresh_default, 0.2)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        with client.websocket_connect("/api/v1/stream", headers={"Host": "127.0.0.1"}) as socket:
            actions = ["wobble about", "wobble a lot"]
            socket.send_json({"type": "start", "layout": recording["layout"], "actions": actions})
            frames = recording["positions"][0][:60]
            for number, joints in enumerate(frames):
                socket.send_json({"type": "frame", "time": number / 30, "joints": joints})
            assert socket.receive_json() == {"type": "ready"}
            message = socket.receive_json()
            while message["time"] < (len(frames) - 1) / 30:
                message = socket.receive_json()
            assert message["type"] == "scores" and message["actions"] == actions


def test_texts_of_the_first_visit_that_cannot_be_read_are_logged_in_one_line(recognizer, monkeypatch, caplog):
    async def fail(*_: object) -> None:
        raise InputError("the sentence encoder is broken")

    monkeypatch.setattr(Engine, "candidates", fail)
    with TestClient(create_app(recognizer, Settings(limits=Limits(streams=1))), base_url="http://127.0.0.1") as client:
        assert client.get("/api/v1/health").status_code == 200
    (message,) = [record.getMessage() for record in caplog.records if "first visit" in record.getMessage()]
    assert message.endswith("could not be read: InputError: the sentence encoder is broken")
