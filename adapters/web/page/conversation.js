/** @import { WireMessage } from "../wire.ts" */
/** @import { About, Person } from "./api.js" */
/** @import { Listeners } from "./stream.js" */
import { ApiError, api } from "./api.js";
import { byId } from "./element.js";
import { askName } from "./join-dialog.js";
import { recall, remember } from "./memory.js";
import { patiently } from "./patience.js";
import { Place } from "./place.js";
import { PRIVATE_ROOM, RoomList } from "./room-list.js";
import { Sidebar } from "./sidebar.js";
import { listen } from "./stream.js";
import { ThreadPanel } from "./thread-panel.js";
import { hint, welcome } from "./welcome.js";

const LOBBY = "lobby";
const ROOM_ID = /^[a-z0-9-]{1,40}$/;
/** A thread that opens for what I asked this recently is where I look next. */
const JUST_ASKED_MS = 60_000;

/** The page of one person, from joining until the server knows them no more. */
export class Conversation {
  #about;
  #me;
  #rooms;
  #sidebar;
  #main;
  #panel;
  /** @type {() => void} */
  #end = () => {};

  /**
   * @param {About} about
   * @param {Person} me
   */
  constructor(about, me) {
    this.#about = about;
    this.#me = me;
    this.#sidebar = new Sidebar(
      (room) => this.#openNew(room),
      () => this.#rename(),
    );
    this.#panel = new ThreadPanel(me, about.bot);
    this.#main = new Place({
      timeline: byId("timeline", HTMLDivElement),
      composer: byId("composer", HTMLDivElement),
      composerId: "write",
      label: "Messages",
      me,
      onThread: (message) => this.#panel.open(message),
    });
    this.#rooms = new RoomList(
      byId("rooms", HTMLUListElement),
      byId("private-room", HTMLUListElement),
      about.bot.displayName,
      (room) => this.#open(room),
    );
  }

  /** Resolves when the server knows this person no more. */
  async run() {
    const ended = new Promise((resolve) => {
      this.#end = () => resolve(undefined);
    });
    this.#sidebar.showMe(this.#me);
    for (const { id } of await patiently(() => this.#roomsByName())) this.#rooms.add(id);
    const wanted = location.hash.slice(1) || recall("room");
    const latest = await this.#open(ROOM_ID.test(wanted) ? wanted : LOBBY);
    const onHash = () => {
      const room = location.hash.slice(1);
      if (ROOM_ID.test(room) && room !== this.#main.room) this.#open(room);
    };
    window.addEventListener("hashchange", onHash);
    const stream = listen(
      latest,
      this.#listeners(),
      (state) => this.#connection(state),
      () => this.#checkMe(),
    );
    await ended;
    stream.stop();
    window.removeEventListener("hashchange", onHash);
    this.#panel.close();
    this.#sidebar.stop();
  }

  async #roomsByName() {
    return (await api.rooms()).toSorted((a, b) => a.id.localeCompare(b.id));
  }

  /** @param {string} room */
  async #open(room) {
    const { bot } = this.#about;
    const isPrivate = room === PRIVATE_ROOM;
    const prefill = (/** @type {string} */ text) => this.#main.composer.prefill(text);
    this.#sidebar.hide();
    this.#panel.close();
    this.#rooms.add(room);
    this.#rooms.choose(room);
    remember("room", room);
    history.replaceState(null, "", `#${room}`);
    this.#title();
    byId("room-title", HTMLHeadingElement).textContent = isPrivate
      ? `Private chat with ${bot.displayName}`
      : `#${room}`;
    byId("room-about", HTMLParagraphElement).textContent = isPrivate
      ? "Only you can read this."
      : `Everybody can read along. ${this.#about.answersAll ? `${bot.displayName} answers every message.` : `Write @${bot.name} to ask ${bot.displayName}.`}`;
    const offers = { prefill, openPrivate: () => this.#open(PRIVATE_ROOM) };
    this.#main.composer.invite(isPrivate ? `Write to ${bot.displayName}` : `Write in #${room}`, ...hint(prefill));
    byId("app", HTMLDivElement).toggleAttribute("data-private", isPrivate);
    try {
      const latest = await this.#main.open(room, undefined, { welcome: welcome(room, this.#about, offers) });
      if (matchMedia("(hover: hover)").matches) this.#main.composer.focus();
      return latest;
    } catch (error) {
      this.#main.composer.complain(error instanceof Error ? error.message : "The room cannot be read.");
      return undefined;
    }
  }

  /** @param {string} name as typed */
  async #openNew(name) {
    const room = name.trim().toLowerCase().replace(/^#/, "").replace(/\s+/g, "-");
    if (!ROOM_ID.test(room) || room === PRIVATE_ROOM) return "Letters a to z, digits and dashes, please.";
    try {
      await api.openRoom(room);
    } catch (error) {
      return error instanceof Error ? error.message : "That did not work.";
    }
    this.#open(room);
    return "";
  }

  async #rename() {
    const renamed = await askName(this.#about, this.#me);
    if (renamed === null) return;
    this.#me = renamed;
    this.#sidebar.showMe(renamed);
  }

  /** @returns {Listeners} */
  #listeners() {
    const places = [this.#main, this.#panel.place];
    return {
      ready: () => {
        for (const place of places) place.timeline.quiet();
      },
      reset: () => {
        this.#open(this.#main.room);
        this.#roomsByName().then(
          (rooms) =>
            rooms.forEach((room) => {
              this.#rooms.add(room.id);
            }),
          () => {},
        );
      },
      beat: () => {},
      room: ({ id }) => this.#rooms.add(id),
      message: (message) => this.#hear(message),
      edit: (message) => {
        for (const place of places) {
          if (place.holds(message) && place.timeline.get(message.id) !== undefined) place.timeline.put(message);
        }
      },
      delete: ({ id, room }) => {
        for (const place of places) if (place.room === room) place.remove(id);
      },
      thread: ({ id, room, replies }) => {
        if (room !== this.#main.room) return;
        this.#main.timeline.setReplies(id, replies);
        const head = this.#main.timeline.get(id);
        const asked = head?.user.id === this.#me.id && Date.now() - head.sentAt < JUST_ASKED_MS;
        if (head !== undefined && asked && !this.#panel.isOpen) this.#panel.open(head);
      },
      typing: (where) => {
        for (const place of places) if (place.holds(where)) place.timeline.typing(this.#about.bot.displayName);
      },
      preview: (preview) => {
        for (const place of places)
          if (place.holds(preview)) place.timeline.preview(preview, this.#about.bot.displayName);
      },
    };
  }

  /** @param {WireMessage} message */
  #hear(message) {
    for (const place of [this.#main, this.#panel.place]) if (place.holds(message)) place.timeline.put(message);
    this.#rooms.hasNews(message.room);
    this.#title();
  }

  #title() {
    document.title = this.#rooms.news ? "• Parley" : "Parley";
  }

  /** @param {"live" | "waiting"} state */
  #connection(state) {
    const shown = byId("connection", HTMLParagraphElement);
    shown.dataset.state = state;
    byId("connection-label", HTMLSpanElement).textContent = state === "live" ? "Connected" : "Reconnecting";
  }

  /** A connection failed: perhaps because this person is known no more. */
  async #checkMe() {
    try {
      await api.me();
    } catch (error) {
      if (error instanceof ApiError && error.code === "unauthorized") this.#end();
    }
  }
}
