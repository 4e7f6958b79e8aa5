// Shows the description of the server's model: one sentence, and the rest below "More".
import { say, t } from "./texts.js";

const cell = (kind, textContent) => Object.assign(document.createElement(kind), { textContent });

/** find: id -> element; model: an answer of /api/model. */
export function showModel(find, model) {
  const { name, data, notice, seen_classes: seen, figures } = model;
  const known = Array.isArray(seen) ? seen : [];
  say(find("model-says"), known.length ? t("model.says", { count: known.length }) : t("model.plain"));
  const entries = [["model.name", name], ["model.data", data], ["model.notice", notice], ["model.seen", known.join(", ")]].filter(([, text]) => text);
  find("model").replaceChildren(...entries.flatMap(([key, text]) => [cell("dt", t(key)), cell("dd", String(text))]));
  const measured = Array.isArray(figures) ? figures : [];
  find("figures").replaceChildren(
    ...measured.map(({ what, value }) => {
      const row = document.createElement("tr");
      row.append(cell("td", String(what)), cell("td", String(value)));
      return row;
    }),
  );
  find("figures").closest(".scroll").hidden = !measured.length;
}
