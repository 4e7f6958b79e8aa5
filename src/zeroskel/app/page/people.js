// One line for each person: the name in the colour of the drawn skeleton, what the person does, and when.
import { percent, say, t } from "./texts.js";

export const COLOURS = 6; // colours of people; further people begin again

export const name = (person) => t("people.person", { person: person + 1 });

/** Name the person of an answer, if there are several people. */
export const who = ({ person, people = [] }) => (people.length > 1 && Number.isInteger(person) ? t("answer.person", { person: person + 1 }) : "");

export class People {
  /** list: a ul, hidden unless there are several people; stage: draws them, or null; isNone: function of a presence. */
  constructor(list, stage, isNone) {
    Object.assign(this, { list, stage, isNone });
  }

  /** people: [{person, bodies, actions, probabilities, presence, none, best, when}]; bodies: their indices; when: a text about the time. */
  show(people) {
    const ofBodies = [];
    if (people.length > 1) for (const { person, bodies } of people) for (const body of bodies) ofBodies[body] = person;
    this.stage?.identify(ofBodies);
    this.list.hidden = people.length < 2;
    if (this.list.hidden) return this.list.replaceChildren();
    while (this.list.children.length > people.length) this.list.lastElementChild.remove();
    while (this.list.children.length < people.length) this.list.append(line());
    people.forEach(({ person, actions, probabilities, presence, none = this.isNone(presence), best, when }, index) => {
      const [who, what, time] = this.list.children[index].children;
      const share = percent(probabilities[actions.indexOf(best)]);
      who.className = `person person-${person % COLOURS}`;
      say(who, name(person));
      say(what, none ? t("people.none", { best }) : t("people.best", { best, sure: share.replaceAll(" ", "\u00a0") }));
      say(time, when);
    });
  }

  clear() {
    this.show([]);
  }
}

function line() {
  const item = document.createElement("li");
  item.append(...["person", "what", "soft"].map((kind) => Object.assign(document.createElement("span"), { className: kind })));
  return item;
}
