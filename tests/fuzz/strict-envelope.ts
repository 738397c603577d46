/**
 * Reads what the model is given as strictly as can be, knowing nothing of the code that wrote it but what the system prompt
 * tells the model: whatever is not an element of the gateway's own is what somebody said.
 */

interface Element {
  tag: string;
  attributes: Record<string, string>;
  /** Decoded. */
  text: string;
}

export interface Spoken {
  /** Quotes and attachments. */
  parts: Element[];
  /** What is passed on, in place of the text. */
  forwarded?: Element;
  text: string;
}

export interface Message extends Spoken {
  from: Record<string, string>;
}

const TAGS = ["message", "quoted", "forwarded", "attachment", "background", "summary"];
const REFERENCES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"' };
const ATTRIBUTES = '(?: [a-z]+="[^"<>]*")*';
const PART = new RegExp(`<(quoted|attachment)(${ATTRIBUTES})>([^<>]*)</\\1>(\\n|$)`, "y");
const FORWARDED = new RegExp(`<(forwarded)(${ATTRIBUTES})>([^<>]*)</forwarded>`, "y");
const OPENING = new RegExp(`<message(${ATTRIBUTES})>\\n`, "y");

/** @throws at whatever is no envelope */
export function readMessage(envelope: string): Message {
  const [message, ...more] = readMessages(envelope);
  if (message === undefined || more.length > 0) throw new Error("not one envelope");
  return message;
}

/** Envelopes, one after the other on lines of their own. @throws at whatever is none */
export function readMessages(text: string): Message[] {
  const read: Message[] = [];
  let at = 0;
  for (;;) {
    OPENING.lastIndex = at;
    const opening = OPENING.exec(text);
    if (opening === null) throw new Error("no envelope");
    const from = attributesIn(opening[1] ?? "");
    const { parts, end } = readParts(text, OPENING.lastIndex);
    const forwarded = elementAt(FORWARDED, text, end);
    const begin = forwarded === undefined ? end : FORWARDED.lastIndex;
    const close = text.indexOf("\n</message>", begin);
    if (close === -1) throw new Error("no end");
    const words = text.slice(begin, close);
    if (/[<>]/.test(words)) throw new Error("markup in the text");
    if (forwarded !== undefined && words !== "") throw new Error("words beside what is passed on");
    read.push({ from, parts, text: decoded(words), ...(forwarded !== undefined && { forwarded }) });
    at = close + "\n</message>".length;
    if (at === text.length) return read;
    if (text[at] !== "\n") throw new Error("something behind the end");
    at += 1;
  }
}

/** What somebody says who is alone with the bot; its text as it stands. @throws if that holds any element of the gateway's */
export function readAlone(text: string): Spoken {
  const { parts, end } = readParts(text, 0);
  const forwarded = elementAt(FORWARDED, text, end);
  const rest = text.slice(forwarded === undefined ? end : FORWARDED.lastIndex);
  if (forwarded !== undefined && rest !== "") throw new Error("words beside what is passed on");
  if (looksLikeElement(rest)) throw new Error("an element in the text");
  return { parts, text: rest, ...(forwarded !== undefined && { forwarded }) };
}

/** What neither writes nor draws anything. */
const UNSEEN = /[^\p{L}\p{N}\p{P}\p{S}]|[\u115f\u1160\u3164\uffa0]/u;

/** As somebody would see it who reads over what cannot be seen, and cares neither for case nor for slashes. */
export function looksLikeElement(text: string): boolean {
  const pieces = text.split("<").slice(1);
  return pieces.some((piece) => TAGS.some((tag) => beginsWith(piece, tag)));
}

function beginsWith(piece: string, tag: string): boolean {
  const signs = Array.from(piece);
  let found = "";
  for (const [at, sign] of signs.entries()) {
    if (UNSEEN.test(sign) || (sign === "/" && found === "")) continue;
    found += sign.toUpperCase();
    if (!tag.toUpperCase().startsWith(found)) return false;
    if (found.length === tag.length) return !/[\p{L}\p{N}_-]/u.test(signs[at + 1] ?? "");
  }
  return false;
}

function readParts(text: string, start: number): { parts: Element[]; end: number } {
  const parts: Element[] = [];
  for (let end = start; ; end = PART.lastIndex) {
    const part = elementAt(PART, text, end);
    if (part === undefined) return { parts, end };
    parts.push(part);
  }
}

function elementAt(pattern: RegExp, text: string, at: number): Element | undefined {
  pattern.lastIndex = at;
  const [, tag, attributes, inside] = pattern.exec(text) ?? [];
  if (tag === undefined) return undefined;
  return { tag, attributes: attributesIn(attributes ?? ""), text: decoded(inside ?? "") };
}

function attributesIn(written: string): Record<string, string> {
  // A line that ends inside an attribute would look like the next message.
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(written)) throw new Error("an attribute that ends its line");
  return Object.fromEntries(
    Array.from(written.matchAll(/ ([a-z]+)="([^"]*)"/g), ([, name = "", value = ""]) => [name, decoded(value)]),
  );
}

/** @throws at a sign that is neither itself nor a reference */
function decoded(text: string): string {
  return text.replace(/&(?:#(\d+)|([a-z]+));|&/g, (written, code?: string, name?: string) => {
    const character = name === undefined ? String.fromCodePoint(Number(code)) : REFERENCES[name];
    if (character === undefined || Number.isNaN(Number(code ?? 0))) throw new Error(`a bare sign: ${written}`);
    return character;
  });
}
