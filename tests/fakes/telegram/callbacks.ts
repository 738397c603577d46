import type { WireMessage, WireUser } from "./wire.ts";

/** What Telegram tells a bot whose button was pressed. */
export interface WireCallback {
  id: string;
  from: WireUser;
  message?: WireMessage;
  chat_instance: string;
  data: string;
}

/** A button that somebody pressed: it shows that it waits until the bot answers. */
export class Press {
  readonly query: WireCallback;
  readonly #answer = Promise.withResolvers<void>();
  isAnswered = false;
  /** What whoever pressed it is shown. */
  notice: string | undefined;

  constructor(query: WireCallback) {
    this.query = query;
  }

  get answered(): Promise<void> {
    return this.#answer.promise;
  }

  answer(notice?: string): void {
    this.isAnswered = true;
    this.notice = notice;
    this.#answer.resolve();
  }
}

/** What people see of a message with buttons. */
interface Offer {
  choices: ReadonlyArray<{ label: string; data: string }>;
  message: WireMessage;
}

/** @param label as it is shown on the button */
export function pressOf(from: WireUser, { choices, message }: Offer, label: string, id: string): Press {
  const choice = choices.find((each) => each.label === label);
  if (choice === undefined) throw new Error(`no button "${label}" among ${choices.map((each) => `"${each.label}"`)}`);
  return new Press({ id, from, message, chat_instance: `chat-instance-${message.chat.id}`, data: choice.data });
}

/** The message as Telegram shows it once the bot has no access to it any more. */
export function inaccessible({ chat, message_id }: WireMessage): WireMessage {
  return { chat, message_id, date: 0 };
}
