import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { z } from "zod";

/** What a data folder holds of a gateway, the databases in the order in which their locks are taken. */
export const PARTS = ["parley.db", "web.db", "token"] as const;

export type Part = (typeof PARTS)[number];

export const DATABASES = ["parley.db", "web.db"] as const satisfies readonly Part[];

export function isDatabase(part: Part): part is (typeof DATABASES)[number] {
  return part !== "token";
}

/** Which form a backup has. One that adds or moves anything gets the next number. */
export const FORMAT = 1;

/** The first file in a backup: it says what else is in it. */
export const MANIFEST = "manifest.json";

const part = z.strictObject({
  name: z.enum(PARTS),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Of a database: the number of its last migration. */
  schema: z.int().min(0).nullable(),
});

const manifest = z.strictObject({
  format: z.literal(FORMAT),
  /** The version of Parley that made it. Not by `max`, which measures what is no text as well, and may throw. */
  parley: z.string().refine((version) => version.length <= 100),
  /** ISO 8601, UTC. */
  createdAt: z.iso.datetime(),
  parts: z
    .array(part)
    .refine((parts) => parts.length <= PARTS.length)
    .refine((parts) => new Set(parts.map(({ name }) => name)).size === parts.length)
    .refine((parts) => parts.some(({ name }) => name === "parley.db")),
});

export type BackupPart = z.infer<typeof part>;
export type Manifest = z.infer<typeof manifest>;

/** @returns null if it is none; the number of its format if that is not known here */
export function readManifest(text: string): Manifest | { newerFormat: number } | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  const known = manifest.safeParse(read);
  if (known.success) return known.data;
  const other = z.object({ format: z.int().gt(FORMAT), parley: z.string() }).safeParse(read);
  return other.success ? { newerFormat: other.data.format } : null;
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
  return hash.digest("hex");
}
