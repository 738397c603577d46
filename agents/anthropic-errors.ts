import { AnthropicError, APIConnectionError, APIError, APIUserAbortError } from "@anthropic-ai/sdk";
import { aborted } from "./abort.ts";
import { AgentError, type AgentErrorCode } from "./agent.ts";

/**
 * Classify what the SDK threw. What it does not know is returned as it is: a bug must not look like an outage.
 *
 * The SDK's error is not kept as the cause: it carries response headers and bodies that may quote the prompt.
 *
 * @see https://platform.claude.com/docs/en/api/errors
 */
export function classify(error: unknown, signal: AbortSignal, requestId?: string | null): unknown {
  if (error instanceof AgentError) return error;
  if (signal.aborted || error instanceof APIUserAbortError) return aborted();
  if (error instanceof APIConnectionError) return new AgentError("unavailable", "the Anthropic API is out of reach");
  if (error instanceof APIError) {
    const code = codeOf(error);
    return new AgentError(code, `${MEANING[code]} (${details(error)})`, { requestId: idOf(error, requestId) });
  }
  if (error instanceof AnthropicError) {
    const message = "the Anthropic API's answer broke off or could not be read";
    return new AgentError("unavailable", message, { requestId: plain(requestId) });
  }
  return error;
}

const MEANING: Record<Exclude<AgentErrorCode, "aborted">, string> = {
  overloaded: "the Anthropic API has too much to do",
  unavailable: "the Anthropic API failed on its side",
  unauthorized: "the Anthropic API does not accept the key",
  "invalid-request": "the Anthropic API does not accept the request",
  "context-full": "the conversation is longer than the model's window",
};

// An error in mid-stream has a type but no status.
const BY_TYPE: Record<string, keyof typeof MEANING> = {
  overloaded_error: "overloaded",
  rate_limit_error: "overloaded",
  authentication_error: "unauthorized",
  permission_error: "unauthorized",
  billing_error: "unauthorized",
  request_too_large: "context-full",
  invalid_request_error: "invalid-request",
  not_found_error: "invalid-request",
};

function codeOf(error: APIError): keyof typeof MEANING {
  const { status, type } = error;
  // The API has no code for a full context, so this is the one place where its wording decides.
  if (status === 413 || isAboutLength(error)) return "context-full";
  if (status === 429 || status === 529) return "overloaded";
  if (status === 401 || status === 402 || status === 403) return "unauthorized";
  if (status === 408 || status === 409) return "unavailable";
  if (status !== undefined) return status >= 500 ? "unavailable" : "invalid-request";
  return (type !== null && Object.hasOwn(BY_TYPE, type) && BY_TYPE[type]) || "unavailable";
}

function isAboutLength({ status, type, apiMessage }: APIError): boolean {
  if (status !== 400 && type !== "invalid_request_error") return false;
  return typeof apiMessage === "string" && /prompt is too long|exceed context limit/i.test(apiMessage);
}

function details({ status, type, errorCode }: APIError): string {
  const parts = [status === undefined ? "in mid-stream" : `status ${status}`, plain(type), plain(errorCode)];
  return parts.filter((part) => part !== undefined).join(", ");
}

function idOf(error: APIError, requestId: string | null | undefined): string | undefined {
  const body: unknown = error.error;
  const inBody = typeof body === "object" && body !== null && "request_id" in body ? body.request_id : undefined;
  return plain(error.requestID) ?? plain(inBody) ?? plain(requestId);
}

/** Identifiers only: anything that could be a sentence stays out of logs. */
function plain(value: unknown): string | undefined {
  return typeof value === "string" && /^[\w-]{1,80}$/.test(value) ? value : undefined;
}
