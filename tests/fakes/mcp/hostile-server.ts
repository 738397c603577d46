import { createInterface } from "node:readline";

/** A program that speaks the protocol only as far as it serves its ends; how it misbehaves is its first argument. */
const [, , kind = ""] = process.argv;

const object = { type: "object" };
const tools: Record<string, unknown[]> = {
  giant: Array.from({ length: 5_000 }, (_, i) => ({
    name: `t${i}`,
    description: "d".repeat(500),
    inputSchema: object,
  })),
  fat: Array.from({ length: 200 }, (_, i) => ({ name: `t${i}`, description: "d".repeat(9_000), inputSchema: object })),
  odd: [
    "no tool",
    null,
    { inputSchema: object },
    { name: "", inputSchema: object },
    { name: "no-schema" },
    { name: "text", inputSchema: { type: "string" } },
    { name: "invalid", inputSchema: { type: "object", properties: { a: { type: "banana" } } } },
    { name: "regex", inputSchema: { type: "object", properties: { a: { type: "string", pattern: "(" } } } },
    { name: "remote", inputSchema: { type: "object", properties: { a: { $ref: "https://example.org/x" } } } },
    { name: "keys", inputSchema: { type: "object", properties: { "a b": {} } } },
    { name: "long", inputSchema: { type: "object", description: "x".repeat(10_000) } },
    { name: "deep", inputSchema: { type: "object", not: JSON.parse(`${'{"not":'.repeat(900)}{}${"}".repeat(900)}`) } },
    { name: "two\nlines", description: "one\u0000\u202etwo\nthree", inputSchema: object },
    { name: "two lines", inputSchema: object },
    { name: "two_lines", inputSchema: object },
    { name: "two_lines", inputSchema: object },
    { name: "x".repeat(300), inputSchema: object },
    { name: "fine", inputSchema: { $schema: "http://json-schema.org/draft-07/schema#", type: "object", anyOf: [{}] } },
  ],
  calls: ["big", "never", "die", "garbage", "refuse", "flood", "ask"].map((name) => ({ name, inputSchema: object })),
};

const send = (message: object) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);

function answer({
  id,
  method,
  params,
}: {
  id?: number;
  method: string;
  params?: { name?: string; cursor?: string };
}): void {
  if (method === "initialize") {
    if (kind === "mute") return;
    send({
      id,
      result: {
        protocolVersion: "2025-06-18",
        capabilities: { tools: { listChanged: true } },
        serverInfo: { name: "hostile", version: "0" },
      },
    });
    return;
  }
  if (method === "tools/list") {
    if (kind === "mute-list") return;
    const page = Number(params?.cursor ?? 0) + 1;
    send({ id, result: { tools: tools[kind] ?? [], ...(kind !== "odd" && { nextCursor: String(page) }) } });
    if (kind === "changing") send({ method: "notifications/tools/list_changed" });
    return;
  }
  if (method !== "tools/call") return;
  switch (params?.name) {
    case "big":
      send({ id, result: { content: [{ type: "text", text: "x".repeat(100_000_000) }] } });
      break;
    case "die":
      process.kill(process.pid, "SIGKILL");
      break;
    case "garbage":
      send({ id, result: { content: [{ type: "banana" }] } });
      break;
    case "refuse":
      send({ id, error: { code: -32602, message: "the SECRET is missing" } });
      break;
    case "flood":
      process.stderr.write("SECRET of the call\n".repeat(100_000));
      process.stdout.write("no JSON at all\n{}\n[1]\n".repeat(1_000));
      send({ id: 99_999, result: {} });
      send({ id, result: { content: [] } });
      break;
    case "ask":
      // What it asks for in return is more than it was promised.
      for (const asked of ["sampling/createMessage", "elicitation/create", "roots/list"])
        send({ id: asked, method: asked });
      send({ id, result: { content: [{ type: "text", text: "asked" }] } });
      break;
  }
}

if (kind === "endless") {
  const chunk = "x".repeat(1_000_000);
  const flood = () => {
    while (process.stdout.write(chunk));
    process.stdout.once("drain", flood);
  };
  flood();
}
if (kind === "loud") process.stderr.write("blah\n".repeat(200_000));
if (kind === "stubborn") {
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => {});
  setInterval(() => {}, 1_000);
}
createInterface({ input: process.stdin }).on("line", (line) => answer(JSON.parse(line)));
