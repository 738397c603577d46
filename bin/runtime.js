/**
 * Finds a Node that can run Parley. Everything here and in `relay.js` has to parse and run on Node 12.20: an old Node
 * must get as far as saying what it lacks.
 */
import { existsSync, readFileSync } from "node:fs";
import * as modules from "node:module";
import { dirname, join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { followLauncher, relaunch } from "./relay.js";

const REQUIRED_MAJOR = 24;

/** Where compiled code is kept, below the package's folder. */
export const COMPILED = "node_modules/.cache/parley";

/**
 * V8 crashes the process when a call out of WebAssembly is compiled anew after many calls while threads that ran the same
 * module come and go (`Runtime_TierUpWasmToJSWrapper` frees code twice). Node's own type stripping is such a module, so
 * no module is given the many calls.
 */
export const STEADY_WASM = "--wasm-wrapper-tiering-budget=1000000000";

/** Names the process that relaunched us: the same one a second time would go on for ever. */
const LAUNCHER = "PARLEY_LAUNCHER_PID";

/**
 * Run the program: here, if this Node is new enough; else in the Node that was installed beside it. Ends with the exit
 * code that `main` resolves with, or as the relaunched process ended.
 *
 * @param {{ main: string, script: string, root: string }} options `main`: address of a module that exports
 *   `main(argv: string[]): Promise<number>`; `script`: path of the file to run again; `root`: the package's folder
 * @returns {Promise<void>}
 */
export async function launch({ main, script, root }) {
  const relaunched = process.env[LAUNCHER] === String(process.ppid);
  delete process.env[LAUNCHER];
  if (isSupported(process.versions.node)) {
    if (relaunched) followLauncher();
    // Before the first module with types is read.
    setFlagsFromString(STEADY_WASM);
    keepCompiled(root);
    const program = await import(main);
    process.exitCode = await program.main(process.argv.slice(2));
    return;
  }
  const runtime = relaunched ? null : findRuntime(root, process.platform, process.arch);
  if (runtime === null) {
    console.error(refusal(process.versions.node, root));
    process.exitCode = 1;
    return;
  }
  const env = Object.assign({}, process.env, { [LAUNCHER]: String(process.pid) });
  relaunch(runtime, [...process.execArgv, script, ...process.argv.slice(2)], env);
}

/**
 * What was read and compiled once is kept for later starts and for threads, which halves the time that they take. Beside
 * the packages and not in a folder for everybody: whoever writes there decides what runs. Where it cannot be written,
 * nothing is kept.
 *
 * @param {string} root
 */
function keepCompiled(root) {
  if (process.env.NODE_COMPILE_CACHE !== undefined) return;
  const folder = join(root, COMPILED);
  modules.enableCompileCache(folder);
  process.env.NODE_COMPILE_CACHE = folder;
}

/** @param {string} version as in `24.1.0` */
export function isSupported(version) {
  return Number(version.split(".")[0]) >= REQUIRED_MAJOR;
}

/**
 * The Node that came with the package, in its own `node_modules` or in that of a folder above it.
 *
 * @param {string} root
 * @param {string} platform
 * @param {string} arch
 * @returns {string | null} path of the executable
 */
export function findRuntime(root, platform, arch) {
  const name = `node-${platform === "win32" ? "win" : platform}-${arch}`;
  for (let folder = root, last = ""; folder !== last; last = folder, folder = dirname(folder)) {
    const home = join(folder, "node_modules", name);
    const executable = join(home, "bin", platform === "win32" ? "node.exe" : "node");
    if (existsSync(executable) && isSupported(versionOf(home))) return executable;
  }
  return null;
}

/** @param {string} home @returns {string} */
function versionOf(home) {
  try {
    return String(JSON.parse(readFileSync(join(home, "package.json"), "utf8")).version);
  } catch {
    return "0";
  }
}

/** @param {string} version @param {string} root */
function refusal(version, root) {
  return [
    `Parley needs Node ${REQUIRED_MAJOR} or newer; this is Node ${version}.`,
    `Either install Node ${REQUIRED_MAJOR}, or run "npm ci" in ${root}, which brings one for Parley alone`,
    "on Linux (x64, arm64), Windows (x64) and macOS (x64) unless optional dependencies are left out.",
  ].join("\n");
}
