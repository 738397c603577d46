import type { AdapterHandlers } from "../adapter.ts";
import { ThreadError } from "./failures.ts";
import type { MainCalls } from "./protocol.ts";
import type { Serves } from "./thread-calls.ts";

/** The gateway's handlers, as the worker calls them. */
export function handlerCalls(
  handlers: AdapterHandlers,
  account: string,
): Pick<Serves<MainCalls>, "handOver" | "samePerson" | "malformed"> {
  return {
    async handOver({ reading }) {
      if (reading.kind === "message") return await handlers.onMessage(reading.message);
      if (reading.kind === "edit") await handlers.onEdit(reading.message);
      else {
        const { chatId, messageId, by, byAuthor } = reading;
        // Somebody who deletes what is said to be their own is believed only as far as it is.
        await handlers.onDelete({ platform: "whatsapp", account, chatId }, messageId, byAuthor ? by : undefined);
      }
      return false;
    },
    async samePerson({ from, to }) {
      await handlers.onSamePerson(from, to);
      return null;
    },
    async malformed({ name, code }) {
      handlers.onMalformed(new ThreadError(name, code));
      return null;
    },
  };
}
