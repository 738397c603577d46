/** What travels between the fake and a client, as far as the fake itself looks into it. */

export interface WireUser {
  id: number;
  is_bot: boolean;
  first_name: string;
  last_name?: string;
  username?: string;
}

export interface WireChat {
  id: number;
  type: "private" | "group" | "supergroup" | "channel";
  title?: string;
  first_name?: string;
  is_forum?: true;
}

export interface WireEntity {
  type: string;
  offset: number;
  length: number;
  user?: WireUser;
}

export interface WireMessage {
  message_id: number;
  date: number;
  chat: WireChat;
  from?: WireUser;
  sender_chat?: WireChat;
  message_thread_id?: number;
  is_topic_message?: true;
  text?: string;
  entities?: WireEntity[];
  caption?: string;
  caption_entities?: WireEntity[];
  reply_to_message?: WireMessage;
  [field: string]: unknown;
}

export interface WireUpdate {
  update_id: number;
  [kind: string]: unknown;
}

/** An answer other than `ok`. */
export class Refusal extends Error {
  readonly status: number;
  readonly parameters: Record<string, unknown> | undefined;

  constructor(status: number, description: string, parameters?: Record<string, unknown>) {
    super(description);
    this.status = status;
    this.parameters = parameters;
  }
}

export function badRequest(what: string, parameters?: Record<string, unknown>): Refusal {
  return new Refusal(400, `Bad Request: ${what}`, parameters);
}
