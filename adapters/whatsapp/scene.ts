import type { WireContent } from "./payload.ts";

/** Where a message was read, and by whom. */
export interface Scene {
  /** The configured name of the account. */
  account: string;
  /** Its own JIDs, as far as they are known, and the name that people see. */
  bot: { lid?: string; phone?: string; name?: string };
  /** Who is behind a JID of either form: the id to know them by, and their other forms. Given without a device. */
  person(jid: string): { id: string; aliases: string[] };
  /** The group's subject, where it is known. */
  chatName?: string;
  /** The name that somebody goes by, where one was seen. */
  nameOf?(userId: string): string | undefined;
  /** When the message came, in epoch milliseconds: for those that do not tell when they were sent. Default 0. */
  now?: number;
  /**
   * For an edit, what the message said before, where it is known: an edit of a caption comes without its picture.
   */
  original?: WireContent;
}
