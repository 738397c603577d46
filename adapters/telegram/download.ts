import { type FetchedAttachment, SendError } from "../adapter.ts";
import { fileIn } from "../file-body.ts";
import { reasonOf } from "./client.ts";

/**
 * Get a file's bytes, giving up as soon as there are more than `maxBytes`.
 *
 * @param url holds the bot's token: it is repeated in no error
 * @throws SendError
 */
export async function download(url: URL, maxBytes: number, signal: AbortSignal): Promise<FetchedAttachment> {
  try {
    return await fileIn(await fetch(url, { signal, redirect: "error" }), maxBytes);
  } catch (error) {
    if (error instanceof SendError) throw error;
    throw new SendError("temporary", `the file: ${reasonOf(error)}`);
  }
}
