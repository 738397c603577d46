/** What the Signal library says on the console, with sessions and their private keys behind it. */
const SAYINGS = [
  "Session already closed",
  "Closing session:",
  "Session already open",
  "Opening session:",
  "Removing old closed session:",
  "Migrating session to:",
  "V1 session storage migration error",
  "Closing open session in favor of incoming prekey bundle",
  "Failed to decrypt message with any known session...",
  "Session error:",
  "Decrypted message with closed session.",
];

const METHODS = ["log", "info", "warn", "error"] as const;

let users = 0;
let restore = () => {};

/** Keep the Signal library's sayings, and nothing else, off the console until what is returned is called. */
export function quietSignal(): () => void {
  if (users === 0) restore = filterConsole();
  users += 1;
  let over = false;
  return () => {
    if (over) return;
    over = true;
    users -= 1;
    if (users === 0) restore();
  };
}

function filterConsole(): () => void {
  const { console } = globalThis;
  const undo = METHODS.map((method) => {
    const original = console[method];
    const filtered = (...said: unknown[]) => {
      const [first] = said;
      if (typeof first === "string" && SAYINGS.some((saying) => first.startsWith(saying))) return;
      original.apply(console, said);
    };
    console[method] = filtered;
    return () => {
      if (console[method] === filtered) console[method] = original;
    };
  });
  return () => {
    for (const step of undo) step();
  };
}
