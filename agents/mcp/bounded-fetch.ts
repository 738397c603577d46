/** What one answer, or one event of a stream, may have. */
export const MAX_MESSAGE_BYTES = 10_000_000;

type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/**
 * A fetch whose bodies fail as soon as they hold more than can be meant: a whole body, or in a stream of events any one of
 * them, of which the reader has to keep everything until it ends.
 */
export function boundedFetch(maxBytes: number, request: Fetch = fetch): Fetch {
  return async (url, init) => {
    const response = await request(url, init);
    if (response.body === null) return response;
    const events = /^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "");
    const body = response.body.pipeThrough(bounded(maxBytes, events));
    const { status, statusText, headers } = response;
    const copy = new Response(body, { status, statusText, headers });
    // A new response does not know where it came from, and redirects are judged by that.
    Object.defineProperty(copy, "url", { value: response.url });
    return copy;
  };
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

function bounded(maxBytes: number, events: boolean): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let bytes = 0;
  let lineIsEmpty = false;
  return new TransformStream({
    transform(chunk, controller) {
      if (!events) bytes += chunk.length;
      else {
        for (const byte of chunk) {
          const ends = byte === LINE_FEED;
          // An empty line ends an event.
          bytes = ends && lineIsEmpty ? 0 : bytes + 1;
          if (byte !== CARRIAGE_RETURN) lineIsEmpty = ends;
        }
      }
      if (bytes > maxBytes) controller.error(new RangeError("the answer is too long"));
      else controller.enqueue(chunk);
    },
  });
}
