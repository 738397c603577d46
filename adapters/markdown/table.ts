import { type Align, type Row, type Span, spansText, type Table } from "./tree.ts";

// A column is padded up to this; longer cells stand out of it rather than widen every row.
const MAX_PADDING = 32;

const ASCII = /^[ -~]*$/;
const ONE_PICTURE = /[\u{1f1e6}-\u{1f1ff}]{2}|.\ufe0f/gsu;
const NO_WIDTH = /\u200d.|[\p{Mark}\p{Default_Ignorable_Code_Point}\p{Emoji_Modifier}]/gsu;
const WIDE =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/gu;

/**
 * A table as lines for a monospaced font: columns aligned and two spaces apart, the header underlined.
 *
 * @param write what stands in a cell; its white space is collapsed
 */
export function tableText(
  { header, rows, align }: Table,
  write: (cell: readonly Span[]) => string = spansText,
): string {
  const lines = (header === undefined ? rows : [header, ...rows]).map((row: Row) =>
    row.map((cell) => {
      const text = write(cell).replace(/\s+/g, " ").trim();
      return { text, width: displayWidth(text) };
    }),
  );

  const widths: number[] = [];
  for (const line of lines) {
    for (const [column, cell] of line.entries()) {
      widths[column] = Math.min(MAX_PADDING, Math.max(widths[column] ?? 1, cell.width));
    }
  }

  const written = lines.map((line) =>
    line
      .map(({ text, width }, column) => pad(text, (widths[column] ?? 0) - width, align[column] ?? null))
      .join("  ")
      .trimEnd(),
  );
  if (header !== undefined) written.splice(1, 0, widths.map((width) => "─".repeat(width)).join("  "));
  return written.join("\n");
}

function pad(text: string, lack: number, align: Align): string {
  const missing = Math.max(0, lack);
  const before = align === "right" ? missing : align === "center" ? Math.floor(missing / 2) : 0;
  return " ".repeat(before) + text + " ".repeat(missing - before);
}

/** Columns that a text takes in a monospaced font: two for East Asian letters and emoji, near enough for the rest. */
function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  // Any wide letter stands for a picture made of several code points.
  const shown = text.replace(ONE_PICTURE, "\u6f22").replace(NO_WIDTH, "");
  return Array.from(shown.replace(WIDE, "  ")).length;
}
