/** @import { WireMessage } from "../wire.ts" */
import { ApiError } from "./api.js";
import { element, icon, iconButton } from "./element.js";
import { PickedFiles } from "./picked-files.js";

const MAX_CHARS = 20_000;

/**
 * @typedef {{
 *   text: string,
 *   clientId: string,
 *   files: File[],
 *   replyTo?: WireMessage,
 *   edits?: WireMessage
 * }} Draft
 */

/** The box that people write in, and drop or paste files into. Enter sends, Shift+Enter breaks the line, Escape gives up a reply or an edit. */
export class Composer {
  #form = element("form", { class: "composer" });
  #about = element("div", { class: "about" });
  #text;
  #hint = element("p", { class: "hint" });
  #problem = element("p", { class: "problem", role: "alert" });
  #send;
  /** @type {WireMessage | undefined} */
  #replyTo;
  /** @type {WireMessage | undefined} */
  #edits;
  #onSend;
  /** The same for a second attempt at the same text with the same files, so that it never becomes two messages. */
  #clientId = crypto.randomUUID();
  #failedText = "";
  /** @type {File[]} */
  #failedFiles = [];
  #picked = new PickedFiles({ onChange: () => this.#fit(), complain: (text) => this.complain(text) });

  /**
   * @param {HTMLElement} place
   * @param {{ id: string, label: string, onSend: (draft: Draft) => Promise<void> }} options
   */
  constructor(place, { id, label, onSend }) {
    this.#onSend = onSend;
    this.#text = element("textarea", { id, rows: "1", maxlength: String(MAX_CHARS), "aria-label": label });
    this.#send = element(
      "button",
      { class: "send", type: "submit", "aria-label": "Send", title: "Send" },
      icon("send"),
    );
    this.#about.hidden = true;
    this.#form.append(
      this.#problem,
      element(
        "div",
        { class: "box" },
        this.#about,
        this.#picked.view,
        element("div", { class: "line" }, this.#picked.button, this.#picked.input, this.#text, this.#send),
      ),
      this.#hint,
    );
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#text.addEventListener("keydown", (event) => this.#key(event));
    this.#text.addEventListener("input", () => this.#fit());
    this.#takeFiles();
    place.replaceChildren(this.#form);
    this.#fit();
  }

  /**
   * @param {string} placeholder
   * @param {...(Node | string)} hint
   */
  invite(placeholder, ...hint) {
    this.#text.placeholder = placeholder;
    this.#hint.replaceChildren(...hint);
    this.reset();
  }

  focus() {
    this.#text.focus();
  }

  /** Begin with this, in front of what is written already. @param {string} text */
  prefill(text) {
    if (!this.#text.value.startsWith(text)) this.#text.value = text + this.#text.value;
    this.#fit();
    this.focus();
  }

  /** @param {WireMessage} message */
  replyTo(message) {
    this.reset();
    this.#replyTo = message;
    this.#show("Replying to ", message.user.name, message.text);
  }

  /** @param {WireMessage} message */
  edit(message) {
    this.reset();
    this.#edits = message;
    this.#text.value = message.text;
    this.#show("Editing your message", "", "");
  }

  /** Forget what was begun. */
  reset() {
    if (this.#edits !== undefined) this.#text.value = "";
    this.#replyTo = undefined;
    this.#edits = undefined;
    this.#about.hidden = true;
    this.#problem.textContent = "";
    this.#fit();
  }

  #takeFiles() {
    this.#text.addEventListener("paste", (event) => this.#take(event, event.clipboardData));
    this.#form.addEventListener("dragover", (event) => event.preventDefault());
    this.#form.addEventListener("drop", (event) => this.#take(event, event.dataTransfer));
  }

  /**
   * @param {Event} event
   * @param {DataTransfer | null} given
   */
  #take(event, given) {
    if (given === null || given.files.length === 0 || this.#edits !== undefined) return;
    event.preventDefault();
    this.#picked.add(given.files);
  }

  /** The message is gone: nothing can refer to it. @param {string} id */
  forget(id) {
    if (this.#replyTo?.id === id || this.#edits?.id === id) this.reset();
  }

  /** @param {string} text */
  complain(text) {
    this.#problem.textContent = text;
  }

  /**
   * @param {string} what
   * @param {string} name
   * @param {string} text
   */
  #show(what, name, text) {
    this.#about.replaceChildren(
      element("span", { class: "about-text" }, what, element("b", {}, name), ` ${text}`),
      iconButton("Cancel", "close", () => {
        this.reset();
        this.focus();
      }),
    );
    this.#about.hidden = false;
    this.#fit();
    this.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    // Enter also accepts what an input method proposes.
    if (event.isComposing) return;
    if (event.key === "Escape" && !this.#about.hidden) {
      event.stopPropagation();
      this.reset();
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    }
  }

  async #submit() {
    const text = this.#text.value;
    const [replyTo, edits] = [this.#replyTo, this.#edits];
    const files = edits === undefined ? this.#picked.list : [];
    if (text.trim() === "" && files.length === 0) return;
    if (text !== this.#failedText || files !== this.#failedFiles) this.#clientId = crypto.randomUUID();
    /** @type {Draft} */
    const draft = { text, clientId: this.#clientId, files };
    if (replyTo !== undefined) draft.replyTo = replyTo;
    if (edits !== undefined) draft.edits = edits;
    this.#text.value = "";
    if (edits === undefined) this.#picked.set([]);
    this.reset();
    try {
      await this.#onSend(draft);
      this.#failedText = "";
    } catch (error) {
      // It stands among the messages, with an offer to send it again.
      if (edits === undefined && error instanceof ApiError && error.code === "not-taken") return;
      this.#failedText = text;
      this.#failedFiles = files;
      // What was typed since is not thrown away for it.
      if (this.#text.value === "" && this.#picked.list.length === 0) {
        if (edits !== undefined) this.edit(edits);
        else if (replyTo !== undefined) this.replyTo(replyTo);
        this.#text.value = text;
        this.#picked.set(files);
      }
      this.complain(error instanceof Error ? error.message : "That did not work.");
    }
  }

  /** As high as its text, within the bounds of the style sheet. */
  #fit() {
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight}px`;
    const editing = this.#edits !== undefined;
    this.#picked.button.hidden = editing;
    this.#send.disabled = this.#text.value.trim() === "" && (editing || this.#picked.list.length === 0);
  }
}
