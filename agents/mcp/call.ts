import {
  type CallToolResult,
  type Tool as McpTool,
  ProtocolError,
  SdkError,
  SdkErrorCode,
} from "@modelcontextprotocol/client";
import { AgentError } from "../agent.ts";
import type { Definition } from "./definitions.ts";
import { McpError } from "./failure.ts";
import { type Link, NEVER_MS } from "./link.ts";
import type { McpServer } from "./options.ts";
import { resultText } from "./result.ts";

const MAX_REFUSAL_CHARS = 400;

/**
 * Call a tool. Its server gets the arguments, and nothing of the conversation or of who asked.
 *
 * @returns what it has answered, as text within the server's `maxOutputChars`
 * @throws McpError also if the tool says that it failed; the server is told of calls that nobody waits for any more
 */
export async function callTool(
  link: Link,
  { timeoutMs, maxOutputChars }: Pick<McpServer, "timeoutMs" | "maxOutputChars">,
  { original, inputSchema }: Pick<Definition, "original" | "inputSchema">,
  input: unknown,
  signal: AbortSignal,
): Promise<string> {
  const params = { name: original, arguments: isRecord(input) ? input : {} };
  let result: CallToolResult;
  try {
    result = await link.within(timeoutMs, signal, (patience) =>
      link.client.callTool(params, {
        signal: patience,
        timeout: NEVER_MS,
        // Without it the library would look the tool up, and check results against whatever schema the server gives.
        // The schema has come as JSON, which our type does not say.
        toolDefinition: { name: original, inputSchema: inputSchema as McpTool["inputSchema"] },
      }),
    );
  } catch (error) {
    throw failureOf(error, signal, timeoutMs);
  }
  const text = resultText(result, maxOutputChars);
  if (result.isError === true) throw new McpError("failed", text);
  return text;
}

function failureOf(error: unknown, signal: AbortSignal, timeoutMs: number): McpError {
  if (signal.aborted) return new McpError("cancelled", "the call was cancelled", { cause: error });
  if (error instanceof AgentError) {
    const seconds = Math.round(timeoutMs / 1000);
    return new McpError("timeout", `no answer within ${seconds} seconds; whether anything was done is unknown`);
  }
  if (error instanceof ProtocolError) {
    const words = error.message.slice(0, MAX_REFUSAL_CHARS).toWellFormed();
    return new McpError("refused", `the server refused the call: ${words}`);
  }
  if (error instanceof SdkError && UNREADABLE.has(error.code)) {
    return new McpError("unreadable", "the server's answer could not be read; what was done is unknown");
  }
  return new McpError("lost", "the connection to the server broke; whether anything was done is unknown", {
    cause: error,
  });
}

const UNREADABLE: ReadonlySet<string> = new Set([
  SdkErrorCode.InvalidResult,
  SdkErrorCode.UnsupportedResultType,
  SdkErrorCode.InputRequiredRoundsExceeded,
]);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
