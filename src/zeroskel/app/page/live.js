// A live stream over the server's WebSocket: frames go out, scores come in; it comes back by itself.
import { getToken } from "./api.js";

const FULL = 1_000_000; // bytes waiting to be sent: beyond that, frames are dropped rather than late

export class LiveStream {
  #socket = null;
  #ready = false;
  #failures = 0;
  #wait = null;
  #timer = null;
  #over = false;
  #said = "";

  /** layout: of the frames; actions: as the server takes them; scores, state: called with messages and with a text or "". */
  constructor({ layout, actions, scores, state }) {
    Object.assign(this, { layout, actions, scores, state });
    this.#open();
  }

  /** time in seconds; joints: [[x, y, z] or null …] or a list of bodies of these. */
  frame(time, joints) {
    if (!this.#ready || this.#socket.bufferedAmount > FULL) return;
    this.#socket.send(JSON.stringify({ type: "frame", time, joints }));
  }

  change(actions) {
    this.actions = actions;
    if (this.#ready) this.#socket.send(JSON.stringify({ type: "actions", actions }));
  }

  close() {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #open() {
    const address = new URL("api/stream", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    this.#socket = socket;
    this.state("Connecting …");
    socket.addEventListener("open", () => {
      const token = getToken();
      socket.send(JSON.stringify({ type: "start", layout: this.layout, actions: this.actions, ...(token ? { token } : {}) }));
    });
    socket.addEventListener("message", (event) => this.#take(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => this.#closed(event));
  }

  #take(message) {
    if (this.#over) return;
    if (message.type === "ready") {
      this.#ready = true;
      this.#failures = 0;
      this.state("");
    } else if (message.type === "scores") {
      this.scores(message);
    } else if (message.type === "error") {
      this.#wait = message.retry_after ?? null;
      this.#said = message.message;
      this.state(message.message, "wrong");
    }
  }

  #closed(event) {
    this.#ready = false;
    if (this.#over) return;
    if (event.code === 1008) return this.state(`The server ended the stream: ${this.#said || "no reason given"}.`, "wrong");
    const seconds = this.#wait ?? Math.min(0.5 * 2 ** this.#failures++, 8);
    this.#wait = null;
    this.state(`The stream is interrupted; trying again in ${Math.ceil(seconds)} s.`, "wrong");
    this.#timer = setTimeout(() => this.#open(), seconds * 1000);
  }
}
