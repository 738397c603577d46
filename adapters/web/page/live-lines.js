/** @import { WirePreview } from "../wire.ts" */
import { element } from "./element.js";
import { body } from "./message-view.js";
import { avatar } from "./person.js";

/** The platform repeats itself as long as an answer is being written. */
const TYPING_MS = 7_000;

/** What is being written at the moment: the bot typing, and the text of each run so far. Screen readers skip it. */
export class LiveLines {
  #place;
  #show;
  /** @type {Map<string, HTMLElement>} */
  #runs = new Map();
  #typing = element("p", { class: "typing" });
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {HTMLElement} place
   * @param {(change: () => void) => void} show runs a change of what is seen
   */
  constructor(place, show) {
    this.#place = place;
    this.#show = show;
    place.setAttribute("aria-hidden", "true");
  }

  /** @param {string} name */
  typing(name) {
    // What is being written can be read already.
    if (this.#runs.size > 0) return;
    const dots = element("span", { class: "dots" }, element("i"), element("i"), element("i"));
    this.#typing.replaceChildren(dots, `${name} is writing`);
    this.#show(() => this.#place.append(this.#typing));
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.stopTyping(), TYPING_MS);
  }

  stopTyping() {
    window.clearTimeout(this.#timer);
    this.#typing.remove();
  }

  /**
   * @param {WirePreview} preview
   * @param {string} botName
   * @param {string} myId
   */
  preview({ runId, forUserId, forUserName, text, html }, botName, myId) {
    this.stopTyping();
    if (html === null) {
      this.#runs.get(runId)?.remove();
      this.#runs.delete(runId);
      return;
    }
    const line =
      this.#runs.get(runId) ?? this.#lineFor(botName, forUserId === myId ? "you" : (forUserName ?? "someone"));
    this.#runs.set(runId, line);
    this.#show(() => {
      if (line.parentElement === null) this.#place.append(line);
      line.querySelector(".so-far")?.replaceChildren(body({ text: text ?? "", html }));
    });
  }

  clear() {
    this.stopTyping();
    this.#runs.clear();
    this.#place.replaceChildren();
  }

  /**
   * @param {string} botName
   * @param {string} whom
   */
  #lineFor(botName, whom) {
    const head = element(
      "div",
      { class: "head" },
      element("span", { class: "name" }, botName),
      element("span", { class: "whom" }, "is answering ", element("b", {}, whom)),
    );
    return element(
      "div",
      { class: "message from-bot preview" },
      avatar({ id: "bot", name: botName, isBot: true }),
      element("div", { class: "content" }, head, element("div", { class: "so-far" })),
    );
  }
}
