import { appendFileSync } from "node:fs";
import { McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";

/** Writes down in a file each time that its tool runs: what cannot be taken back. */
const [file = ""] = process.argv.slice(2);

serveStdio(() => {
  const server = new McpServer({ name: "ledger", version: "1.0.0" });
  server.registerTool("pay", { inputSchema: z.object({ to: z.string() }) }, ({ to }) => {
    appendFileSync(file, `${to}\n`);
    return { content: [{ type: "text" as const, text: `${to} is paid` }] };
  });
  return server;
});
