// The server's REST interface. Every answer is JSON and every failure one line. Addresses are relative to the page, so
// the page works below any path.
import { load, store } from "./store.js";
import { t } from "./texts.js";

export const API = "api/v1/";

export class ServerError extends Error {
  constructor(message, status, retryAfter) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter; // seconds, where the server is busy
  }
}

/** The server did not answer. */
export class Unreachable extends Error {}

let token = load("zeroskel.token", "sessionStorage");

export function setToken(text) {
  token = text;
  store("zeroskel.token", text, "sessionStorage");
}

export const getToken = () => token;

const early = new Map(); // path and body of a request that was sent before it is needed -> promise of its answer

function ask(path, options = {}) {
  const request = `${path} ${options.body ?? ""}`;
  const answer = early.get(request) ?? send(path, options);
  early.delete(request);
  return answer;
}

/** Send a request whose answer the next equal request receives. */
export function ahead(path, body) {
  const answer = send(path, body === undefined ? {} : json(body));
  early.set(`${path} ${body === undefined ? "" : JSON.stringify(body)}`, answer);
  answer.catch(() => {}); // whoever asks for it learns of the failure
  return answer;
}

const json = (body) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

async function send(path, { kind = "json", ...options }) {
  const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  let response;
  try {
    response = await fetch(API + path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable(t("unreachable"));
  }
  if (response.ok && kind === "blob") return response.blob();
  if (response.status === 204) return null;
  const text = await response.text();
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    content = { detail: text.slice(0, 200) || response.statusText };
  }
  if (response.ok) return content;
  const detail = typeof content.detail === "string" ? content.detail : JSON.stringify(content.detail);
  throw new ServerError(detail, response.status, Number(response.headers.get("Retry-After")) || null);
}

const post = (path, body, signal, kind) => ask(path, { kind, ...json(body), signal });

export const health = () => ask("health", { cache: "no-store" });
export const model = () => ask("model");
export const clips = () => ask("clips");
export const clip = (id) => ask(`clips/${encodeURIComponent(id)}`);
export const predict = (body, signal) => post("predict", body, signal);
export const explain = (body, signal) => post("explain", body, signal);
export const timeline = (body, signal) => post("timeline", body, signal);

const teaching = (id) => `adapt/${encodeURIComponent(id)}`;
export const adapt = (body) => post("adapt", body);
export const taught = (id) => ask(teaching(id));
export const undo = (id, example) => ask(`${teaching(id)}/examples/${example}`, { method: "DELETE" });
export const forget = (id) => ask(teaching(id), { method: "DELETE" });
export const bundle = (id) => ask(`${teaching(id)}/bundle`, { kind: "blob" });

/** Return a timeline as the bytes of a file. format: "csv", "json", "vtt" or "eaf". */
export const timelineFile = (body, format) => post("timeline", { ...body, format }, undefined, "blob");

/** Send a file unchanged and return its recording. facts: {layout, up, unit, fps, joints, mirror}, texts; an empty one is not sent. */
export function read(file, facts) {
  const query = new URLSearchParams({ name: file.name });
  for (const [name, fact] of Object.entries(facts)) if (fact) query.set(name, fact);
  return ask(`recordings?${query}`, {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream" },
    body: file,
  });
}
