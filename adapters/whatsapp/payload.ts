import type { proto, WAMessage } from "@whiskeysockets/baileys";

/**
 * The part of Baileys' message that is read. Nearly every field of it was chosen by its sender, so types are looked at
 * before they are believed.
 */
export type WireMessage = Pick<WAMessage, "key" | "message" | "messageTimestamp" | "pushName" | "verifiedBizName">;

/** What a message says, in one of many dozen forms. */
export type WireContent = proto.IMessage;

/** @see `ProtocolMessage.Type` of WhatsApp's protocol buffers */
export const REVOKE = 0;
export const MESSAGE_EDIT = 14;

/** A payload that is not what WhatsApp's clients send. Says what is missing, never what was there. */
export class WhatsAppPayloadError extends Error {
  readonly code = "whatsapp-payload";

  constructor(message: string) {
    super(message);
    this.name = "WhatsAppPayloadError";
  }
}

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value if it is an object, else one without any fields. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** What a text says as JSON; undefined if it is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** At most `max` UTF-16 units of a text; undefined for what is none, and for one that is empty. */
export function textIn(value: unknown, max: number): string | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  // A cut in the middle of a surrogate pair would leave half a character.
  return value.length <= max ? value : value.slice(0, max).replace(/[\uD800-\uDBFF]$/, "");
}

/** A number as protobuf has it: in two halves where it may be large. Undefined for what is none. */
export function numberIn(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  const { low, high, unsigned } = fieldsOf(value);
  if (!Number.isInteger(low) || typeof high !== "number" || !Number.isInteger(high)) return undefined;
  return (unsigned === true ? high >>> 0 : high) * 2 ** 32 + ((low as number) >>> 0);
}

/** A number of bytes, or of anything else that can be counted. */
export function countIn(value: unknown): number | undefined {
  const number = numberIn(value);
  return number === undefined || number < 0 ? undefined : number;
}

export function bytesIn(value: unknown): Uint8Array | undefined {
  return value instanceof Uint8Array && value.length > 0 ? value : undefined;
}

/** The first `max` entries; none if it is no list. */
export function listIn(value: unknown, max: number): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, max) : [];
}
