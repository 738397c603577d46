import {
  type APIActionRowComponent,
  type APIComponentInMessageActionRow,
  ButtonStyle,
  ComponentType,
} from "discord.js";
import type { Choice } from "../adapter.ts";
import { labelledChoices } from "../choice-labels.ts";
import { ASK } from "./commands.ts";
import { listOf, recordOf } from "./payload.ts";

/** Before the command that a button stands for: other components of the bot's application are none of ours. */
const BUTTON = "parley:";
const MENU = "parley-menu";

/** More are easier to pick from a menu. */
const MOST_BUTTONS = 2;
const MOST_OPTIONS = 25;
const MAX_COMMAND_BYTES = 60;

/** Printable, so that nothing hides in what somebody picks. */
const COMMAND = /^([a-z0-9-]+)(?: ([^\p{C}\p{Zl}\p{Zp}]+))?$/u;

type Row = APIActionRowComponent<APIComponentInMessageActionRow>;

/**
 * The part of a message's body that shows what can be picked; empty without choices, so that an edit leaves them as they
 * are. Choices that could not be read back are left out, and so are those beyond what a menu holds.
 *
 * @see https://discord.com/developers/docs/components/reference
 */
export function componentsOf(choices: readonly Choice[] = []): { components?: Row[] } {
  // Discord refuses two components, or two options, that stand for the same.
  const shown = labelledChoices(choices.filter(({ command }) => picked(command) !== null)).slice(0, MOST_OPTIONS);
  if (shown.length === 0) return {};
  const components: APIComponentInMessageActionRow[] =
    shown.length <= MOST_BUTTONS
      ? shown.map(({ label, command }) => ({
          type: ComponentType.Button,
          style: ButtonStyle.Secondary,
          label,
          custom_id: BUTTON + command,
        }))
      : [
          {
            type: ComponentType.StringSelect,
            custom_id: MENU,
            options: shown.map(({ label, command: value }) => ({ label, value })),
          },
        ];
  return { components: [{ type: ComponentType.ActionRow, components }] };
}

/** A command that a component stood for, as a slash command would tell it. */
export interface Picked {
  command: string;
  options: ReadonlyArray<{ name: string; value: string }>;
}

/**
 * What was picked, by the `data` of an interaction. Only its shape is checked: who may do it is asked as if it had been
 * typed.
 *
 * @returns null for components that are none of ours
 */
export function pickedIn(data: unknown): Picked | null {
  const { custom_id: id, values } = recordOf(data);
  if (typeof id !== "string") return null;
  if (id.startsWith(BUTTON)) return picked(id.slice(BUTTON.length));
  const [value] = listOf(values, (each) => (typeof each === "string" ? each : undefined));
  return id === MENU && value !== undefined ? picked(value) : null;
}

function picked(text: string): Picked | null {
  if (Buffer.byteLength(text) > MAX_COMMAND_BYTES) return null;
  const [, command, args = ""] = COMMAND.exec(text) ?? [];
  if (command === undefined || command === ASK) return null;
  return { command, options: args.trim() === "" ? [] : [{ name: "", value: args.trim() }] };
}
