import { element, icon, iconButton } from "./element.js";

/** As the server has it. */
const MAX_FILES = 10;
const MAX_BYTES = 8_000_000;

/** Files that somebody has chosen, dropped or pasted, and not sent yet. */
export class PickedFiles {
  view = element("ul", { class: "files picked", "aria-label": "Files to send" });
  button;
  input = element("input", { type: "file", multiple: "", hidden: "", tabindex: "-1" });
  /** @type {File[]} */
  #files = [];
  #onChange;
  #complain;

  /** @param {{ onChange: () => void, complain: (text: string) => void }} options */
  constructor({ onChange, complain }) {
    this.#onChange = onChange;
    this.#complain = complain;
    this.button = iconButton("Attach files", "attach", () => this.input.click());
    this.input.addEventListener("change", () => {
      this.add([...(this.input.files ?? [])]);
      // Choosing the same file again is a change, too.
      this.input.value = "";
    });
    this.#show();
  }

  get list() {
    return this.#files;
  }

  /** @param {Iterable<File>} files */
  add(files) {
    const all = [...this.#files, ...files];
    if (all.length > MAX_FILES) this.#complain(`A message has ${MAX_FILES} files at most.`);
    else if (all.reduce((sum, { size }) => sum + size, 0) > MAX_BYTES)
      this.#complain(`The files of a message have ${MAX_BYTES / 1e6} MB at most.`);
    else this.set(all);
  }

  /** @param {File[]} files */
  set(files) {
    this.#files = files;
    this.#show();
    this.#onChange();
  }

  #show() {
    this.view.hidden = this.#files.length === 0;
    this.view.replaceChildren(...this.#files.map((file) => this.#item(file)));
  }

  /** @param {File} file */
  #item(file) {
    const name = element("span", { class: "file-name" }, file.name);
    const remove = iconButton(`Remove ${file.name}`, "close", () =>
      this.set(this.#files.filter((each) => each !== file)),
    );
    return element("li", {}, element("span", { class: "file" }, icon("file"), name, remove));
  }
}

/**
 * As the API takes them.
 *
 * @param {File[]} files
 */
export async function encoded(files) {
  return Promise.all(
    files.map(async (file) => ({ name: file.name, mimeType: file.type, base64: await base64Of(file) })),
  );
}

/**
 * @param {File} file
 * @returns {Promise<string>}
 */
function base64Of(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(new Error(`${file.name} cannot be read.`));
    reader.readAsDataURL(file);
  });
}
