// A stream over the server's WebSocket. It sends frames, receives scores and reconnects by itself.
import { API, getToken } from "./api.js";
import { t } from "./texts.js";

const MAX_BUFFERED = 1_000_000; // bytes waiting to be sent; beyond this, frames are dropped instead of delayed

export class LiveStream {
  #socket = null;
  #ready = false;
  #failures = 0;
  #wait = null;
  #timer = null;
  #stopped = false;
  #error = "";

  /** layout: of the frames; actions: in the form that the server expects; teaching: id of taught examples, if any; scores, nobody, state: functions that receive messages and status texts. */
  constructor({ layout, actions, teaching, scores, nobody, state }) {
    Object.assign(this, { layout, actions, teaching, scores, nobody, state });
    this.#open();
  }

  /** time in seconds; joints: [[x, y, z] or null …] or a list of bodies of these. */
  frame(time, joints) {
    if (!this.#ready || this.#socket.bufferedAmount > MAX_BUFFERED) return;
    this.#socket.send(JSON.stringify({ type: "frame", time, joints }));
  }

  change(actions) {
    this.actions = actions;
    if (this.#ready) this.#socket.send(JSON.stringify({ type: "actions", actions }));
  }

  close() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #open() {
    const address = new URL(`${API}stream`, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    this.#socket = socket;
    this.state(t("live.connecting"));
    socket.addEventListener("open", () => {
      const token = getToken();
      socket.send(JSON.stringify({ type: "start", layout: this.layout, actions: this.actions, ...(this.teaching ? { teaching: this.teaching } : {}), ...(token ? { token } : {}) }));
    });
    socket.addEventListener("message", (event) => this.#take(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => this.#closed(event));
  }

  #take(message) {
    if (this.#stopped) return;
    if (message.type === "ready") {
      this.#ready = true;
      this.#failures = 0;
      this.state("");
    } else if (message.type === "scores") {
      this.scores(message);
    } else if (message.type === "nobody") {
      this.nobody(message);
    } else if (message.type === "error") {
      this.#wait = message.retry_after ?? null;
      this.#error = message.message;
      this.state(message.message, "wrong");
    }
  }

  #closed(event) {
    this.#ready = false;
    if (this.#stopped) return;
    if (event.code === 1008) return this.state(t("live.closed", { why: this.#error || t("live.closed.why") }), "wrong");
    const seconds = this.#wait ?? Math.min(0.5 * 2 ** this.#failures++, 8);
    this.#wait = null;
    this.state(t("live.again", { wait: Math.ceil(seconds) }), "wrong");
    this.#timer = setTimeout(() => this.#open(), seconds * 1000);
  }
}
