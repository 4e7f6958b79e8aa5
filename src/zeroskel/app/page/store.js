// Storage of the browser, which may be blocked, full or hold anything. Without it values live as long as the page.

const memory = new Map();

function storage(kind) {
  try {
    return window[kind];
  } catch {
    return null; // blocked by the browser
  }
}

/** Return the stored text, or null. kind: "localStorage" or "sessionStorage". */
export function load(key, kind = "localStorage") {
  try {
    return storage(kind)?.getItem(key) ?? memory.get(key) ?? null;
  } catch {
    return memory.get(key) ?? null;
  }
}

/** Return the stored JSON value, or null where there is none or it is broken. */
export function loadJson(key, kind = "localStorage") {
  try {
    return JSON.parse(load(key, kind));
  } catch {
    return null;
  }
}

/** Store a text. */
export function store(key, text, kind = "localStorage") {
  memory.set(key, text);
  try {
    storage(kind)?.setItem(key, text);
  } catch (error) {
    console.info("The browser does not store values of this page:", error.message);
  }
}

export const storeJson = (key, value, kind = "localStorage") => store(key, JSON.stringify(value), kind);
