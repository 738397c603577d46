/**
 * Makes two processes look like one: the launcher, which an old Node runs, and the program that it started.
 *
 * A signal may reach the launcher alone (kill), the program alone, or both (Ctrl-C in a terminal, a service manager that
 * signals its whole group). The program must see each once, because a second one ends it without a drain. So the
 * launcher passes signals on as messages, both sides count, and the program acts on a message only if it counted fewer
 * signals of its own.
 */
import { spawn } from "node:child_process";

/** @type {NodeJS.Signals[]} */
const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"];

/** How long a signal of our own may come behind the launcher's word of it. */
const GROUP_SPREAD_MS = 50;

/**
 * Start the program and end as it ends: with its exit code, or by its signal.
 *
 * @param {string} runtime
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {void}
 */
export function relaunch(runtime, args, env) {
  const child = spawn(runtime, args, { env, stdio: ["inherit", "inherit", "inherit", "ipc"] });
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      // It may have ended a moment ago; then there is nobody to tell.
      if (child.connected) child.send({ signal }, () => {});
    });
  }
  child.on("error", (error) => {
    console.error(`Parley could not start ${runtime}: ${error.message}`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    for (const each of SIGNALS) process.removeAllListeners(each);
    if (signal === null) process.exit(code === null ? 1 : code);
    process.exitCode = 1;
    process.kill(process.pid, signal);
  });
}

/** In the program: take the launcher's signals, and never outlive it. */
export function followLauncher() {
  for (const signal of SIGNALS) follow(signal);
  // Whoever kills the launcher outright means the program: left alone, it would hold on to its data and its port.
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
  // A program that is done ends, launcher or not.
  if (process.channel) process.channel.unref();
}

/** @param {NodeJS.Signals} signal */
function follow(signal) {
  let own = 0;
  let told = 0;

  const count = () => {
    own++;
    // This listener alone must not keep the signal from ending a program that does not handle it.
    if (process.listenerCount(signal) === 1) end();
  };
  const end = () => {
    process.removeListener(signal, count);
    process.kill(process.pid, signal);
  };
  process.on(signal, count);

  process.on("message", (/** @type {{ signal?: string }} */ message) => {
    if (message.signal !== signal) return;
    told++;
    const timer = setTimeout(() => {
      // What is passed on here is counted by the listener above, like any other.
      if (own < told) process.emit(signal, signal);
    }, GROUP_SPREAD_MS);
    timer.unref();
  });
}
