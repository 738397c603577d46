/** What the stored rules say of a message's author in its place. */
export interface Standing {
  owner: boolean;
  blocked: boolean;
  /** The person is approved, in private. */
  user: boolean;
  /** The chat, or the server that holds it, is approved. */
  chat: boolean;
  /** True if there is no stored owner and a code waits for the first one. */
  claimable: boolean;
}
