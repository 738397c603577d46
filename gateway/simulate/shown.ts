import { thousands } from "../words.ts";

export function dollars(value: number): string {
  return value >= 1
    ? `$${thousands(Math.floor(value))}.${(Math.round(value * 100) % 100).toString().padStart(2, "0")}`
    : `$${value.toFixed(3)}`;
}

export function seconds(ms: number): string {
  return ms < 59_950 ? `${(ms / 1_000).toFixed(1)} s` : `${(ms / 60_000).toFixed(1)} min`;
}
