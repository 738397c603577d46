import { type Fields, fieldsOf, isFields, textIn } from "./payload.ts";

/** What holds another message: for its looks, for how long it stays, for clients that do not know what is inside. */
const WRAPPERS = [
  "ephemeralMessage",
  "viewOnceMessage",
  "viewOnceMessageV2",
  "viewOnceMessageV2Extension",
  "documentWithCaptionMessage",
  "editedMessage",
  "deviceSentMessage",
  "associatedChildMessage",
  "lottieStickerMessage",
  "groupMentionedMessage",
  "pollCreationMessageV4",
  "botForwardedMessage",
  "questionMessage",
] as const;

/** Clients nest three at most. */
const MAX_DEPTH = 8;

/** @see `MessageAssociation.AssociationType` of WhatsApp's protocol buffers */
const MEDIA_ALBUM = 1;

/** The same picture or film once more, in another quality or moving: HD video, HD image, motion photo, HEVC video. */
const OTHER_QUALITIES: ReadonlySet<unknown> = new Set([5, 10, 12, 19]);

/** A message out of all that it was wrapped in. */
export interface Content {
  /** One field, named by its kind, says it all; beside it stands what its clients add for themselves. */
  body: Fields;
  /** What is common to most kinds: mentions, the message replied to. */
  context: Fields;
  /** True if it is shown once. */
  once: boolean;
  /** The id of the album that it is a part of. */
  albumId?: string;
  /** True if it is another version of a message that has come already. */
  repeats: boolean;
}

/** Take a message out of its wrappers; one that is wrapped deeper than clients do says nothing. */
export function unwrap(message: unknown): Content {
  let body = fieldsOf(message);
  let once = false;
  let association: Fields = {};
  for (let depth = 0; ; depth++) {
    const found = fieldsOf(fieldsOf(body.messageContextInfo).messageAssociation);
    if (found.associationType !== undefined) association = found;
    const wrapper = WRAPPERS.find((name) => isFields(fieldsOf(body[name]).message));
    if (wrapper === undefined) break;
    if (wrapper.startsWith("viewOnce")) once = true;
    body = depth < MAX_DEPTH ? fieldsOf(fieldsOf(body[wrapper]).message) : {};
  }
  return { body, context: contextOf(body), once, ...placeIn(association) };
}

function placeIn({ associationType, parentMessageKey }: Fields): Pick<Content, "albumId" | "repeats"> {
  if (OTHER_QUALITIES.has(associationType)) return { repeats: true };
  const albumId = associationType === MEDIA_ALBUM ? textIn(fieldsOf(parentMessageKey).id, 128) : undefined;
  return { repeats: false, ...(albumId !== undefined && { albumId }) };
}

/** Beside what a message says stand fields that have no context: of those that have, there is one. */
function contextOf(body: Fields): Fields {
  for (const part of Object.values(body)) {
    const { contextInfo } = fieldsOf(part);
    if (isFields(contextInfo)) return contextInfo;
  }
  return {};
}
