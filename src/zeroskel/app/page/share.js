// The link to what is on display: #clip=ID&action=…&action=… in the address. It is never sent to the server.
import { format, parse } from "./actions.js";
import { t } from "./texts.js";

/** Return what the address asks for: {example: id or null, actions: [{name, texts}]}. */
export function readLink() {
  const asked = new URLSearchParams(location.hash.slice(1));
  return { example: asked.get("clip"), actions: asked.getAll("action").map(parse).filter(({ name }) => name) };
}

/** Put the example and the actions into the address. */
export function writeLink({ example, actions }) {
  const link = new URLSearchParams(example ? { clip: example } : {});
  for (const action of actions) link.append("action", format(action));
  history.replaceState(null, "", `#${link}`);
}

/** Copy the link and return what happened as a text. */
export async function share() {
  try {
    await navigator.clipboard.writeText(location.href);
    return t("share.done");
  } catch (error) {
    console.info("The link was not copied:", error.message);
    return t("share.failed");
  }
}
