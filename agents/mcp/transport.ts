import { StreamableHTTPClientTransport, type Transport } from "@modelcontextprotocol/client";
import { boundedFetch, MAX_MESSAGE_BYTES } from "./bounded-fetch.ts";
import type { McpServer, McpSurroundings } from "./options.ts";
import { ProgramTransport } from "./program-transport.ts";
import { readStandardError } from "./standard-error.ts";

/**
 * The way to a server, not yet opened.
 *
 * @param quiet whether what the program writes to standard error may hold what people have said, and is dropped
 */
export function transportTo(server: McpServer, around: McpSurroundings, quiet: () => boolean): Transport {
  const { name, reach } = server;
  const { env, clock, log } = around;
  if (reach.kind === "address") {
    return new StreamableHTTPClientTransport(new URL(reach.url), {
      requestInit: { headers: { ...reach.headers } },
      fetch: boundedFetch(MAX_MESSAGE_BYTES),
    });
  }
  const told = (line: string) => log.debug({ server: name, line }, "a tool server wrote to standard error");
  return new ProgramTransport(reach, { env, clock, maxBytes: MAX_MESSAGE_BYTES }, (stream) =>
    readStandardError(stream, () => !quiet(), told),
  );
}
