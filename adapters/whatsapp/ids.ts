const PERSON =
  /^(?<user>\d{1,32})(?:_\d{1,3})?(?::\d{1,5})?@(?<server>s\.whatsapp\.net|c\.us|hosted|lid|hosted\.lid|bot)$/;

/** A phone number, as people write it. */
const NUMBER = /^\+?(\d{5,15})$/;

const GROUP = /^\d{1,32}(?:-\d{1,32})?@g\.us$/;

/** Other names that one server goes by. */
const SERVERS: ReadonlyMap<string, string> = new Map([
  ["c.us", "s.whatsapp.net"],
  ["hosted", "s.whatsapp.net"],
  ["hosted.lid", "lid"],
]);

/**
 * A person's JID without the device that was used, a group's as it is.
 *
 * @returns undefined for what is neither: broadcast lists, channels, servers
 */
export function bareJid(jid: unknown): string | undefined {
  if (typeof jid !== "string") return undefined;
  if (isGroup(jid)) return jid;
  const { user, server } = PERSON.exec(jid)?.groups ?? {};
  return user === undefined || server === undefined ? undefined : `${user}@${SERVERS.get(server) ?? server}`;
}

export function isGroup(jid: string): boolean {
  return GROUP.test(jid);
}

/** Whether it is an id that hides the phone number, and stays when that changes. */
export function isLid(jid: string): boolean {
  return bareJid(jid)?.endsWith("@lid") === true;
}

export function isPhone(jid: string): boolean {
  return bareJid(jid)?.endsWith("@s.whatsapp.net") === true;
}

/**
 * The JID of the person with this id or alias: a JID, or a phone number.
 *
 * @returns undefined for groups, WhatsApp's own assistants, and what is no id
 */
export function personJid(id: string): string | undefined {
  const digits = NUMBER.exec(id)?.[1];
  const jid = digits === undefined ? bareJid(id) : `${digits}@s.whatsapp.net`;
  return jid !== undefined && (isLid(jid) || isPhone(jid)) ? jid : undefined;
}

/** The digits before the `@`, without the device: what stands in a text that mentions somebody. */
export function userOf(jid: string | undefined): string | undefined {
  return bareJid(jid)?.split("@", 1)[0];
}

/** The digits of the phone number; undefined for a JID that tells none. */
export function phoneOf(jid: string): string | undefined {
  return isPhone(jid) ? userOf(jid) : undefined;
}

/**
 * One person, by the forms of their JID that are known: the id is the LID where there is one, and the aliases are all
 * other ways to write them, so that an allow-list may name a phone number. Neither form is ever made from the other.
 */
export function personOf(forms: { lid?: string; phone?: string }): { id: string; aliases: string[] } {
  const phone = forms.phone === undefined ? undefined : phoneOf(forms.phone);
  const all = [bareJid(forms.lid), bareJid(forms.phone), phone, phone && `+${phone}`].filter(
    (form) => form !== undefined,
  );
  const [id = "", ...aliases] = all;
  return { id, aliases };
}
