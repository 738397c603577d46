/** @import { WireEvents } from "../wire.ts" */

/** @typedef {{ [Name in keyof WireEvents]: (data: WireEvents[Name]) => void }} Listeners */

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** Three heartbeats without a sign of life: the connection is dead, whatever the browser believes. */
const SILENCE_MS = 45_000;

/**
 * Listen to the server for as long as the page is open, reconnecting by itself from the last event on.
 *
 * @param {number | undefined} after the last change that is known; from now on if there is none
 * @param {Listeners} listeners
 * @param {(state: "live" | "waiting") => void} onState
 * @param {() => void} onFailure a connection failed; it is tried again unless `stop` is called
 * @returns {{ stop(): void }}
 */
export function listen(after, listeners, onState, onFailure) {
  let last = after;
  let waitMs = FIRST_WAIT_MS;
  /** @type {EventSource | undefined} */
  let source;
  /** @type {number | undefined} */
  let retry;
  /** @type {number | undefined} */
  let watchdog;

  function connect() {
    window.clearTimeout(retry);
    retry = undefined;
    source?.close();
    const opened = new EventSource(last === undefined ? "/web/api/events" : `/web/api/events?after=${last}`);
    source = opened;
    opened.addEventListener("open", () => {
      waitMs = FIRST_WAIT_MS;
      onState("live");
      alive();
    });
    opened.addEventListener("error", fail);
    for (const [name, tell] of Object.entries(listeners)) {
      opened.addEventListener(name, (event) => {
        if (source !== opened) return;
        alive();
        if (event.lastEventId !== "") last = Number(event.lastEventId);
        /** @type {(data: any) => void} */ (tell)(JSON.parse(event.data));
      });
    }
  }

  function alive() {
    window.clearTimeout(watchdog);
    watchdog = window.setTimeout(fail, SILENCE_MS);
  }

  function fail() {
    window.clearTimeout(watchdog);
    source?.close();
    source = undefined;
    onState("waiting");
    if (retry === undefined) retry = window.setTimeout(connect, waitMs * (0.75 + Math.random() / 2));
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    onFailure();
  }

  /** What the person can see is worth an attempt at once. */
  function hurry() {
    if (source === undefined && document.visibilityState === "visible") connect();
  }

  window.addEventListener("online", hurry);
  document.addEventListener("visibilitychange", hurry);
  connect();
  return {
    stop() {
      window.clearTimeout(retry);
      window.clearTimeout(watchdog);
      window.removeEventListener("online", hurry);
      document.removeEventListener("visibilitychange", hurry);
      source?.close();
    },
  };
}
