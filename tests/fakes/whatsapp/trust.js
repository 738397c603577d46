/**
 * Preloaded (`--import`) where something under test talks to the fake WhatsApp from a worker thread: what is preloaded
 * in a process is preloaded in its threads as well. The main thread, which never connects, is left alone and loads nothing;
 * this file is JavaScript because loading TypeScript alone would cost every process of the tests a moment.
 */
import { isMainThread } from "node:worker_threads";

if (!isMainThread) {
  const { trustFakes } = await import("./trust-here.ts");
  trustFakes();
}
