import { createHash, randomInt } from "node:crypto";

/** Letters and digits that nobody takes for one another, however they are written or read aloud. */
const ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const LENGTH = 8;

/** A code to read, say and type: 40 bits. @param random a whole number from 0 to below its argument; default: unguessable */
export function newCode(random: (below: number) => number = (below) => randomInt(below)): string {
  return Array.from({ length: LENGTH }, () => ALPHABET[random(ALPHABET.length)]).join("");
}

/** A code as somebody typed it, in the one spelling that is compared. */
export function readCode(text: string): string {
  return text.toUpperCase().replace(/[\s-]+/g, "");
}

/** As it is shown: in two halves. */
export function showCode(code: string): string {
  return `${code.slice(0, LENGTH / 2)}-${code.slice(LENGTH / 2)}`;
}

/** What is kept of a code that gives a right to whoever knows it. */
export function hashCode(code: string): string {
  return createHash("sha256").update(readCode(code)).digest("hex");
}
