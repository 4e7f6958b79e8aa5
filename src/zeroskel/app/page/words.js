// What the motion shows, and what of it speaks for an action and against it. All of it is text, never HTML.

const HINT = "Shown with the answer: what was measured, such as which hand, how high and for how long.";

export class Words {
  /** find: id -> element. */
  constructor(find) {
    Object.assign(this, { find });
  }

  /** explanation: an answer of /api/explain; phrases are absent where the model does not measure them. */
  show({ action, rival, shown, speaks_for: reasons = [], speaks_against: doubts = [] }) {
    if (!shown?.length) return this.clear(shown ? "This model does not measure movements in words." : "A model in the browser cannot describe the motion; the server can.");
    this.find("shown-says").textContent = "";
    this.#list("shown", shown);
    this.find("for-says").textContent = reasons.length ? `Speaks for “${action}” rather than “${rival}”:` : "";
    this.#list("for", reasons);
    this.find("against-says").textContent = doubts.length ? `Speaks for “${rival}” rather than “${action}”:` : "";
    this.#list("against", doubts);
  }

  /** Show that nothing is known, and why. */
  clear(why = HINT) {
    this.find("shown-says").textContent = why;
    for (const id of ["for-says", "against-says"]) this.find(id).textContent = "";
    for (const id of ["shown", "for", "against"]) this.#list(id, []);
  }

  #list(id, phrases) {
    this.find(id).replaceChildren(
      ...phrases.map((phrase) => {
        const item = document.createElement("li");
        item.textContent = phrase;
        return item;
      }),
    );
  }
}
