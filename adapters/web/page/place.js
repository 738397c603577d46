/** @import { WireMessage, WirePreview } from "../wire.ts" */
/** @import { Person } from "./api.js" */
/** @import { Actions } from "./message-view.js" */
import { ApiError, api } from "./api.js";
import { Composer } from "./composer.js";
import { encoded } from "./picked-files.js";
import { Timeline } from "./timeline.js";

const PAGE = "50";

/** One place to read and write: a room, or a thread in one. */
export class Place {
  /** The room, once there is one. */
  room = "";
  /** @type {string | undefined} */
  thread;
  timeline;
  composer;

  /**
   * @param {{
   *   timeline: HTMLElement,
   *   composer: HTMLElement,
   *   composerId: string,
   *   label: string,
   *   me: Person,
   *   onThread?: (message: WireMessage) => void
   * }} options
   */
  constructor({ timeline, composer, composerId, label, me, onThread }) {
    this.composer = new Composer(composer, {
      id: composerId,
      label,
      onSend: async ({ text, clientId, files, replyTo, edits }) => {
        const { room, thread } = this;
        if (edits !== undefined) {
          await api.edit(edits, text);
          return;
        }
        /** @type {Parameters<typeof api.say>[1]} */
        const post = { text, clientId };
        if (files.length > 0) post.files = await encoded(files);
        if (thread !== undefined) post.thread = thread;
        if (replyTo !== undefined) post.replyTo = replyTo.id;
        this.#show(room, thread, await api.say(room, post));
      },
    });
    /** @type {Actions} */
    const actions = {
      reply: (message) => this.composer.replyTo(message),
      edit: (message) => this.composer.edit(message),
      erase: (message) =>
        this.#try(async () => {
          if (!window.confirm("Delete this message for everybody?")) return;
          await api.erase(message);
          this.remove(message.id);
        }),
      again: (message) =>
        this.#try(async () => {
          await api.again(message);
        }),
      pick: ({ room, thread }, { command }, clientId) =>
        this.#try(async () => {
          /** @type {Parameters<typeof api.say>[1]} */
          const post = { text: `/${command}`, clientId };
          if (thread !== undefined) post.thread = thread;
          this.composer.complain("");
          try {
            this.#show(room, thread, await api.say(room, post));
          } catch (error) {
            // It stands among the messages, with an offer to send it again.
            if (!(error instanceof ApiError) || error.code !== "not-taken") throw error;
          }
        }),
    };
    if (onThread !== undefined) {
      actions.thread = onThread;
    }
    this.timeline = new Timeline(timeline, { label, myId: me.id, actions, onEarlier: () => this.#earlier() });
  }

  /**
   * Load the latest messages of a place and show them.
   *
   * @param {string} room
   * @param {string | undefined} thread
   * @param {{ welcome?: Node, lead?: WireMessage }} instead see `Timeline.clear`
   * @returns {Promise<number | undefined>} the last change that they show; nothing if another place was opened since
   */
  async open(room, thread, instead) {
    this.room = room;
    this.thread = thread;
    this.timeline.clear(instead);
    const history = await api.history(room, this.#query());
    if (this.room !== room || this.thread !== thread) return undefined;
    this.timeline.addHistory(history.messages, history.more);
    return history.latest;
  }

  /** Whether something in this room and thread belongs here. @param {{ room: string, thread?: string }} where */
  holds(where) {
    return where.room === this.room && where.thread === this.thread;
  }

  /** @param {string} id */
  remove(id) {
    this.timeline.remove(id);
    this.composer.forget(id);
  }

  /**
   * Show what was just said, if the stream has not done so. What the stream says of a message is newer than an answer.
   *
   * @param {string} room
   * @param {string | undefined} thread
   * @param {WireMessage} message
   */
  #show(room, thread, message) {
    if (this.room !== room || this.thread !== thread) return;
    if (this.timeline.get(message.id) === undefined) this.timeline.put(message);
  }

  async #earlier() {
    const oldest = this.timeline.oldest();
    if (oldest === undefined) return;
    await this.#try(async () => {
      const { room, thread } = this;
      const history = await api.history(room, { ...this.#query(), before: oldest.id });
      if (this.room === room && this.thread === thread) this.timeline.addHistory(history.messages, history.more);
    });
  }

  /** @returns {Record<string, string>} */
  #query() {
    return this.thread === undefined ? { limit: PAGE } : { limit: PAGE, thread: this.thread };
  }

  /**
   * @param {() => Promise<void>} work
   * @returns {Promise<boolean>} whether the server has it
   */
  async #try(work) {
    try {
      await work();
      return true;
    } catch (error) {
      this.composer.complain(error instanceof Error ? error.message : "That did not work.");
      return false;
    }
  }
}
