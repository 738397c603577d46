import type { HonoRequest } from "hono";
import { z } from "zod";
import { WebError } from "../errors.ts";

const MAX_TEXT_CHARS = 20_000;
const MAX_REFERENCE = 100;
const MAX_FILE_WORD = 1_000;

/** What stands with files: at most 20,000 UTF-16 units, or nothing. */
export const captionText = z
  .string()
  // Not by `max`, which also measures what is no text: an object with a hostile `length` makes it throw.
  .refine((text) => text.length <= MAX_TEXT_CHARS, `a text has at most ${MAX_TEXT_CHARS} characters`);

/** The text of a message: 1 to 20,000 UTF-16 units, not all of them white space. */
export const messageText = captionText.refine((text) => text.trim() !== "", "a text is not empty");

/** What a file is called, or what type it is of. */
export const fileWord = z.string().refine((text) => text.length <= MAX_FILE_WORD, "a name or a type is too long");

/** An id that a client refers to or makes up. */
export const reference = z
  .string()
  .refine((text) => text !== "" && text.length <= MAX_REFERENCE, `a reference has 1 to ${MAX_REFERENCE} characters`);

/**
 * Read the JSON of a request.
 *
 * @throws WebError `not-json` for another content type, which pages of other sites could send unasked; `invalid`
 */
export async function readBody<Schema extends z.ZodType>(
  request: HonoRequest,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const type = request.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") throw new WebError("not-json", "Send JSON, as application/json.");
  let body: unknown;
  try {
    body = await request.json();
  } catch (cause) {
    if (cause instanceof WebError) throw cause;
    throw new WebError("invalid", "The body is not JSON.", { cause });
  }
  return read(body, schema);
}

/** @throws WebError `invalid`, naming the field */
export function read<Schema extends z.ZodType>(input: unknown, schema: Schema): z.infer<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = issue?.path.join(".") ?? "";
  throw new WebError("invalid", `${field === "" ? "The request" : field}: ${issue?.message ?? "not understood"}`);
}
