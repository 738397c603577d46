import type { MainCalls } from "../protocol.ts";

/** Asks the main thread. */
export type Ask = <Name extends keyof MainCalls>(
  name: Name,
  takes: MainCalls[Name]["takes"],
  signal?: AbortSignal,
) => Promise<MainCalls[Name]["gives"]>;
