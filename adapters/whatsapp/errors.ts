import { SendError } from "../adapter.ts";

/** How long WhatsApp is left alone when it says that there was too much. */
const RATE_LIMIT_MS = 60_000;

/** What the code says with which WhatsApp refused a message, or a question about its chat. */
export function sendErrorOf(code: number): SendError {
  switch (code) {
    case 403:
    case 404:
    case 410:
      return new SendError("chat-gone", `WhatsApp does not know this chat, or the bot is not in it: code ${code}`);
    case 429:
      return new SendError("rate-limited", "WhatsApp asks to slow down", { retryAfterMs: RATE_LIMIT_MS });
    case 463:
      return new SendError("refused", "WhatsApp does not let this number begin new chats: code 463");
    case 408:
      return new SendError("temporary", "WhatsApp did not answer in time");
  }
  return code >= 500
    ? new SendError("temporary", `WhatsApp failed: code ${code}`, { answered: true })
    : new SendError("refused", `WhatsApp refused the message: code ${code}`);
}

/** Whether a message was refused because its chat has changed: how its members are addressed, or which devices they have. */
export function isStale(code: number): boolean {
  return code === 421 || code === 479;
}

export function notAnswered(): SendError {
  return new SendError("temporary", "WhatsApp gave no answer");
}

export function notConnected(): SendError {
  return new SendError("temporary", "WhatsApp is not connected");
}

export function calledOff(): SendError {
  return new SendError("temporary", "the send was called off");
}
