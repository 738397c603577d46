/** Longer text may be a secret in the wrong place: it is counted, not quoted. */
const LONGEST_QUOTE = 32;

/** A key as shown in a problem. */
export function showKey(key: string): string {
  return isShowable(key) ? `\`${key}\`` : `of ${key.length} characters`;
}

/** What was found in place of a value, without any of its text. */
export function showKind(value: unknown): string {
  if (value === undefined || value === null || value === "") return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return "text";
  if (typeof value === "number" || typeof value === "bigint") return "a number";
  if (typeof value === "boolean") return "true or false";
  return "a section";
}

/** What was found in place of a value that is no secret. */
export function showValue(value: unknown): string {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "string" && value !== "" && isShowable(value)) return JSON.stringify(value);
  return showKind(value);
}

function isShowable(text: string): boolean {
  return text.length <= LONGEST_QUOTE && /^[\p{L}\p{N}\p{P}\p{S} ]*$/u.test(text);
}
