import { type FetchedAttachment, SendError } from "../adapter.ts";
import { reasonOf } from "./client.ts";

/**
 * Get a file's bytes, giving up as soon as there are more than `maxBytes`.
 *
 * @param url holds the bot's token: it is repeated in no error
 * @throws SendError
 */
export async function download(url: URL, maxBytes: number, signal: AbortSignal): Promise<FetchedAttachment> {
  try {
    const response = await fetch(url, { signal, redirect: "error" });
    if (!response.ok) {
      await response.body?.cancel();
      throw new SendError(response.status >= 500 ? "temporary" : "refused", `the file: status ${response.status}`);
    }
    const bytes = await readBounded(response, maxBytes);
    return { bytes, mimeType: response.headers.get("content-type") ?? "application/octet-stream" };
  } catch (error) {
    if (error instanceof SendError) throw error;
    throw new SendError("temporary", `the file: ${reasonOf(error)}`);
  }
}

async function readBounded(response: Response, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels what is still to come.
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

export function tooLarge(maxBytes: number): SendError {
  return new SendError("refused", `the file has more than ${maxBytes} bytes`);
}
