/** @import { About, Person } from "./api.js" */
import { ApiError, api } from "./api.js";
import { byId } from "./element.js";
import { recall, remember } from "./memory.js";

/**
 * Ask for a name, until the server takes one.
 *
 * @param {About} about
 * @param {Person} [me] who wants another name; without, somebody who joins
 * @returns {Promise<Person | null>} `null` if a change of name was given up
 */
export function askName(about, me) {
  const dialog = byId("join", HTMLDialogElement);
  const form = byId("join-form", HTMLFormElement);
  const name = byId("join-name", HTMLInputElement);
  const token = byId("join-token", HTMLInputElement);
  const problem = byId("join-problem", HTMLParagraphElement);
  const cancel = byId("join-cancel", HTMLButtonElement);
  const submit = byId("join-submit", HTMLButtonElement);
  const needsToken = me === undefined && about.needsAccessToken;
  byId("join-title", HTMLHeadingElement).textContent = me === undefined ? "Welcome to Parley" : "Another name";
  byId("join-about", HTMLParagraphElement).textContent =
    me === undefined
      ? `Talk with the others in a room, and with ${about.bot.displayName}. What should people call you?`
      : "What you said already keeps the name it was said under.";
  submit.textContent = me === undefined ? "Join" : "Rename";
  byId("join-access", HTMLDivElement).hidden = !needsToken;
  token.required = needsToken;
  cancel.hidden = me === undefined;
  name.value = me?.name ?? recall("name");
  problem.textContent = "";
  if (!dialog.open) dialog.showModal();
  name.select();

  const { promise, resolve } = Promise.withResolvers();
  const over = new AbortController();

  /** @param {Person | null} person */
  function end(person) {
    over.abort();
    token.value = "";
    dialog.close();
    resolve(person);
  }

  form.addEventListener(
    "submit",
    async (event) => {
      event.preventDefault();
      submit.disabled = true;
      try {
        const asked =
          me === undefined ? api.join(name.value, needsToken ? token.value : undefined) : api.rename(name.value);
        const person = await asked;
        remember("name", person.name);
        end({ id: person.id, name: person.name });
      } catch (error) {
        problem.textContent = error instanceof ApiError ? error.message : "That did not work.";
      } finally {
        submit.disabled = false;
      }
    },
    { signal: over.signal },
  );
  cancel.addEventListener("click", () => end(null), { signal: over.signal });
  dialog.addEventListener(
    "cancel",
    (event) => {
      event.preventDefault();
      if (me !== undefined) end(null);
    },
    { signal: over.signal },
  );
  return promise;
}
