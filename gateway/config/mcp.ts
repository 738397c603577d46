import { resolve } from "node:path";
import type { McpServer } from "../../agents/mcp/options.ts";
import { defaults } from "./defaults.ts";
import type { Origins } from "./origins.ts";
import { ANY_NAME, formatPath, isSection, type Path, type RawSection } from "./path.ts";
import type { Problem } from "./problems.ts";
import type { Settings } from "./schema.ts";

/** Servers in the order of the file; folders are as they were written. */
export function mcpServers(settings: Settings["mcp"] = {}): McpServer[] {
  return Object.entries(settings).map(([name, written]) => {
    const {
      command = [],
      env = {},
      cwd = ".",
      url,
      headers = {},
      ask,
      timeoutMs,
      maxOutputChars,
    } = {
      ...defaults.mcp[ANY_NAME],
      ...written,
    };
    const [program = "", ...args] = command;
    const reach: McpServer["reach"] =
      url === undefined ? { kind: "program", command: program, args, env, cwd } : { kind: "address", url, headers };
    return { name, reach, ask, timeoutMs, maxOutputChars };
  });
}

/** Folders are meant from where the file lies. */
export function startedIn(server: McpServer, base: string): McpServer {
  const { reach } = server;
  return reach.kind === "program" ? { ...server, reach: { ...reach, cwd: resolve(base, reach.cwd) } } : server;
}

/** Words of the setting `tools`: a server of such a name would be meant by them as well. */
const TAKEN = ["all", "none", "now", "recall"];

/** What belongs to a program, and what to an address. */
const OF_PROGRAMS = ["env", "cwd"];
const OF_ADDRESSES = ["headers"];

/** Each server is either a program or an address. Works on settings not yet validated. */
export function mcpRules(root: RawSection, origins: Origins): Problem[] {
  const { mcp } = root;
  if (!isSection(mcp)) return [];
  const problem = (path: Path, message: string): Problem => ({ ...origins.place(formatPath(path)), message });
  const taken = TAKEN.filter((name) => Object.hasOwn(mcp, name));
  return [
    ...protoNames(mcp, ["mcp"], problem),
    ...taken.map((name) =>
      problem(["mcp", name], "this name means something else in the setting tools; choose another"),
    ),
    ...Object.entries(mcp).flatMap(([name, server]) => {
      if (!isSection(server)) return [];
      const path = ["mcp", name];
      const inside = ["env", "headers"].flatMap((key) => {
        const names = server[key];
        return isSection(names) ? protoNames(names, [...path, key], problem) : [];
      });
      return [...inside, ...eitherOr(server, path, problem)];
    }),
  ];
}

type Complain = (path: Path, message: string) => Problem;

function eitherOr(server: RawSection, path: Path, problem: Complain): Problem[] {
  const { command, url } = server;
  if (command !== undefined && url !== undefined) {
    return [problem([...path, "url"], "a server is either a command or an address, not both")];
  }
  if (command === undefined && url === undefined) {
    return [problem(path, "there is no command and no url; a server needs one of them")];
  }
  if (Array.isArray(command) && (command.length === 0 || command[0] === "")) {
    return [problem([...path, "command"], "the command is empty; its first word is the program")];
  }
  const [foreign, other] = command === undefined ? [OF_PROGRAMS, "command"] : [OF_ADDRESSES, "url"];
  return foreign
    .filter((key) => server[key] !== undefined)
    .map((key) => problem([...path, key], `it goes with ${other} and with nothing else`));
}

/** The one name that no object of the language takes for a key like others. */
function protoNames(section: RawSection, path: Path, problem: Complain): Problem[] {
  const name = "__proto__";
  return Object.hasOwn(section, name) ? [problem([...path, name], "this name cannot be used")] : [];
}
