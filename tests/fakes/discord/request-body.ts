import type { IncomingMessage } from "node:http";
import type { PostedFile } from "./posted.ts";

export interface RequestBody {
  body: Record<string, unknown>;
  files: ReadonlyMap<string, PostedFile>;
}

/** The body of a call: JSON, or a form with JSON and files. */
export async function readBody(request: IncomingMessage): Promise<RequestBody> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const bytes = Buffer.concat(parts);
  const type = request.headers["content-type"] ?? "";
  if (type.startsWith("multipart/form-data")) return await readForm(bytes, type);
  return { body: bytes.length === 0 ? {} : readJson(bytes.toString("utf8")), files: new Map() };
}

async function readForm(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<RequestBody> {
  const form = await new Response(bytes, { headers: { "content-type": type } }).formData();
  const files = new Map<string, PostedFile>();
  let body: Record<string, unknown> = {};
  for (const [field, value] of form) {
    const number = /^files\[(\d+)\]$/.exec(field)?.[1];
    if (typeof value === "string") {
      if (field === "payload_json") body = readJson(value);
    } else if (number !== undefined) {
      const mimeType = value.type === "" ? undefined : value.type;
      const content = new Uint8Array(await value.arrayBuffer());
      files.set(number, { name: value.name, bytes: content, ...(mimeType !== undefined && { mimeType }) });
    }
  }
  return { body, files };
}

/** An array, as for the list of commands, is found under its numbers. */
function readJson(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
