import { ApiError } from "./api.js";

const RETRY_MS = 2_000;

/**
 * Ask until the server can be reached; what it refuses is thrown.
 *
 * @template T
 * @param {() => Promise<T>} ask
 */
export async function patiently(ask) {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ApiError) || (error.code !== "unreachable" && error.code !== "closed")) throw error;
      await new Promise((resolve) => window.setTimeout(resolve, RETRY_MS));
    }
  }
}
