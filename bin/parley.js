#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { launch } from "./runtime.js";

launch({
  main: new URL("../gateway/cli/main.ts", import.meta.url).href,
  script: fileURLToPath(import.meta.url),
  root: fileURLToPath(new URL("..", import.meta.url)),
});
