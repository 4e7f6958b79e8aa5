// The texts of the page. Each language is one table in texts/; the page uses the first language of the browser that has one.
import en from "./texts/en.js";

const TABLES = { en }; // add a language here: code -> its table
const language = (navigator.languages ?? []).map((code) => code.split("-")[0]).find((code) => TABLES[code]) ?? "en";
const table = TABLES[language];

/** Return the text of a key, with {name} replaced by values.name. */
export function t(key, values = {}) {
  const text = table[key] ?? en[key];
  if (text === undefined) throw new Error(`There is no text ${key}.`);
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Return a number of things in words: key.one for 1, else key.many with {count}. */
export const count = (key, number) => t(`${key}.${number === 1 ? "one" : "many"}`, { count: number });

/** Format seconds, a share and a time of the day. */
export const seconds = (value, digits = 1) => t("seconds", { value: value.toFixed(digits) });
export const percent = (share, kind = "") =>
  share >= 0.995 && share < 1 ? t(`percent.most${kind}`) : share > 0 && share < 0.005 ? t(`percent.least${kind}`) : t("percent", { value: Math.round(share * 100) });
export const inWords = (share) => percent(share, ".words");

/** Write a text into an element unless it is there already, so that nothing is drawn or read aloud twice. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const ATTRIBUTES = { label: "aria-label", title: "title", placeholder: "placeholder" };

/** Fill the elements of the page: data-t names the text, data-t-label, -title and -placeholder those of attributes. */
export function fill(root = document) {
  document.documentElement.lang = language;
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const [name, attribute] of Object.entries(ATTRIBUTES))
    for (const element of root.querySelectorAll(`[data-t-${name}]`)) element.setAttribute(attribute, t(element.getAttribute(`data-t-${name}`)));
}

fill();
document.documentElement.dataset.ready = "";
