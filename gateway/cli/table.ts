/** Rows under a header, columns padded to their widest cell. */
export function table(header: readonly string[], rows: ReadonlyArray<readonly string[]>): string[] {
  const clean = [header, ...rows].map((row) => row.map(harmless));
  const widths = header.map((_, column) => Math.max(...clean.map((row) => row[column]?.length ?? 0)));
  return clean.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Text from outside as one line of a terminal: what controls the terminal, or the direction of text, is a `?`. */
export function harmless(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
}

/** Text of several lines that a terminal cannot obey; joined characters, as of emoji, stay. */
export function harmlessLines(text: string): string {
  return text.replace(/(?![\n\t])[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, "?");
}

const LONGEST_CELL = 60;

/** As much of a text as a table has room for. */
export function shortened(text: string): string {
  const characters = Array.from(text);
  return characters.length <= LONGEST_CELL ? text : `${characters.slice(0, LONGEST_CELL - 1).join("")}…`;
}
