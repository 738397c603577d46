import { element } from "./element.js";

const TONES = 8;

/**
 * A coloured initial. The colour follows the id, so two people of one name look different.
 *
 * @param {{ id: string, name: string, isBot?: boolean }} user
 */
export function avatar(user) {
  let sum = 0;
  for (const char of user.id) sum = (sum * 31 + char.charCodeAt(0)) >>> 0;
  const tone = user.isBot === true ? "bot" : String(sum % TONES);
  const initial = [...new Intl.Segmenter().segment(user.name.trim())][0]?.segment ?? "?";
  return element("span", { class: "avatar", "data-tone": tone, "aria-hidden": "true" }, initial.toUpperCase());
}

const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY_AND_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** @param {number} at epoch milliseconds */
export function moment(at) {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  return element(
    "time",
    { datetime: date.toISOString(), title: DAY_AND_TIME.format(date) },
    (today ? TIME : DAY_AND_TIME).format(date),
  );
}
