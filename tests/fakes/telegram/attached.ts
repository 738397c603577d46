/** A file that somebody posts. */
export interface PostedFile {
  bytes?: Uint8Array;
  /** What Telegram says its size is; default the length of `bytes`. */
  size?: number;
  name?: string;
  mimeType?: string;
}

/** Files by their id, and how they look inside a message. */
export class FakeFiles {
  readonly #files = new Map<string, { path: string; file: PostedFile }>();

  byId(fileId: string): { path: string; file: PostedFile } | undefined {
    return this.#files.get(fileId);
  }

  bytesAt(path: string): Uint8Array | undefined {
    return [...this.#files.values()].find((each) => each.path === path)?.file.bytes;
  }

  /** A picture in the sizes that Telegram makes of it; the largest has the bytes. */
  photo(file: PostedFile): { photo: unknown[] } {
    const full = this.#store(file, "photos");
    const thumbnail = this.#store({ ...file, size: Math.min(sizeOf(file), 900) }, "photos");
    return {
      photo: [
        { ...thumbnail, width: 90, height: 67 },
        { ...full, width: 1280, height: 960 },
      ],
    };
  }

  document(file: PostedFile): { document: unknown } {
    return { document: this.#store(file, "documents") };
  }

  voice(file: PostedFile): { voice: unknown } {
    return { voice: { duration: 2, ...this.#store({ mimeType: "audio/ogg", ...file }, "voice") } };
  }

  #store(file: PostedFile, folder: string) {
    const id = `file-${this.#files.size + 1}`;
    this.#files.set(id, { path: `${folder}/${id}`, file });
    return {
      file_id: id,
      file_unique_id: `unique-${id}`,
      file_size: sizeOf(file),
      ...(file.name !== undefined && { file_name: file.name }),
      ...(file.mimeType !== undefined && { mime_type: file.mimeType }),
    };
  }
}

export function sizeOf({ bytes, size }: PostedFile): number {
  return size ?? bytes?.length ?? 0;
}
