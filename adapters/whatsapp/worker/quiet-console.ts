/** libsignal prints whole sessions, private keys included: from here on, this thread's console says nothing. */
export function silenceConsole(): void {
  const { console: loud } = globalThis;
  for (const [name, value] of Object.entries(loud)) {
    if (typeof value === "function") Object.assign(loud, { [name]: () => {} });
  }
}
