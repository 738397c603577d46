import { parentPort, workerData } from "node:worker_threads";
import type { MainCalls, WorkerCalls, WorkerSettings } from "../protocol.ts";
import { ThreadCalls } from "../thread-calls.ts";
import { silenceConsole } from "./quiet-console.ts";

/*
 * The thread that runs WhatsApp's client. Everything it writes to its output is thrown away, and still nothing is to
 * get there: the console is silenced before anything of the client is loaded.
 */
silenceConsole();

// The client leaves promises alone that fail with its connection. What matters has somebody who waits for it.
process.on("unhandledRejection", () => {});

if (parentPort === null) throw new Error("to be run as a thread");
const port = parentPort;

// What comes before everything is loaded waits in the port.
const { Account } = await import("./account.ts");
const account = new Account(workerData as WorkerSettings, (name, takes, signal) => calls.call(name, takes, signal));
const calls = new ThreadCalls<MainCalls, WorkerCalls>(port, {
  ...account.serves,
  async close(takes, signal) {
    await account.serves.close(takes, signal);
    // Not before the answer is out. Timers of the client would keep the thread for half a minute.
    setImmediate(() => process.exit());
    return null;
  },
});
port.on("message", (message) => calls.receive(message));
