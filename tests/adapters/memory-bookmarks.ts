import type { Bookmarks } from "../../adapters/adapter.ts";

/** Bookmarks as the store keeps them, for as long as the object lives: an adapter's next start finds them. */
export class MemoryBookmarks implements Bookmarks {
  readonly marks = new Map<string, string>();

  async read(): Promise<Map<string, string>> {
    return new Map(this.marks);
  }

  async write(marks: ReadonlyMap<string, string | null>): Promise<void> {
    for (const [place, mark] of marks) {
      if (mark === null) this.marks.delete(place);
      else this.marks.set(place, mark);
    }
  }
}
