/** Parts of sentences. */

/** `Ann`, `Ann and Bob`, `Ann, Bob and Carol`. */
export function listed(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? "") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

export function count(many: number, one: string, more = `${one}s`): string {
  return `${thousands(many)} ${many === 1 ? one : more}`;
}

/** `12,345` */
export function thousands(many: number): string {
  return many.toLocaleString("en-US");
}
