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
  /** Give or take the role of who administers the place that everybody is in. Missing where there is no such role. */
  setAdmin?(person: Person, yes: boolean): void;
  /** From now on the platform does not say who administers the place, or says it again. */
  failAdminLookups?(fail: boolean): void;
  close(): Promise<void>;
}

export interface Heard {
  text: string;
  /** For replying to. */
  ref: unknown;
  /** What the message quotes: the `id` of something that was said. */
  quotes: string | undefined;
  thread: string | undefined;
  /** Labels of what can be picked below it, where the platform shows such a thing. */
  choices?: readonly string[];
}

export interface Said {
  id: string;
  ref: unknown;
}

export interface SayOptions {
  inPrivate?: boolean;
  replyTo?: Heard | Said | undefined;
  unaddressed?: boolean;
  /** A command as text, also where there is a menu for it. */
  writtenOut?: boolean;
}

export interface HearOptions {
  inPrivate?: boolean;
  /** Only what answers this. */
  answering?: Said | undefined;
}

export interface Person {
  readonly name: string;
  /** As the platform knows them. */
  readonly id: string;
  /**
   * Write to the bot in the group that everybody is in, mentioning it; or in private with `inPrivate`. A command comes from
   * the platform's menu where it has one and the command can be put together there; with `replyTo` it is written out.
   */
  says(text: string, options?: SayOptions): Promise<Said>;
  /** Pick what was offered under this label: press the button, or answer with its number where there is none. */
  picks(heard: Heard, label: string): Promise<Said>;
  edits(said: Said, text: string): Promise<void>;
  /** The bot's first message that fits, can be seen by this person and was not heard by them before. */
  hears(wanted: string | RegExp, options?: HearOptions): Promise<Heard>;
  /** The first file of the bot's that this person has not received yet. */
  receives(options?: { inPrivate?: boolean }): Promise<ReceivedFile>;
  renames(name: string): Promise<void>;
}

export interface ReceivedFile {
  name: string;
  text: string;
}

/** The number of a choice in a text that lists them. */
export function numberOf(text: string, label: string): string {
  const line = text.split("\n").find((each) => /^\d+\. /.test(each) && each.replace(/^\d+\. /, "") === label);
  if (line === undefined) throw new Error(`no choice "${label}" in: ${text}`);
  return line.slice(0, line.indexOf("."));
}

/** Whether a text is, contains or matches what is wanted. */
export function fits(text: string, wanted: string | RegExp): boolean {
  return typeof wanted === "string" ? text.includes(wanted) : wanted.test(text);
}
