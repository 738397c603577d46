import { type APIMessage, ComponentType } from "discord.js";
import type { ShownChoice } from "./posted.ts";
import { badLength, invalidField } from "./refusal.ts";

type Fields = Record<string, unknown>;

const MAX_ROWS = 5;
const MAX_BUTTONS = 5;
const MAX_OPTIONS = 25;
const MAX_ID = 100;

/** Rows of buttons, or of one menu each. @throws Refusal for what Discord does not take */
export function componentsIn(list: unknown): NonNullable<APIMessage["components"]> {
  if (!Array.isArray(list) || list.length > MAX_ROWS) throw badLength("components", 0, MAX_ROWS);
  const rows: Fields[] = list;
  const parts = rows.flatMap(partsOf);
  const ids = parts.map(({ custom_id }) => custom_id);
  if (new Set(ids).size < ids.length) {
    throw invalid("COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated");
  }
  for (const part of parts) demandPart(part);
  return rows as unknown as NonNullable<APIMessage["components"]>;
}

/** What people can pick below a message, in reading order. */
export function shownChoices(components: APIMessage["components"] = []): ShownChoice[] {
  return (components as unknown as Fields[]).flatMap(partsOf).flatMap((part): ShownChoice[] => {
    const id = String(part.custom_id);
    if (part.type === ComponentType.Button) return [{ label: String(part.label), id }];
    return listIn(part.options).map(({ label, value }) => ({ label: String(label), id, value: String(value) }));
  });
}

function partsOf({ type, components }: Fields): Fields[] {
  const parts = listIn(components);
  if (type !== ComponentType.ActionRow) throw invalid("BASE_TYPE_CHOICES", "Value must be one of (1,)");
  const isMenu = parts.some((part) => part.type === ComponentType.StringSelect);
  if (parts.length < 1 || parts.length > (isMenu ? 1 : MAX_BUTTONS)) throw badLength("components", 1, MAX_BUTTONS);
  return parts;
}

function demandPart({ type, custom_id, label, style, options }: Fields): void {
  demandLength(custom_id, MAX_ID);
  if (type === ComponentType.Button) {
    demandLength(label, 80);
    if (!Number.isInteger(style)) throw invalid("BASE_TYPE_REQUIRED", "This field is required");
    return;
  }
  if (type !== ComponentType.StringSelect) throw invalid("UNION_TYPE_CHOICES", "The fake knows buttons and menus");
  const entries = listIn(options);
  if (entries.length < 1 || entries.length > MAX_OPTIONS) throw badLength("components", 1, MAX_OPTIONS);
  for (const entry of entries) {
    demandLength(entry.label, 100);
    demandLength(entry.value, 100);
  }
  if (new Set(entries.map(({ value }) => value)).size < entries.length) {
    throw invalid("SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used");
  }
}

/** Discord takes white space off both ends. */
function demandLength(text: unknown, max: number): void {
  if (typeof text !== "string" || text.trim() === "" || text.length > max) throw badLength("components", 1, max);
}

function listIn(list: unknown): Fields[] {
  return Array.isArray(list) ? list : [];
}

function invalid(code: string, message: string) {
  return invalidField("components", code, message);
}
