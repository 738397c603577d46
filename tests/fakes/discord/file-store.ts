import type { APIAttachment } from "discord.js";
import type { PostedFile, SentFile } from "./posted.ts";

const OCTETS = "application/octet-stream";

/** The files of all messages, served under addresses like those of Discord's CDN. */
export class FileStore {
  /** Where the server listens. */
  origin = "";
  readonly #files = new Map<string, { path: string; file: PostedFile }>();

  attach(id: string, channelId: string, file: PostedFile): APIAttachment {
    const { name = "file.bin", bytes, size = bytes?.length ?? 0, mimeType, spoiler = false, description } = file;
    const filename = spoiler && !name.startsWith("SPOILER_") ? `SPOILER_${name}` : name;
    const path = `/cdn/attachments/${channelId}/${id}/${encodeURIComponent(filename)}`;
    this.#files.set(id, { path, file: { ...file, name: filename } });
    const url = `${this.origin}${path}?ex=6a000000&is=69fe0000&hm=0123456789abcdef`;
    return {
      id,
      filename,
      size,
      url,
      proxy_url: url,
      ...(mimeType !== undefined && { content_type: mimeType }),
      ...(description !== undefined && { description }),
      ...(mimeType?.startsWith("image/") && { width: 640, height: 480 }),
    };
  }

  /** By the path of an attachment's address. */
  at(path: string): PostedFile | undefined {
    return [...this.#files.values()].find((each) => each.path === path)?.file;
  }

  sentFile({ id, filename }: APIAttachment): SentFile {
    const { bytes = new Uint8Array(), mimeType = OCTETS } = this.#files.get(id)?.file ?? {};
    return { name: filename, mimeType, bytes, text: new TextDecoder().decode(bytes) };
  }
}
