/** Where the mark of a private chat is kept: nothing but the bookmark tells of it after a restart. */
export function privatePlace(channelId: string): string {
  return `${PRIVATE}${channelId}`;
}

/** @returns the channel's id; null for places that are no private chats */
export function privateChannel(place: string): string | null {
  return place.startsWith(PRIVATE) ? place.slice(PRIVATE.length) : null;
}

const PRIVATE = "dm:";

/** Where it is kept which channel holds a thread that the bot has opened: not every platform can tell later. */
export function holderPlace(threadId: string): string {
  return `holder:${threadId}`;
}

/** Where it is kept how far a server as a whole is known: no channel that is made later begins before that. */
export function guildPlace(id: string): string {
  return `guild:${id}`;
}
