import { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";

/**
 * A server made with the protocol's own library; its tools show what a client has to cope with from honest ones.
 *
 * @param mutter writes to standard error, where there is one
 */
export function kitchen(mutter: (text: string) => void = () => {}): McpServer {
  const server = new McpServer({ name: "kitchen", version: "1.0.0" });
  const text = (said: string) => ({ content: [{ type: "text" as const, text: said }] });
  let cancelled = 0;

  server.registerTool(
    "look",
    {
      description: "Looks into the fridge.",
      inputSchema: z.object({ shelf: z.number().optional() }),
      annotations: { readOnlyHint: true },
    },
    ({ shelf = 0 }) => text(`milk on shelf ${shelf}`),
  );
  server.registerTool(
    "put.away",
    { description: "Puts something into the fridge.", inputSchema: z.object({ what: z.string() }) },
    ({ what }) => text(`${what} is in the fridge`),
  );
  server.registerTool("wipe", { annotations: { idempotentHint: true } }, () => text("clean"));
  server.registerTool("surroundings", {}, () =>
    text(JSON.stringify({ env: process.env, cwd: process.cwd(), pid: process.pid })),
  );
  server.registerTool("picture", {}, () => ({
    content: [
      { type: "text", text: "Here it is." },
      { type: "image", data: "AAAA", mimeType: "image/png" },
      { type: "audio", data: "AAAA", mimeType: "audio/ogg" },
      { type: "resource_link", name: "recipe", uri: "file:///recipe" },
      { type: "resource", resource: { uri: "file:///list", text: "eggs" } },
      { type: "resource", resource: { uri: "file:///photo", blob: "AAAA" } },
    ],
  }));
  server.registerTool("weigh", { outputSchema: z.object({ grams: z.number() }) }, () => ({
    content: [],
    structuredContent: { grams: 5 },
  }));
  server.registerTool("burn", {}, () => ({ ...text("it is on fire"), isError: true }));
  server.registerTool("recite", {}, () => text(`begin ${"la ".repeat(20_000)}`));
  server.registerTool("simmer", {}, async ({ mcpReq }) => {
    mutter("simmering\n");
    await new Promise<void>((resolve) => mcpReq.signal.addEventListener("abort", () => resolve(), { once: true }));
    cancelled++;
    return text("never seen");
  });
  server.registerTool("cancelled", {}, () => text(String(cancelled)));
  server.registerTool("collapse", {}, () => process.exit(3));
  server.registerTool("shop", {}, () => {
    server.registerTool("apples", {}, () => text("green ones"));
    return text("bought");
  });
  return server;
}
