import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { kitchen } from "./kitchen.ts";

const mutter = (text: string) => void process.stderr.write(text);

mutter("the kitchen opens\n");
serveStdio(() => kitchen(mutter), { legacy: process.argv.includes("--modern-only") ? "reject" : "serve" });
