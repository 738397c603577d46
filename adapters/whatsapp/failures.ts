import { SendError, type SendErrorCode } from "../adapter.ts";
import { LinkError, type LinkErrorCode } from "./protocol.ts";

/**
 * An error on its way between threads. Only errors of our own keep their text: others may carry keys or what people
 * wrote, and are reduced to a name and a code.
 */
export type Failure =
  | { kind: "send"; code: SendErrorCode; text: string; retryAfterMs?: number; uncertain: boolean; answered: boolean }
  | { kind: "link"; code: LinkErrorCode; text: string }
  | { kind: "other"; name: string; code?: string };

/** Something that failed on the other side of a thread. Says nothing but what kind of error it was. */
export class ThreadError extends Error {
  readonly code: string;
  /** The error's own name there. */
  readonly origin: string;

  constructor(name: string, code = "thread") {
    super(`failed in another thread: ${name}`);
    this.name = "ThreadError";
    this.code = code;
    this.origin = name;
  }
}

export function toFailure(error: unknown): Failure {
  if (error instanceof SendError) {
    const { code, message: text, retryAfterMs, uncertain, answered } = error;
    return { kind: "send", code, text, uncertain, answered, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  }
  if (error instanceof LinkError) return { kind: "link", code: error.code, text: error.message };
  return { kind: "other", ...nameOf(error) };
}

export function fromFailure(failure: Failure): Error {
  if (failure.kind === "send") return new SendError(failure.code, failure.text, failure);
  if (failure.kind === "link") return new LinkError(failure.code, failure.text);
  return new ThreadError(failure.name, failure.code);
}

/** Whether it was the gateway's store that failed: then it is not about what was to be stored. */
export function isStoreFailure(error: unknown): boolean {
  return error instanceof ThreadError && (error.origin === "StoreError" || error.code === "thread-gone");
}

/** What may be told of any error: identifiers that a program chose, never its text. */
export function nameOf(error: unknown): { name: string; code?: string } {
  if (error instanceof ThreadError) return { name: error.origin, code: error.code };
  const { name, code } = error instanceof Error ? (error as Error & { code?: unknown }) : { name: "", code: undefined };
  const short = (text: unknown): text is string => typeof text === "string" && /^[\w.-]{1,40}$/.test(text);
  return { name: short(name) ? name : "Error", ...(short(code) && { code }) };
}
