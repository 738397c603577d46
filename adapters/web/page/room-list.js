import { element, icon } from "./element.js";

export const PRIVATE_ROOM = "dm";

/** The rooms to choose from, with a mark on those where something new was said. */
export class RoomList {
  #rooms;
  #private;
  #onChoose;
  #botName;
  /** @type {Map<string, HTMLButtonElement>} */
  #buttons = new Map();
  #current = "";

  /**
   * @param {HTMLUListElement} rooms
   * @param {HTMLUListElement} privateRoom
   * @param {string} botName
   * @param {(room: string) => void} onChoose
   */
  constructor(rooms, privateRoom, botName, onChoose) {
    this.#rooms = rooms;
    this.#private = privateRoom;
    this.#botName = botName;
    this.#onChoose = onChoose;
    this.#rooms.replaceChildren();
    this.#private.replaceChildren();
    this.add(PRIVATE_ROOM);
  }

  /** @param {string} room */
  add(room) {
    if (this.#buttons.has(room)) return;
    const isPrivate = room === PRIVATE_ROOM;
    const button = element(
      "button",
      { type: "button", class: "room" },
      isPrivate ? icon("lock") : element("span", { class: "hash", "aria-hidden": "true" }, "#"),
      element("span", { class: "room-name" }, isPrivate ? `Private chat with ${this.#botName}` : room),
      element("span", { class: "unread", hidden: "" }, element("span", { class: "sr" }, "new messages")),
    );
    button.addEventListener("click", () => this.#onChoose(room));
    this.#buttons.set(room, button);
    (isPrivate ? this.#private : this.#rooms).append(element("li", {}, button));
    if (room === this.#current) this.choose(room);
  }

  /** @param {string} room */
  choose(room) {
    this.#current = room;
    for (const [name, button] of this.#buttons) {
      if (name === room) button.setAttribute("aria-current", "page");
      else button.removeAttribute("aria-current");
    }
    this.#mark(room, false);
  }

  /** @param {string} room */
  hasNews(room) {
    this.add(room);
    if (room !== this.#current) this.#mark(room, true);
  }

  /** Whether something new was said in any room. */
  get news() {
    return [...this.#buttons.values()].some((button) => button.querySelector(".unread:not([hidden])") !== null);
  }

  /**
   * @param {string} room
   * @param {boolean} unread
   */
  #mark(room, unread) {
    const mark = this.#buttons.get(room)?.querySelector(".unread");
    mark?.toggleAttribute("hidden", !unread);
  }
}
