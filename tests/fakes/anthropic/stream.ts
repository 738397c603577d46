import type Anthropic from "@anthropic-ai/sdk";

const TOOL_INPUT_CHARS = 8;

/**
 * A finished message as the events of its stream: text word by word, tool input in pieces of JSON.
 * @see https://platform.claude.com/docs/en/build-with-claude/streaming
 */
export function* streamEvents(
  message: Anthropic.Message,
  toolJson?: string,
): Generator<Anthropic.RawMessageStreamEvent> {
  const { usage } = message;
  yield {
    type: "message_start",
    message: { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
  };
  for (const [index, block] of message.content.entries()) {
    yield { type: "content_block_start", index, content_block: opened(block) };
    for (const delta of deltas(block, toolJson)) yield { type: "content_block_delta", index, delta };
    yield { type: "content_block_stop", index };
  }
  yield {
    type: "message_delta",
    delta: { stop_reason: message.stop_reason, stop_sequence: null, stop_details: null, container: null },
    usage: {
      input_tokens: usage.input_tokens,
      output_tokens: usage.output_tokens,
      cache_read_input_tokens: usage.cache_read_input_tokens,
      cache_creation_input_tokens: usage.cache_creation_input_tokens,
      output_tokens_details: null,
      server_tool_use: null,
    },
  };
  yield { type: "message_stop" };
}

function opened(block: Anthropic.ContentBlock): Anthropic.ContentBlock {
  switch (block.type) {
    case "text":
      return { ...block, text: "" };
    case "thinking":
      return { ...block, thinking: "", signature: "" };
    case "tool_use":
      return { ...block, input: {} };
    default:
      return block;
  }
}

function deltas(block: Anthropic.ContentBlock, toolJson?: string): Anthropic.RawContentBlockDelta[] {
  switch (block.type) {
    case "text":
      return words(block.text).map((text) => ({ type: "text_delta", text }));
    case "thinking":
      return [
        ...words(block.thinking).map((thinking) => ({
          type: "thinking_delta" as const,
          thinking,
          estimated_tokens: null,
        })),
        { type: "signature_delta", signature: block.signature },
      ];
    case "tool_use": {
      const json = toolJson ?? JSON.stringify(block.input);
      const pieces = Array.from({ length: Math.ceil(json.length / TOOL_INPUT_CHARS) }, (_, piece) =>
        json.slice(piece * TOOL_INPUT_CHARS, (piece + 1) * TOOL_INPUT_CHARS),
      );
      return pieces.map((partial_json) => ({ type: "input_json_delta", partial_json }));
    }
    default:
      return [];
  }
}

function words(text: string): string[] {
  return text.split(/(?<=\s)(?=\S)/).filter((word) => word !== "");
}
