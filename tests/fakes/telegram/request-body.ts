import type { IncomingMessage } from "node:http";
import type { SentFile } from "./world.ts";

/** What a call carries: JSON, or a form whose files stand under their fields. */
export async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const bytes = Buffer.concat(parts);
  const type = request.headers["content-type"] ?? "";
  if (type.startsWith("multipart/form-data")) return await readForm(bytes, type);
  return bytes.length === 0 ? {} : JSON.parse(bytes.toString("utf8"));
}

async function readForm(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<Record<string, unknown>> {
  const form = await new Response(bytes, { headers: { "content-type": type } }).formData();
  const fields: Record<string, unknown> = {};
  for (const [field, value] of form) fields[field] = typeof value === "string" ? value : await fileOf(value);
  return fields;
}

async function fileOf(file: File): Promise<SentFile> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  return { name: file.name, bytes, text: Buffer.from(bytes).toString("utf8") };
}
