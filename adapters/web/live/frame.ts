import type { WireEvents } from "../wire.ts";

/**
 * One event as it goes over the wire. JSON holds no line breaks, so the data is one line.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function frame<Name extends keyof WireEvents>(name: Name, data: WireEvents[Name], id?: number): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
