import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from "@modelcontextprotocol/client";
import { AgentError } from "../agent.ts";

export type McpErrorCode =
  /** The server is not connected. */
  | "unreachable"
  /** The connection ended while the call was going on. */
  | "lost"
  | "timeout"
  | "cancelled"
  /** The server does not take the call. */
  | "refused"
  /** The tool ran and says that it failed. */
  | "failed"
  /** What the server answered is no result. */
  | "unreadable";

/** A call that failed. The message is for the model to read, and may hold the server's own words. */
export class McpError extends Error {
  readonly code: McpErrorCode;

  constructor(code: McpErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "McpError";
    this.code = code;
  }
}

const NO_ANSWER = "it did not answer in time";
export const GONE = "it closed the connection";

const systemReasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such program or folder",
  EACCES: "the program may not be run",
  EPERM: "the program may not be run",
  ECONNREFUSED: "nobody listens at the address",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the host's name cannot be looked up",
  ECONNRESET: GONE,
  EPIPE: GONE,
  ETIMEDOUT: NO_ANSWER,
};

const sdkReasons: ReadonlyMap<string, string> = new Map<string, string>([
  [SdkErrorCode.ConnectionClosed, GONE],
  [SdkErrorCode.NotConnected, GONE],
  [SdkErrorCode.SendFailed, GONE],
  [SdkErrorCode.RequestTimeout, NO_ANSWER],
  [SdkErrorCode.InvalidResult, "its answer could not be read"],
]);

/** The newer greeting failed: said of servers that are not there, or have ended, as well, with the reason as its cause if at all. */
export const NOT_UNDERSTOOD = "it speaks no version of the protocol that is known here";

/**
 * What went wrong with a connection, for operators: no word of it is the server's.
 *
 * @param error undefined if the connection just ended
 */
export function reasonOf(error: unknown): string {
  if (error === undefined) return GONE;
  let otherwise = "it does not speak the protocol";
  let at: unknown = error;
  for (let depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    // What the clock has ended.
    if (at instanceof AgentError) return NO_ANSWER;
    if (at instanceof ProtocolError) return `it refused with code ${at.code}`;
    if (at instanceof SdkHttpError && at.status !== undefined) return `it answered with HTTP ${at.status}`;
    if (at instanceof SdkError) {
      const reason = sdkReasons.get(at.code);
      if (reason !== undefined) return reason;
      if (at.code === SdkErrorCode.EraNegotiationFailed) {
        otherwise = NOT_UNDERSTOOD;
        continue;
      }
    }
    const code = "code" in at && typeof at.code === "string" ? at.code : "";
    if (Object.hasOwn(systemReasons, code)) return `${systemReasons[code]}`;
    if (/^(E[A-Z0-9_]{1,30}|CERT_[A-Z_]{1,30}|[A-Z_]{1,40}_CERT[A-Z_]{0,20})$/.test(code))
      return `it failed with ${code}`;
  }
  return otherwise;
}
