import { showCode } from "../codes.ts";
import { composeGateway } from "../compose.ts";
import { describeConfig } from "../config/describe.ts";
import { loadConfig } from "../config/load.ts";
import { unservedVariables } from "../config/unserved.ts";
import type { Failpoint } from "../failpoints.ts";
import { createLog } from "../log.ts";
import type { Surroundings } from "./surroundings.ts";

/** Run the gateway until it is told to stop. The first signal drains, the second one ends the process at once. */
export async function start({ env, cwd, print }: Surroundings): Promise<number> {
  const config = loadConfig({ env, cwd });
  const log = createLog(config.log.level);
  for (const warning of unservedVariables(env)) log.warn(warning);
  if (env.PARLEY_FAILPOINT) log.warn("PARLEY_FAILPOINT is set: this process will kill itself there");
  // Before anything is started: a signal during a slow start must not kill half-open things.
  const stopped = Promise.race([stopSignal(), ...(env.npm_lifecycle_event === undefined ? [] : [abandoned()])]);
  const gateway = await composeGateway(config, log, await failpointOf(env));
  print(`Parley is running at ${gateway.url}/`);
  // To whoever is at the keyboard, and into no log.
  if (gateway.claimCode !== undefined) {
    print(
      `It has no owner yet: write /claim ${showCode(gateway.claimCode)} to the bot in private to become the first.`,
    );
  }
  log.info({ configuration: describeConfig(config) }, "configuration");
  const reason = await stopped;
  log.info({ reason }, "stopping");
  await gateway.stop();
  return 0;
}

/** Only tests set one, and only for them it is loaded. @throws ConfigError if it does not exist */
async function failpointOf({ PARLEY_FAILPOINT: spec }: Surroundings["env"]): Promise<Failpoint | undefined> {
  if (spec === undefined || spec === "") return undefined;
  const { Failpoint } = await import("../failpoints.ts");
  return new Failpoint(spec);
}

const PARENT_CHECK_MS = 1_000;

/** npm passes SIGTERM on to nobody: whoever stops `npm start` means the gateway, which would live on without a parent. */
function abandoned(): Promise<string> {
  const parent = process.ppid;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      resolve("npm has ended");
    }, PARENT_CHECK_MS);
    timer.unref();
  });
}

/** Under npm, one Ctrl-C arrives twice: from the terminal, and passed on by npm. */
const SAME_KEYSTROKE_MS = 500;

function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    let askedAt: number | undefined;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        if (askedAt === undefined) {
          askedAt = performance.now();
          resolve(signal);
        } else if (signal === "SIGTERM" || performance.now() - askedAt > SAME_KEYSTROKE_MS) {
          process.exit(1);
        }
      });
    }
  });
}
