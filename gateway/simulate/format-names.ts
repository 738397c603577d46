/** Formats of logs by name, without the code that reads them. */
export const logFormats = ["jsonl", "telegram", "discord-json", "discord-csv"] as const;

export type FormatName = (typeof logFormats)[number];
