/** @import { WireMessage } from "../wire.ts" */
/** @import { About, Person } from "./api.js" */
import { byId } from "./element.js";
import { Place } from "./place.js";

/** A thread, beside the room it belongs to. Escape closes it and gives the focus back. */
export class ThreadPanel {
  place;
  #panel = byId("thread", HTMLElement);
  #app = byId("app", HTMLDivElement);
  #bot;
  /** @type {HTMLElement | null} */
  #cameFrom = null;

  /**
   * @param {Person} me
   * @param {About["bot"]} bot
   */
  constructor(me, bot) {
    this.#bot = bot;
    this.place = new Place({
      timeline: byId("thread-timeline", HTMLDivElement),
      composer: byId("thread-composer", HTMLDivElement),
      composerId: "write-in-thread",
      label: "Messages in the thread",
      me,
    });
    byId("close-thread", HTMLButtonElement).onclick = () => this.close();
    this.#panel.onkeydown = (event) => {
      if (event.key === "Escape") this.close();
    };
  }

  get isOpen() {
    return !this.#panel.hidden;
  }

  /** @param {WireMessage} head the message that starts it */
  async open(head) {
    this.#cameFrom = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    this.#panel.hidden = false;
    this.#app.toggleAttribute("data-thread", true);
    byId("thread-about", HTMLParagraphElement).textContent = `in #${head.room}`;
    const { composer } = this.place;
    composer.invite("Answer in the thread", `Ask with @${this.#bot.name}, or by replying to an answer.`);
    try {
      await this.place.open(head.room, head.id, { lead: head });
    } catch (error) {
      composer.complain(error instanceof Error ? error.message : "The thread cannot be read.");
    }
    composer.focus();
  }

  close() {
    if (!this.isOpen) return;
    this.#panel.hidden = true;
    this.#app.removeAttribute("data-thread");
    this.place.room = "";
    this.place.thread = undefined;
    this.#cameFrom?.focus();
  }
}
