import { strategiesOf } from "../compose.ts";
import { describeConfig } from "../config/describe.ts";
import { loadConfig } from "../config/load.ts";
import { unservedVariables } from "../config/unserved.ts";
import type { Surroundings } from "./surroundings.ts";

/** Read the configuration as `start` would, and say what it comes to. */
export async function check({ env, cwd, print }: Surroundings): Promise<number> {
  const config = loadConfig({ env, cwd });
  const registry = await strategiesOf(config);
  for (const line of describeConfig(config)) print(line);
  for (const warning of unservedVariables(env)) print(`warning: ${warning}`);
  print(`strategies: ${registry.names().join(", ")}`);
  print("The configuration is fine.");
  return 0;
}
