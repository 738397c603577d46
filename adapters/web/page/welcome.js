/** @import { About } from "./api.js" */
import { element, textButton } from "./element.js";
import { PRIVATE_ROOM } from "./room-list.js";

/**
 * What an empty room says.
 *
 * @param {string} room
 * @param {About} about
 * @param {{ prefill: (text: string) => void, openPrivate: () => void }} offers
 */
export function welcome(room, about, { prefill, openPrivate }) {
  const { name, displayName } = about.bot;
  if (room === PRIVATE_ROOM) {
    return element(
      "div",
      {},
      element("h2", {}, `You and ${displayName}`),
      element("p", {}, `Nobody else reads this. Everything you write here is for ${displayName}: just ask.`),
      element(
        "div",
        { class: "buttons" },
        textButton("What can you do?", "primary", () => prefill("What can you do?")),
      ),
    );
  }
  return element(
    "div",
    {},
    element("h2", {}, `Nothing was said in #${room} yet`),
    element(
      "p",
      {},
      "Everybody who joins can read along. ",
      ...(about.answersAll
        ? [`Whatever you write, ${displayName} answers you, quoting what you asked.`]
        : [
            "Talk with each other as you like; write ",
            element("code", {}, `@${name}`),
            ` and a question, and ${displayName} answers you, quoting what you asked.`,
          ]),
    ),
    element(
      "div",
      { class: "buttons" },
      textButton(`Ask ${displayName} something`, "primary", () => prefill(`@${name} `)),
      textButton("Talk in private", "quiet", openPrivate),
    ),
  );
}

/**
 * The line below the message box.
 *
 * @param {(text: string) => void} prefill
 * @returns {Array<Node | string>}
 */
export function hint(prefill) {
  return [textButton("/help", "command", () => prefill("/help")), "lists what I can do"];
}
