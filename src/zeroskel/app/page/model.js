// Shows the description of the server's model.

function entries({ name, data, notice, seen_classes: seen, figures }) {
  return [
    ["Name", name],
    ["Training data", data],
    ["Notice", notice],
    ["Training actions", Array.isArray(seen) ? `${seen.length}: ${seen.slice(0, 12).join(", ")}${seen.length > 12 ? " …" : ""}` : null],
    ...(Array.isArray(figures) ? figures : []).map(({ what, value }) => ["Measured", `${what}: ${value}`]),
  ].filter(([, text]) => text);
}

export function showModel(list, model) {
  list.replaceChildren(
    ...entries(model).flatMap(([term, text]) => [
      Object.assign(document.createElement("dt"), { textContent: term }),
      Object.assign(document.createElement("dd"), { textContent: text }),
    ]),
  );
}
