import { type FetchedAttachment, SendError } from "./adapter.ts";

/** The bytes of a file that was asked for, giving up as soon as there are more than `maxBytes`. @throws SendError */
export async function fileIn(response: Response, maxBytes: number): Promise<FetchedAttachment> {
  if (!response.ok) {
    await response.body?.cancel();
    throw new SendError(response.status >= 500 ? "temporary" : "refused", `the file: status ${response.status}`);
  }
  const parts: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels what is still to come.
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    parts.push(part);
  }
  return { bytes: Buffer.concat(parts), mimeType: response.headers.get("content-type") ?? "application/octet-stream" };
}

export function tooLarge(maxBytes: number): SendError {
  return new SendError("refused", `the file has more than ${maxBytes} bytes`);
}
