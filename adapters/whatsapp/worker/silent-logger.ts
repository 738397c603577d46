import type { SocketConfig } from "@whiskeysockets/baileys";

const nothing = () => {};

/** Baileys logs credentials, keys and messages. This is where all of it goes. */
export const silentLogger: SocketConfig["logger"] = {
  level: "silent",
  child: () => silentLogger,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};
