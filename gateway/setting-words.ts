import type { SettingName } from "../sessions/settings.ts";

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

/** A value as people write it, who may write it back. */
export function humanValue(name: SettingName, value: string | undefined): string {
  if (value === undefined) return "(none)";
  if (name !== "maxAgeMs") return value;
  const [unit, ms] = UNITS.find(([, each]) => Number(value) % each === 0) ?? ["ms", 1];
  return `${Number(value) / ms}${unit}`;
}
