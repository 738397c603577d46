import { badRequest } from "./wire.ts";
import type { ShownChoice } from "./world.ts";

const MAX_DATA_BYTES = 64;

/**
 * The buttons below a message, row by row, as people see them.
 *
 * @throws Refusal for what Telegram does not take
 * @see https://core.telegram.org/bots/api#inlinekeyboardmarkup
 */
export function keyboardIn(markup: unknown): ShownChoice[][] {
  if (markup === undefined) return [];
  const { inline_keyboard: rows } = objectIn(markup);
  if (!Array.isArray(rows)) throw badRequest("object expected as reply markup");
  return rows.map((row) => {
    if (!Array.isArray(row))
      throw badRequest('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays');
    return row.map(buttonIn);
  });
}

function buttonIn(value: unknown): ShownChoice {
  const { text, callback_data: data } = objectIn(value);
  if (typeof text !== "string" || text.trim() === "") throw badRequest("text of an inline keyboard button is empty");
  const bytes = typeof data === "string" ? Buffer.byteLength(data) : 0;
  if (bytes === 0 || bytes > MAX_DATA_BYTES) throw badRequest("BUTTON_DATA_INVALID");
  return { label: text, data: String(data) };
}

/** A form carries objects as JSON. */
export function objectIn(value: unknown): Record<string, unknown> {
  const object: unknown = typeof value === "string" ? JSON.parse(value) : value;
  return typeof object === "object" && object !== null ? (object as Record<string, unknown>) : {};
}
