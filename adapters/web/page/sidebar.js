/** @import { Person } from "./api.js" */
import { byId } from "./element.js";
import { avatar } from "./person.js";

/** Rooms and oneself, beside the chat; on a narrow screen it slides in when asked for. */
export class Sidebar {
  #app = byId("app", HTMLDivElement);
  #menu = byId("menu", HTMLButtonElement);
  #shade = byId("shade", HTMLDivElement);
  #over = new AbortController();

  /**
   * @param {(name: string) => Promise<string>} onOpen opens a room; what is wrong with its name, if anything
   * @param {() => void} onRename
   */
  constructor(onOpen, onRename) {
    const { signal } = this.#over;
    this.#menu.addEventListener("click", () => this.#toggle(!this.#isOpen), { signal });
    this.#shade.addEventListener("click", () => this.hide(), { signal });
    document.addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "Escape" || !this.#isOpen) return;
        this.hide();
        this.#menu.focus();
      },
      { signal },
    );
    byId("rename", HTMLButtonElement).addEventListener("click", onRename, { signal });
    const name = byId("new-room-name", HTMLInputElement);
    name.addEventListener("input", () => name.setCustomValidity(""), { signal });
    byId("new-room", HTMLFormElement).addEventListener(
      "submit",
      async (event) => {
        event.preventDefault();
        const problem = await onOpen(name.value);
        name.setCustomValidity(problem);
        if (problem === "") name.value = "";
        else name.reportValidity();
      },
      { signal },
    );
  }

  /** @param {Person} me */
  showMe(me) {
    byId("my-avatar", HTMLSpanElement).replaceChildren(avatar(me));
    byId("my-name", HTMLSpanElement).textContent = me.name;
  }

  hide() {
    if (this.#isOpen) this.#toggle(false);
  }

  stop() {
    this.#over.abort();
  }

  get #isOpen() {
    return this.#app.hasAttribute("data-sidebar");
  }

  /** @param {boolean} open */
  #toggle(open) {
    this.#app.toggleAttribute("data-sidebar", open);
    this.#menu.setAttribute("aria-expanded", String(open));
    this.#shade.hidden = !open;
    if (open) /** @type {HTMLElement | null} */ (document.querySelector(".sidebar .room"))?.focus();
  }
}
