/** Text that Markdown renders as it stands, whatever it holds. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[!-/:-@[-`{-~]/g, "\\$&");
}

/** A code span, fenced so that no backtick inside can close it. */
export function codeSpan(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  if (longest === 0) return `\`${text}\``;
  const fence = "`".repeat(longest + 1);
  return `${fence} ${text} ${fence}`;
}

/** One line of well-formed text, without control characters and without what reverses or hides the text around it. */
export function singleLine(text: string): string {
  return (
    text
      .toWellFormed()
      .replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
      // All format characters except the joiners, which emoji and many scripts need.
      .replace(/[\p{Cf}--[\u200C\u200D]]/gv, "")
      .trim()
  );
}
