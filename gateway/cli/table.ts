/** Rows under a header, columns padded to their widest cell. Control characters of hostile names are shown as `?`. */
export function table(header: readonly string[], rows: ReadonlyArray<readonly string[]>): string[] {
  const clean = [header, ...rows].map((row) => row.map((cell) => cell.replace(/\p{C}/gu, "?")));
  const widths = header.map((_, column) => Math.max(...clean.map((row) => row[column]?.length ?? 0)));
  return clean.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
