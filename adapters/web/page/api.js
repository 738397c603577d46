/** @import { WireMessage } from "../wire.ts" */

/** @typedef {{ id: string, name: string }} Person */
/** @typedef {{ id: string, lastMessageAt: number | null }} Room */
/** @typedef {{ messages: WireMessage[], more: boolean, latest: number }} History */
/**
 * @typedef {{
 *   bot: Person & { displayName: string },
 *   needsAccessToken: boolean,
 *   answersAll: boolean,
 *   commands: Array<{ name: string, description: string }>
 * }} About
 */

/** A request that the server refused, or that did not reach it (`unreachable`). Its message is for people. */
export class ApiError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = "ApiError";
    this.code = code;
  }
}

/**
 * @param {string} method
 * @param {string} path below the API
 * @param {unknown} [body]
 */
async function ask(method, path, body) {
  /** @type {RequestInit} */
  const init = { method };
  if (body !== undefined) {
    init.headers = { "content-type": "application/json" };
    init.body = JSON.stringify(body);
  }
  const response = await fetch(`/web/api${path}`, init).catch(() => null);
  if (response === null) throw new ApiError("unreachable", "The server cannot be reached.");
  if (response.status === 204) return undefined;
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  throw new ApiError(answer?.error?.code ?? "internal", answer?.error?.message ?? "The server failed.");
}

/** @param {string} room */
const messagesOf = (room) => `/rooms/${encodeURIComponent(room)}/messages`;

export const api = {
  /** @returns {Promise<About>} */
  about: () => ask("GET", "/about"),

  /** @returns {Promise<Person>} */
  me: () => ask("GET", "/me"),

  /** @type {(name: string, accessToken?: string) => Promise<Person>} */
  join: (name, accessToken) => ask("POST", "/people", { name, accessToken }),

  /** @type {(name: string) => Promise<Person>} */
  rename: (name) => ask("PATCH", "/me", { name }),

  /** @returns {Promise<Room[]>} */
  rooms: async () => (await ask("GET", "/rooms")).rooms,

  /** @type {(room: string) => Promise<void>} */
  openRoom: (room) => ask("PUT", `/rooms/${encodeURIComponent(room)}`),

  /** @type {(room: string, query: Record<string, string>) => Promise<History>} */
  history: (room, query) => ask("GET", `${messagesOf(room)}?${new URLSearchParams(query)}`),

  /**
   * @type {(room: string, post: {
   *   text: string,
   *   files?: Array<{ name: string, mimeType: string, base64: string }>,
   *   thread?: string,
   *   replyTo?: string,
   *   clientId: string
   * }) => Promise<WireMessage>}
   */
  say: (room, post) => ask("POST", messagesOf(room), post),

  /** @type {(message: WireMessage) => Promise<WireMessage>} */
  again: ({ room, id }) => ask("POST", `${messagesOf(room)}/${id}/again`, {}),

  /** @type {(message: WireMessage, text: string) => Promise<WireMessage>} */
  edit: ({ room, id }, text) => ask("PATCH", `${messagesOf(room)}/${id}`, { text }),

  /** @type {(message: WireMessage) => Promise<void>} */
  erase: ({ room, id }) => ask("DELETE", `${messagesOf(room)}/${id}`),
};
