import type { APIAttachment, APIMessage } from "discord.js";
import type { ApiRequest } from "./api-request.ts";
import { componentsIn } from "./components.ts";
import { MAX_FILE_BYTES } from "./interactions.ts";
import type { AllowedMentions } from "./mentions.ts";
import { emptyMessage, invalidField, tooLarge, tooLong } from "./refusal.ts";
import type { ChannelState, World } from "./world.ts";

/** Discord counts characters; the fake counts UTF-16 units, which are never fewer. */
const MAX_CONTENT = 2000;
const MAX_NONCE = 25;
const MAX_FILES = 10;

/** What a message shows, each part only where the body names it. */
export interface Shown {
  content?: string;
  embeds?: APIMessage["embeds"];
  components?: NonNullable<APIMessage["components"]>;
  attachments?: APIAttachment[];
}

/** What the bot wants a message to show; `before` is the message that it edits. @throws Refusal */
export function shownIn(world: World, channel: ChannelState, request: ApiRequest, before?: APIMessage): Shown {
  const { content, embeds, components } = request.body;
  if (content !== undefined && content !== null && typeof content !== "string") {
    throw invalidField("content", "BASE_TYPE_BAD_STRING", "Not a string.");
  }
  if (typeof content === "string" && content.length > MAX_CONTENT) throw tooLong("content", MAX_CONTENT);
  const shown: Shown = {
    ...(content !== undefined && { content: content ?? "" }),
    ...(Array.isArray(embeds) && { embeds }),
    ...(components !== undefined && { components: componentsIn(components ?? []) }),
    ...attachmentsIn(world, channel, request, before),
  };
  if (isEmpty({ ...before, ...shown })) throw emptyMessage();
  return shown;
}

function isEmpty({ content = "", embeds = [], components = [], attachments = [] }: Shown): boolean {
  return content.trim() === "" && [embeds, components, attachments].every((list) => list.length === 0);
}

/** New files join what the body keeps; a body without `attachments` keeps everything. */
function attachmentsIn(
  world: World,
  channel: ChannelState,
  { body, files }: ApiRequest,
  before: APIMessage | undefined,
): Pick<Shown, "attachments"> {
  const described = body.attachments as
    | Array<{ id: string | number; filename?: string; description?: string }>
    | undefined;
  if (files.size === 0 && described === undefined) return {};
  const kept = (before?.attachments ?? []).filter(
    ({ id }) => described === undefined || described.some((each) => String(each.id) === id),
  );
  if (kept.length + files.size > MAX_FILES) throw tooLong("attachments", MAX_FILES);
  const added = [...files].map(([number, file]) => {
    if ((file.bytes?.length ?? 0) > MAX_FILE_BYTES) throw tooLarge();
    const { filename: name, description } = described?.find(({ id }) => String(id) === number) ?? {};
    return world.files.attach(world.ids.next(), channel.id, {
      ...file,
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description }),
    });
  });
  return { attachments: [...kept, ...added] };
}

export function allowedMentionsIn({ body }: ApiRequest): AllowedMentions | undefined {
  return (body.allowed_mentions ?? undefined) as AllowedMentions | undefined;
}

/** @throws Refusal */
export function nonceIn({ body: { nonce } }: ApiRequest): string | undefined {
  if (nonce === undefined || nonce === null) return undefined;
  const text = String(nonce);
  if (text.length > MAX_NONCE) throw tooLong("nonce", MAX_NONCE);
  return text;
}
