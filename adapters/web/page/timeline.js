/** @import { WireMessage, WirePreview } from "../wire.ts" */
/** @import { Actions } from "./message-view.js" */
import { element, icon, textButton } from "./element.js";
import { LiveLines } from "./live-lines.js";
import { messageView } from "./message-view.js";

/** Messages kept on the page while its end is in view. */
const KEPT = 300;
const NEAR_END_PX = 120;

/** The messages of one place, in the order of arrival, with what is being written below them. */
export class Timeline {
  /** @type {Map<string, { message: WireMessage, view: HTMLLIElement }>} */
  #shown = new Map();
  /** @type {Set<string>} */
  #gone = new Set();
  #list;
  #scroller;
  #earlier;
  #news;
  #lead = element("ol", { class: "lead" });
  #empty = element("div", { class: "empty" });
  #live;
  /** Whether the end is in view. What grows there scrolls nothing by itself, so only the person changes this. */
  #following = true;
  #myId;
  #actions;

  /**
   * @param {HTMLElement} place
   * @param {{ label: string, myId: string, actions: Actions, onEarlier: () => void }} options
   */
  constructor(place, { label, myId, actions, onEarlier }) {
    this.#myId = myId;
    this.#actions = actions;
    this.#list = element("ol", { class: "messages", role: "log", "aria-live": "polite", "aria-label": label });
    this.#earlier = textButton("Earlier messages", "earlier", onEarlier);
    this.#earlier.hidden = true;
    const lines = element("div", { class: "live" });
    this.#live = new LiveLines(lines, (change) => this.#keepingEnd(change));
    this.#scroller = element("div", { class: "scroller", tabindex: "-1" });
    this.#scroller.append(this.#lead, this.#earlier, this.#empty, this.#list, lines);
    this.#news = textButton("New messages", "news", () => this.toEnd());
    this.#news.prepend(icon("down"));
    this.#news.hidden = true;
    this.#scroller.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
      this.#following = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
      if (this.#following) this.#news.hidden = true;
    });
    // A smaller window, or a phone's keyboard, must not hide the latest words.
    new ResizeObserver(() => {
      if (this.#following) this.toEnd();
    }).observe(this.#scroller);
    place.className = "timeline";
    place.replaceChildren(this.#scroller, this.#news);
  }

  /**
   * @param {{ welcome?: Node, lead?: WireMessage }} [instead] what to show as long as there is no message, and the
   *   message that stands above all
   */
  clear({ welcome, lead } = {}) {
    this.#shown.clear();
    this.#list.replaceChildren();
    this.#live.clear();
    this.#empty.replaceChildren(...(welcome === undefined ? [] : [welcome]));
    this.#lead.replaceChildren(...(lead === undefined ? [] : [messageView(lead, this.#myId, {})]));
    this.#lead.hidden = lead === undefined;
    this.#empty.hidden = true;
    this.#earlier.hidden = true;
    this.#news.hidden = true;
  }

  /**
   * @param {WireMessage[]} messages
   * @param {boolean} more whether there are earlier ones
   */
  addHistory(messages, more) {
    const heightBelow = this.#scroller.scrollHeight - this.#scroller.scrollTop;
    const first = this.#shown.size === 0;
    for (const message of messages) this.#insert(message);
    this.#earlier.hidden = !more;
    this.#showWelcome();
    if (first) this.toEnd();
    else this.#scroller.scrollTop = this.#scroller.scrollHeight - heightBelow;
  }

  /**
   * Show a message, or its new state.
   *
   * @param {WireMessage} message
   */
  put(message) {
    const isNew = !this.#shown.has(message.id);
    if (isNew && message.user.id === this.#myId) this.#following = true;
    this.#keepingEnd(() => this.#insert(message));
    this.#empty.hidden = true;
    if (this.#following) this.#trim();
    else if (isNew) this.#news.hidden = false;
  }

  /** @param {string} id */
  get(id) {
    return this.#shown.get(id)?.message;
  }

  oldest() {
    const id = /** @type {HTMLElement | null} */ (this.#list.firstElementChild)?.dataset.id;
    return id === undefined ? undefined : this.get(id);
  }

  /**
   * @param {string} id
   * @param {number} replies
   */
  setReplies(id, replies) {
    const message = this.get(id);
    if (message !== undefined) this.put({ ...message, replies });
  }

  /** @param {string} id */
  remove(id) {
    this.#gone.add(id);
    const shown = this.#shown.get(id);
    if (shown?.message.replies !== undefined) {
      this.put({ ...shown.message, text: "", deleted: true });
      return;
    }
    shown?.view.remove();
    this.#shown.delete(id);
    this.#showWelcome();
  }

  /** @param {string} name */
  typing(name) {
    this.#live.typing(name);
  }

  /**
   * @param {WirePreview} preview
   * @param {string} botName
   */
  preview(preview, botName) {
    this.#live.preview(preview, botName, this.#myId);
  }

  /** Nothing is being written any more, as far as is known. */
  quiet() {
    this.#live.clear();
  }

  toEnd() {
    this.#following = true;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#news.hidden = true;
  }

  /** @param {WireMessage} message */
  #insert(message) {
    const shown = this.#shown.get(message.id);
    if (shown === undefined && this.#gone.has(message.id)) return;
    const view = messageView(message, this.#myId, this.#actions);
    this.#shown.set(message.id, { message, view });
    if (shown !== undefined) {
      shown.view.replaceWith(view);
      return;
    }
    if (message.user.isBot) this.#live.stopTyping();
    let before = /** @type {HTMLElement | null} */ (this.#list.lastElementChild);
    while (before !== null && Number(before.dataset.seq) > message.seq) {
      before = /** @type {HTMLElement | null} */ (before.previousElementSibling);
    }
    if (before === null) this.#list.prepend(view);
    else before.after(view);
  }

  #showWelcome() {
    this.#empty.hidden = this.#shown.size > 0 || this.#empty.childElementCount === 0;
  }

  #trim() {
    while (this.#shown.size > KEPT) {
      const first = /** @type {HTMLElement} */ (this.#list.firstElementChild);
      this.#shown.delete(first.dataset.id ?? "");
      first.remove();
      this.#earlier.hidden = false;
    }
  }

  /**
   * Change what is shown; whoever looks at the end goes on looking at it.
   *
   * @param {() => void} change
   */
  #keepingEnd(change) {
    change();
    if (this.#following) this.toEnd();
  }
}
