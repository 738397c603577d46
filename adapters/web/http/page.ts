import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname } from "node:path";
import { WebError } from "../errors.ts";

const FOLDER = new URL("../page/", import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

interface PageFile {
  bytes: Uint8Array<ArrayBuffer>;
  type: string;
  etag: string;
}

/** The files of the page, held in memory: nothing that a request says becomes a path. */
export class Page {
  readonly #files: ReadonlyMap<string, PageFile>;

  private constructor(files: ReadonlyMap<string, PageFile>) {
    this.#files = files;
  }

  static async load(): Promise<Page> {
    const files = new Map<string, PageFile>();
    for (const name of await readdir(FOLDER)) {
      const type = TYPES[extname(name)];
      if (type === undefined) continue;
      const bytes = new Uint8Array(await readFile(new URL(name, FOLDER)));
      const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
      files.set(name, { bytes, type, etag });
    }
    return new Page(files);
  }

  /** @throws WebError `not-found` */
  answer(name: string, request: Request): Response {
    const file = this.#files.get(name);
    if (file === undefined) throw new WebError("not-found", "There is nothing here.");
    const headers = { "content-type": file.type, etag: file.etag, "cache-control": "no-cache" };
    const known = request.headers.get("if-none-match") === file.etag;
    return known ? new Response(null, { status: 304, headers }) : new Response(file.bytes, { headers });
  }
}
