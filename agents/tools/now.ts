import type { Tool } from "../agent.ts";

/**
 * Tells date and time in any time zone, as ISO 8601 with offset, the weekday, and the zone.
 *
 * @param now epoch milliseconds; default the machine's clock
 */
export function createNowTool({ now = Date.now }: { now?: () => number } = {}): Tool {
  return {
    name: "now",
    description:
      "Tells the present date, weekday and time in a time zone. Use it whenever an answer depends on today's date or on the " +
      "time: you do not know them otherwise.",
    inputSchema: {
      type: "object",
      properties: {
        timeZone: {
          type: "string",
          description: "IANA name of the time zone, for example Europe/Berlin. UTC if left out.",
        },
      },
      additionalProperties: false,
    },
    idempotent: true,
    async run(input) {
      const zone = zoneOf(input);
      const part = Object.fromEntries(
        formatIn(zone)
          .formatToParts(now())
          .map(({ type, value }) => [type, value]),
      );
      const offset = part.timeZoneName?.replace("GMT", "") || "+00:00";
      const time = `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}${offset}`;
      return `${time}, ${part.weekday}, ${zone}`;
    },
  };
}

function zoneOf(input: unknown): string {
  const zone = typeof input === "object" && input !== null && "timeZone" in input ? input.timeZone : undefined;
  if (zone === undefined || zone === null || zone === "") return "UTC";
  if (typeof zone !== "string") throw new Error("timeZone must be a string");
  return zone;
}

function formatIn(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "iso8601",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      weekday: "long",
      timeZoneName: "longOffset",
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Error("unknown time zone: use an IANA name such as Europe/Berlin", { cause: error });
  }
}
