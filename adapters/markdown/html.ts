const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Make a text safe between tags and inside quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}

/** Make a text safe between tags alone. */
export function escapeText(text: string): string {
  return text.replace(/[&<>]/g, (character) => ESCAPES[character] ?? "");
}

/** Code as both Telegram and browsers highlight it. */
export function codeHtml(text: string, language: string | undefined, written = escapeHtml): string {
  const attribute = language === undefined ? "" : ` class="language-${escapeHtml(language)}"`;
  return `<pre><code${attribute}>${written(text)}</code></pre>`;
}
