/**
 * Names of places. A room's chat id is the room's own id; a private chat with the bot is `dm:<user id>`, which no room
 * can be called. People see their private chat under the room name `dm`.
 */

/** The room that is always there. */
export const LOBBY = "lobby";
/** What the API calls the caller's private chat with the bot. */
export const PRIVATE_ROOM = "dm";

const ROOM_ID = /^[a-z0-9-]{1,40}$/;
const DM_PREFIX = "dm:";

/** Whether a room may have this id. */
export function isRoomId(text: string): boolean {
  return ROOM_ID.test(text) && text !== PRIVATE_ROOM;
}

export function privateChatOf(userId: string): string {
  return `${DM_PREFIX}${userId}`;
}

/** @returns whose private chat it is; `null` for a room */
export function ownerOf(chatId: string): string | null {
  return chatId.startsWith(DM_PREFIX) ? chatId.slice(DM_PREFIX.length) : null;
}

/** @returns the chat that `room` means when this person says it; `null` if it cannot be a room */
export function chatMeantBy(userId: string, room: string): string | null {
  if (room === PRIVATE_ROOM) return privateChatOf(userId);
  return isRoomId(room) ? room : null;
}

/** @returns the room name under which those who may read the chat know it */
export function roomNameOf(chatId: string): string {
  return ownerOf(chatId) === null ? chatId : PRIVATE_ROOM;
}

/** An id of 128 random bits that is safe in URLs and in session keys. */
export function newId(prefix: "u" | "m", randomBytes: (count: number) => Uint8Array): string {
  return `${prefix}_${Buffer.from(randomBytes(16)).toString("base64url")}`;
}
