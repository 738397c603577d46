/** One event of a server-sent event stream. */
export interface StreamEvent {
  name: string;
  data: unknown;
  id?: string;
}

/** Read a stream of server-sent events until it ends. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of body) {
    text += decoder.decode(bytes, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const event = parse(text.slice(0, end));
      text = text.slice(end + 2);
      if (event !== null) yield event;
    }
  }
}

function parse(block: string): StreamEvent | null {
  const fields = new Map(
    block.split("\n").map((line) => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon), line.slice(colon + 2)] as const;
    }),
  );
  const data = fields.get("data");
  if (data === undefined) return null;
  const event: StreamEvent = { name: fields.get("event") ?? "message", data: JSON.parse(data) };
  const id = fields.get("id");
  if (id !== undefined) event.id = id;
  return event;
}
