import { z } from "zod";
import { isLoopback } from "./loopback.ts";

/** What a problem says about a value of this kind. */
export interface Expectation {
  /** Completes "expected …". */
  readonly expected: string;
  /** True where a wrong value may be quoted: it can hold no secret. */
  readonly quotable?: boolean;
}

export const expectations: z.core.$ZodRegistry<Expectation> = z.registry<Expectation>();

/** Timers take no more: a longer delay would fire at once. */
const LONGEST_MS = 2_147_483_647;

export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words).register(expectations, { expected: alternatives(words), quotable: true });
}

export function whole(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  return z
    .int()
    .min(min)
    .max(max)
    .register(expectations, { expected: `a whole number ${range}`, quotable: true });
}

/** A part of a whole, which is 1. */
export function share(min: number, max: number) {
  return z
    .number()
    .min(min)
    .max(max)
    .register(expectations, { expected: `a share from ${min} to ${max}`, quotable: true });
}

export function milliseconds(min: number, max: number = LONGEST_MS) {
  return z
    .int()
    .min(min)
    .max(max)
    .register(expectations, { expected: `milliseconds: a whole number from ${min} to ${max}`, quotable: true });
}

export function flag() {
  return z.boolean().register(expectations, { expected: "true or false", quotable: true });
}

/** Text of one line that matches and is no secret. */
export function word(pattern: RegExp, expected: string) {
  return upTo(200).regex(pattern).register(expectations, { expected, quotable: true });
}

/** Text of any kind, never quoted. @param max in characters */
export function prose(max: number = Number.MAX_SAFE_INTEGER) {
  const length = max === Number.MAX_SAFE_INTEGER ? "" : ` of up to ${max} characters`;
  return upTo(max)
    .regex(/\S/)
    .register(expectations, { expected: `text${length}` });
}

/** Zod's own bound would also measure what is no text, and fail at a section that has a key called `length`. */
function upTo(max: number) {
  return z.string().refine((text) => text.length <= max || Array.from(text).length <= max);
}

export function secret(pattern: RegExp = /^\S+$/, expected = "text without spaces") {
  return z.string().regex(pattern).register(expectations, { expected });
}

/** Never quoted: an address can hold a password or a token. */
export function url() {
  return z
    .string()
    .refine((text) => parseUrl(text) !== undefined)
    .register(expectations, { expected: "an address that begins with https:// or http://" });
}

/** The address of a websocket; never quoted. */
export function socketUrl() {
  return z
    .string()
    .refine((text) => /^wss?:\/\/[^\s/]/i.test(text) && URL.canParse(text))
    .register(expectations, { expected: "an address that begins with wss:// or ws://" });
}

export function list<Item extends z.ZodType>(item: Item, expected: string) {
  return z.array(item).register(expectations, { expected });
}

export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape).register(expectations, { expected: `a section with ${someOf(Object.keys(shape))}` });
}

/** A section whose keys are names that people choose. */
export function named<Value extends z.ZodType>(name: z.ZodString, value: Value, expected: string) {
  return z.record(name, value).register(expectations, { expected });
}

/** @returns the parsed address, or `undefined` if it is not one of HTTP */
export function parseUrl(text: string): URL | undefined {
  const parsed = /^https?:\/\/[^\s/]/i.test(text) ? URL.parse(text) : null;
  return parsed ?? undefined;
}

/** Whether nobody on the way can read along: encrypted, or within this machine. */
export function isConfidential(address: URL): boolean {
  return address.protocol === "https:" || isLoopback(address.hostname);
}

export function alternatives(words: readonly string[]): string {
  const quoted = words.map((each) => `"${each}"`);
  return quoted.length === 1 ? `${quoted[0]}` : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

function someOf(keys: readonly string[]): string {
  return keys.length <= 4 ? keys.join(", ") : `${keys.slice(0, 3).join(", ")} and others`;
}
