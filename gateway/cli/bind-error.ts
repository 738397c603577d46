const REASONS = new Map([
  ["EADDRINUSE", "the port is in use"],
  ["EACCES", "this user may not use the port"],
  ["EADDRNOTAVAIL", "this machine does not have that address"],
  ["ENOTFOUND", "there is no such host name"],
  ["EAI_AGAIN", "the host name could not be looked up"],
]);

/** @returns what kept the HTTP server from listening, and what to do about it; `undefined` for any other error */
export function explainBindError(error: unknown): string | undefined {
  const { code = "", syscall = "" } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  const reason = REASONS.get(code);
  // Files have some of these codes as well.
  if (reason === undefined || !["listen", "bind", "getaddrinfo"].includes(syscall)) return undefined;
  return `The HTTP server cannot listen, because ${reason} (${code}): choose another address with PARLEY_HOST, or another port with PARLEY_PORT.`;
}
