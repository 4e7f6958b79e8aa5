// What the server says about its model.

function entries({ name, data, notice, seen_classes: seen, figures }) {
  const plain = (value) => (typeof value === "number" ? String(Math.round(value * 1000) / 1000) : typeof value === "string" ? value : JSON.stringify(value));
  return [
    ["Name", name],
    ["Learnt from", data],
    ["Notice", notice],
    ["Actions it learnt", Array.isArray(seen) ? `${seen.length}: ${seen.slice(0, 12).join(", ")}${seen.length > 12 ? " …" : ""}` : null],
    ...Object.entries(figures ?? {}).map(([key, value]) => [key.replaceAll("_", " "), plain(value)]),
  ].filter(([, text]) => text);
}

export function showModel(list, model) {
  list.replaceChildren(
    ...entries(model).flatMap(([term, text]) => [
      Object.assign(document.createElement("dt"), { textContent: term }),
      Object.assign(document.createElement("dd"), { textContent: typeof text === "string" ? text : JSON.stringify(text) }),
    ]),
  );
}
