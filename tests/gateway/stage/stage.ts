import type { Settings } from "../../../gateway/config/schema.ts";

/**
 * A platform as the people on it see it, so that one dialogue can be played on all of them.
 */
export interface Stage {
  readonly platform: string;
  /** What the place is that several people are in. */
  readonly groupKind: "group" | "channel";
  /** Whether people see an answer while it is being written. */
  readonly showsText: boolean;
  /** What the gateway needs in its environment to serve this platform. */
  readonly env: Record<string, string>;
  /** What it needs in its file. */
  readonly settings?: Settings;
  /** Done once, before the gateway first starts. */
  prepare?(dataDir: string): Promise<void>;
  /** The gateway is there (again). */
  connect(gatewayUrl: string): Promise<void>;
  person(name: string): Promise<Person>;
  /** Everything the bot has said where several people are, in order. */
  botSaid(): readonly Heard[];
  close(): Promise<void>;
}

export interface Heard {
  text: string;
  /** For replying to. */
  ref: unknown;
  /** What the message quotes: the `id` of something that was said. */
  quotes: string | undefined;
  thread: string | undefined;
}

export interface Said {
  id: string;
  ref: unknown;
}

export interface Person {
  readonly name: string;
  /** As the platform knows them. */
  readonly id: string;
  /** Write to the bot in the group that everybody is in, mentioning it; or in private with `inPrivate`. */
  says(text: string, options?: { inPrivate?: boolean; replyTo?: Heard | Said; unaddressed?: boolean }): Promise<Said>;
  edits(said: Said, text: string): Promise<void>;
  /** The bot's first message that fits and was not heard by this person before, quoting anything. */
  hears(wanted: string | RegExp, options?: { inPrivate?: boolean }): Promise<Heard>;
  renames(name: string): Promise<void>;
}

/** Whether a text is, contains or matches what is wanted. */
export function fits(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === "string" ? text.includes(wanted) : wanted.test(text);
}
