import { MOMENTS, STEPS, type Step } from "../../gateway/failpoints.ts";
import { never } from "./kill-matrix.ts";
import { PLATFORMS, type PlatformName } from "./kill-matrix-grounds.ts";
import type { Spot } from "./kill-matrix-scene.ts";

export interface Result extends Spot {
  passed: boolean;
}

/** Points by platforms: in how many stories each was survived, or why it is never reached. */
export function matrixTable(results: readonly Result[]): string {
  const reasons: string[] = [];
  const rows = STEPS.flatMap((step) =>
    MOMENTS.map((moment) => {
      const fields = PLATFORMS.map((platform) =>
        field(
          platform,
          step,
          results.filter((each) => each.moment === moment),
        ),
      );
      return [`${step}.${moment}`, ...fields];
    }),
  );
  const table = [["point", ...PLATFORMS], ...rows];
  const widths = [0, ...PLATFORMS.keys()].map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const failed = results.filter(({ passed }) => !passed).length;
  const sum = `${results.length} kills, ${failed} of them not survived`;
  return [...lines, "", ...reasons.map((reason, index) => `(${index + 1}) ${reason}`), "", sum].join("\n");

  function field(platform: PlatformName, step: Step, here: readonly Result[]): string {
    const reason = never(platform, step);
    if (reason !== undefined) {
      if (!reasons.includes(reason)) reasons.push(reason);
      return `(${reasons.indexOf(reason) + 1})`;
    }
    const played = here.filter((each) => each.platform === platform && each.step === step);
    if (played.length === 0) return "-";
    return played.every(({ passed }) => passed) ? `ok${played.length > 1 ? ` x${played.length}` : ""}` : "FAILED";
  }
}
