import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { sha256 } from "@whiskeysockets/baileys";
import { MEDIA_CERTIFICATE, MEDIA_CERTIFICATE_KEY } from "./test-keys.ts";

/** Where encrypted files lie, over HTTPS: uploaded with a token, downloaded by who knows the path. */
export class MediaServer {
  /** With port. */
  host = "";
  /** What uploads have to show. */
  readonly auth = randomBytes(12).toString("base64url");
  /** Paths that were asked for, in order. */
  readonly downloads: string[] = [];
  /** Told of every file that comes, before the answer. */
  onUpload: () => void = () => {};
  /** While it is pending, downloads stop in the middle. */
  #held: PromiseWithResolvers<void> | undefined;
  readonly #files = new Map<string, Buffer | "gone">();
  readonly #server: Server;

  constructor() {
    this.#server = createServer({ cert: MEDIA_CERTIFICATE, key: MEDIA_CERTIFICATE_KEY }, (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Put a file of somebody's where the bot can have it. */
  put(body: Buffer): { url: string; directPath: string } {
    const directPath = `/v/t62.7118-24/${randomBytes(12).toString("hex")}`;
    this.#files.set(directPath, body);
    return { url: `https://${this.host}${directPath}`, directPath };
  }

  /** What lies at a path. */
  at(directPath: string): Buffer | undefined {
    const file = this.#files.get(directPath);
    return file === "gone" ? undefined : file;
  }

  /** Downloads stop in the middle until the release. */
  hold(): { release(): void } {
    const held = Promise.withResolvers<void>();
    this.#held = held;
    return {
      release: () => {
        if (this.#held === held) this.#held = undefined;
        held.resolve();
      },
    };
  }

  /** A file is kept no longer (410). */
  expire(directPath: string): void {
    this.#files.set(directPath, "gone");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", `https://${this.host}`);
    if (request.method === "POST") return this.#upload(pathname, searchParams, await buffer(request), response);
    this.downloads.push(pathname);
    const file = this.#files.get(pathname);
    if (file === undefined) response.writeHead(404).end();
    else if (file === "gone") response.writeHead(410).end();
    else await this.#download(file, response);
  }

  async #download(file: Buffer, response: ServerResponse): Promise<void> {
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": file.length });
    if (this.#held === undefined) response.end(file);
    else {
      const half = file.length >> 1;
      response.write(file.subarray(0, half));
      await this.#held.promise;
      response.end(file.subarray(half));
    }
  }

  #upload(path: string, query: URLSearchParams, body: Buffer, response: ServerResponse): void {
    this.onUpload();
    const token = path.split("/").at(-1);
    const digest = sha256(body).toString("base64url");
    if (query.get("auth") !== this.auth) response.writeHead(401).end("{}");
    else if (token !== digest || query.get("token") !== digest) response.writeHead(400).end("{}");
    else {
      const { url, directPath } = this.put(body);
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ url, direct_path: directPath }));
    }
  }
}
