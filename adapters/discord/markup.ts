/** Never seen, and enough to keep apart what would mean something side by side. */
export const NOTHING = "\u200b";

const ESCAPED = /\\([^0-9A-Za-z\s])/g;

/**
 * Make a text safe in Discord's Markdown: only backslashes are added, each before a sign that could mean something.
 *
 * What means something at the beginning of a line alone is escaped at the beginning of the text as well, whatever stands
 * before it. Addresses are no links any more: those that should be are written as such. Nor are names between colons
 * emoji, as in times and addresses of machines.
 *
 * @see https://support.discord.com/hc/en-us/articles/210298617
 */
export function escapeText(text: string): string {
  return text
    .replace(/[\\*_~`|[\]<]|:(?=\/\/|[^\s:]+:)/g, "\\$&")
    .replace(/^([^\S\n]*)([-+#>])/gm, "$1\\$2")
    .replace(/^([^\S\n]*\d+)([.)])/gm, "$1\\$2");
}

/** The text again that `escapeText` had. */
export function unescapeText(escaped: string): string {
  return escaped.replace(ESCAPED, "$1");
}

/** Written text between two marks; white space stays outside, where Discord wants it. */
export function marked(inner: string, mark: string): string {
  const core = inner.trim();
  if (core === "") return inner;
  const start = inner.indexOf(core);
  return inner.slice(0, start) + mark + core + mark + inner.slice(start + core.length);
}

/** Code within a line. Discord knows one backtick and two as its bounds; three would be a block. */
export function inlineCode(text: string): string {
  const line = text.replaceAll("\n", " ");
  if (line.trim() === "") return line;
  if (!line.includes("`")) return `\`${line}\``;
  const inner = line.replace(/`(?=`)/g, `\`${NOTHING}`);
  return `\`\`${inner.startsWith("`") ? " " : ""}${inner}${inner.endsWith("`") ? " " : ""}\`\``;
}

/**
 * A block of code. Its bounds are always three backticks, so three inside it are kept apart; and empty lines alone are
 * none to Discord.
 */
export function codeBlock(text: string, language = ""): string {
  const inner = text.replace(/`(?=``)/g, `\`${NOTHING}`).replace(/^\n*$/, NOTHING);
  return `\`\`\`${language}\n${inner}\n\`\`\``;
}

/**
 * An address that readers can follow, and of which Discord shows no preview: it would fetch the page to make one,
 * which lets whoever steers the model send something there.
 */
export function address(url: string): string {
  const safe = url.replace(/[()\\*`|]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return `<${safe}>`;
}

/** Whether written text may stand for a link: Discord takes neither brackets nor addresses in its place. */
export function isLinkText(inner: string): boolean {
  return /\S/.test(unescapeText(inner)) && !/[[\]]|:\/\//.test(inner);
}

/** Written text as it is read, without marks. */
export function readable(inner: string): string {
  return inner.replace(/\\([^0-9A-Za-z\s])|[*~`]/g, "$1");
}
