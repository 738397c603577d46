import type { InlineKeyboardButton, InlineKeyboardMarkup } from "telegraf/types";
import type { Choice } from "../adapter.ts";
import { labelledChoices } from "../choice-labels.ts";
import type { CommandCall } from "../record.ts";

const MAX_DATA_BYTES = 64;

/** Two labels that are no longer than this are readable side by side on a phone. */
const SHORT_LABEL = 16;

/** Printable, so that nothing hides in what somebody picks. */
const COMMAND = /^([a-z][a-z0-9_-]*)(?: ([^\p{C}\p{Zl}\p{Zp}]+))?$/u;

/**
 * Buttons below a message, one choice in a row, or two short ones. Choices that could not be read back are left out.
 *
 * @returns undefined if there is nothing to show
 * @see https://core.telegram.org/bots/api#inlinekeyboardbutton
 */
export function keyboardOf(choices: readonly Choice[] = []): InlineKeyboardMarkup | undefined {
  const shown = labelledChoices(choices.filter(({ command }) => commandIn(command) !== null));
  const buttons = shown.map(({ label, command }) => ({ text: label, callback_data: command }));
  const rows: InlineKeyboardButton.CallbackButton[][] = [];
  for (const button of buttons) {
    const row = rows.at(-1);
    if (row?.length === 1 && [...row, button].every(({ text }) => text.length <= SHORT_LABEL)) row.push(button);
    else rows.push([button]);
  }
  return rows.length === 0 ? undefined : { inline_keyboard: rows };
}

/** @returns null for what is no command of a choice: anybody can make up what a button holds */
export function commandIn(data: string): CommandCall | null {
  if (Buffer.byteLength(data) > MAX_DATA_BYTES) return null;
  const [, name, args = ""] = COMMAND.exec(data) ?? [];
  return name === undefined ? null : { name, args: args.trim() };
}
