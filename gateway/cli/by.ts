import { userInfo } from "node:os";

/** Whoever uses the command line, as the audit names them. */
export function atTheKeyboard(): string {
  try {
    return `cli:${userInfo().username}`;
  } catch {
    // A container may run under a user id that has no name.
    return "cli:unknown";
  }
}
