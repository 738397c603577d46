import type { OutboundFile } from "../adapter.ts";

const MAX_NAME = 100;

/** What ends a quoted name in a form's header, parts folders, or is not seen. */
const UNFIT_FOR_NAMES = /[\p{C}\p{Zl}\p{Zp}"\\/]+/gu;

/** A file as Telegraf uploads it. Telegram tells its type by the name's ending. */
export function documentOf(file: OutboundFile): { source: Buffer; filename: string } {
  const source = "text" in file ? Buffer.from(file.text, "utf8") : Buffer.from(file.base64, "base64");
  return { source, filename: fileName(file.name) };
}

/** Telegraf writes the name into the form as it is: without this, it could begin a header of its own. */
function fileName(name: string): string {
  const fit = name.replace(UNFIT_FOR_NAMES, "_").trim();
  if (fit.length <= MAX_NAME) return fit === "" ? "file" : fit;
  const ending = /\.[A-Za-z0-9]{1,10}$/.exec(fit)?.[0] ?? "";
  return fit.slice(0, MAX_NAME - ending.length).replace(/[\uD800-\uDBFF]$/, "") + ending;
}
