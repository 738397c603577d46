/** What this browser remembers between visits. Storage may be forbidden: then it remembers nothing. */

/** @typedef {"name" | "room"} Thing */

/**
 * @param {Thing} thing
 * @returns {string}
 */
export function recall(thing) {
  try {
    return localStorage.getItem(`parley-${thing}`) ?? "";
  } catch {
    return "";
  }
}

/**
 * @param {Thing} thing
 * @param {string} value
 */
export function remember(thing, value) {
  try {
    localStorage.setItem(`parley-${thing}`, value);
  } catch {
    // Nothing depends on it.
  }
}
