/** @import { WireMessage } from "../wire.ts" */
/** @import { Pick } from "./choices.js" */
import { choices } from "./choices.js";
import { element, icon, iconButton, textButton } from "./element.js";
import { files } from "./files.js";
import { avatar, moment } from "./person.js";
import { PRIVATE_ROOM } from "./room-list.js";

/**
 * What can be done with a message; what is missing is not offered.
 *
 * @typedef {{
 *   reply?: (message: WireMessage) => void,
 *   thread?: (message: WireMessage) => void,
 *   edit?: (message: WireMessage) => void,
 *   erase?: (message: WireMessage) => void,
 *   again?: (message: WireMessage) => void,
 *   pick?: Pick
 * }} Actions
 */

/**
 * @param {WireMessage} message
 * @param {string} myId
 * @param {Actions} actions
 */
export function messageView(message, myId, actions) {
  const view = element("li", { class: "message", "data-id": message.id, "data-seq": String(message.seq) });
  if (message.user.isBot) view.classList.add("from-bot");
  if (message.user.id === myId) view.classList.add("mine");
  if (message.forUserId === myId) view.classList.add("for-me");
  const content = element("div", { class: "content" }, head(message, myId));
  if (message.quote !== undefined) content.append(quote(message.quote, myId));
  if (message.deleted === true) content.append(element("p", { class: "gone" }, "This message was deleted."));
  else if (message.text !== "" || message.html !== undefined) content.append(body(message));
  if (message.files !== undefined) content.append(files(message.files));
  if (message.choices !== undefined && actions.pick !== undefined) {
    content.append(choices(message, message.choices, actions.pick));
  }
  if (message.undelivered === true) content.append(undelivered(message, myId, actions));
  if (message.replies !== undefined && actions.thread !== undefined) content.append(replies(message, actions.thread));
  view.append(avatar(message.user), content);
  if (message.deleted !== true) view.append(tools(message, myId, actions));
  return view;
}

/**
 * @param {WireMessage} message
 * @param {string} myId
 */
function head(message, myId) {
  const name = element("span", { class: "name", title: message.user.id }, message.user.name);
  const line = element("div", { class: "head" }, name);
  if (message.user.isBot) line.append(element("span", { class: "badge" }, "bot"));
  if (message.forUserId !== undefined) {
    const whom = message.forUserId === myId ? "you" : (message.forUserName ?? "someone");
    line.append(element("span", { class: "whom" }, "answering ", element("b", {}, whom)));
  }
  line.append(moment(message.sentAt));
  if (message.editedAt !== undefined) line.append(element("span", { class: "edited" }, "edited"));
  return line;
}

/**
 * @param {NonNullable<WireMessage["quote"]>} quoted
 * @param {string} myId
 */
function quote(quoted, myId) {
  const name = quoted.userId === myId ? "You" : quoted.userName;
  return element(
    "blockquote",
    { class: "quote" },
    element("b", {}, name),
    " ",
    quoted.text ?? element("i", {}, "deleted message"),
  );
}

/** @param {{ text: string, html?: string }} message */
export function body({ text, html }) {
  if (html === undefined) return element("p", { class: "text" }, text);
  // The server's own renderer wrote this; what people write has no HTML and goes the way above.
  const rich = element("div", { class: "rich" });
  rich.innerHTML = html;
  return rich;
}

/**
 * @param {WireMessage} message
 * @param {string} myId
 * @param {Actions} actions
 */
function undelivered(message, myId, { again }) {
  const line = element("p", { class: "undelivered" }, "Not delivered to the bot. ");
  if (message.user.id === myId && again !== undefined) {
    line.append(textButton("Send again", "text-button", () => again(message)));
  }
  return line;
}

/**
 * @param {WireMessage} message
 * @param {(message: WireMessage) => void} open
 */
function replies(message, open) {
  const count = message.replies ?? 0;
  const label = count === 0 ? "Open the thread" : `${count} ${count === 1 ? "reply" : "replies"}`;
  const button = textButton(label, "replies", () => open(message));
  button.prepend(icon("thread"));
  return button;
}

/**
 * @param {WireMessage} message
 * @param {string} myId
 * @param {Actions} actions
 */
function tools(message, myId, { reply, thread, edit, erase }) {
  const bar = element("div", { class: "tools" });
  if (reply !== undefined) bar.append(iconButton("Reply", "reply", () => reply(message)));
  if (thread !== undefined && message.room !== PRIVATE_ROOM)
    bar.append(iconButton("Answer in a thread", "thread", () => thread(message)));
  if (message.user.id === myId) {
    if (edit !== undefined) bar.append(iconButton("Edit", "edit", () => edit(message)));
    if (erase !== undefined) bar.append(iconButton("Delete", "delete", () => erase(message)));
  }
  return bar;
}
