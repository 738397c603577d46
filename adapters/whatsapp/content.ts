import { type Fields, fieldsOf, isFields, listIn, numberIn, textIn } from "./payload.ts";
import type { Content } from "./unwrap.ts";

/** What WhatsApp takes. */
const MAX_TEXT = 65_536;
/** Of a name, an address, an answer. */
const MAX_PART = 500;
const MAX_ENTRIES = 20;

/** Where the words that somebody wrote or chose may stand, in the order in which they are looked for. */
const WORDS: ReadonlyArray<readonly [kind: string, ...path: string[]]> = [
  ["conversation"],
  ["extendedTextMessage", "text"],
  ["imageMessage", "caption"],
  ["videoMessage", "caption"],
  ["ptvMessage", "caption"],
  ["documentMessage", "caption"],
  ["buttonsResponseMessage", "selectedDisplayText"],
  ["templateButtonReplyMessage", "selectedDisplayText"],
  ["listResponseMessage", "title"],
  ["interactiveResponseMessage", "body", "text"],
  ["interactiveMessage", "body", "text"],
  ["buttonsMessage", "contentText"],
  ["listMessage", "description"],
  ["templateMessage", "hydratedTemplate", "hydratedContentText"],
];

/** The text or caption of a message, as it was written; undefined if it has none. */
export function wordsOf({ body }: Content): string | undefined {
  for (const path of WORDS) {
    let value: unknown = body;
    for (const name of path) value = fieldsOf(value)[name];
    const words = textIn(value, MAX_TEXT)?.trim();
    if (words) return words;
  }
  return undefined;
}

/** A short form of what people send that is neither text nor file; undefined if it is none of that. */
export function shortForm({ body }: Content): string | undefined {
  for (const [kind, write] of Object.entries(SHORT_FORMS)) {
    const part = body[kind];
    if (isFields(part)) return write(part);
  }
  return undefined;
}

const SHORT_FORMS: Readonly<Record<string, (part: Fields) => string | undefined>> = {
  locationMessage: location,
  liveLocationMessage: (part) => marked("live location", coordinates(part), part.caption),
  contactMessage: contact,
  contactsArrayMessage: ({ contacts }) => lines(listIn(contacts, MAX_ENTRIES).map((each) => contact(fieldsOf(each)))),
  pollCreationMessage: poll,
  pollCreationMessageV2: poll,
  pollCreationMessageV3: poll,
  pollCreationMessageV5: poll,
  eventMessage: event,
  groupInviteMessage: ({ groupName, caption }) => marked("group invitation", groupName, caption),
  stickerPackMessage: ({ name, caption }) => marked("sticker pack", name, caption),
  productMessage: ({ product, body }) => marked("product", fieldsOf(product).title, body),
  orderMessage: ({ orderTitle, message }) => marked("order", orderTitle, message),
};

function location(part: Fields): string | undefined {
  const name = [part.name, part.address].flatMap((each) => oneLine(each) ?? []).join(", ");
  const where = coordinates(part);
  const words = name === "" ? marked("location", where) : `[venue] ${name}${where ? ` (${where})` : ""}`;
  return lines([words, textIn(part.comment, MAX_PART)]);
}

function coordinates({ degreesLatitude, degreesLongitude }: Fields): string | undefined {
  const latitude = numberIn(degreesLatitude);
  const longitude = numberIn(degreesLongitude);
  return latitude === undefined || longitude === undefined ? undefined : `${latitude}, ${longitude}`;
}

function contact({ displayName, vcard }: Fields): string | undefined {
  const card = textIn(vcard, 10_000) ?? "";
  const name = oneLine(displayName) ?? oneLine(/^FN[^:\r\n]{0,100}:(.*)$/im.exec(card)?.[1]) ?? "";
  const numbers = Array.from(card.matchAll(/^(?:item\d{1,3}\.)?TEL[^:\r\n]{0,200}:([+\d ().-]{3,40})\r?$/gim))
    .slice(0, 5)
    .map(([, number = ""]) => number.trim());
  const said = [name, ...numbers].filter((each) => each !== "").join(", ");
  return said === "" ? undefined : `[contact] ${said}`;
}

function poll({ name, options }: Fields): string | undefined {
  const answers = listIn(options, MAX_ENTRIES).flatMap((option) => oneLine(fieldsOf(option).optionName) ?? []);
  return lines([marked("poll", name), ...answers.map((answer) => `- ${answer}`)]);
}

function event({ name, startTime, location: place, description, isCanceled }: Fields): string | undefined {
  const venue = oneLine(fieldsOf(place).name);
  const when = timeText(numberIn(startTime));
  const facts = [oneLine(name), when, venue].filter((each) => each !== undefined).join(", ");
  return marked(isCanceled === true ? "event cancelled" : "event", facts, description);
}

/** A kind between brackets, what it is about, and the words that came with it. */
function marked(kind: string, about: unknown, words?: unknown): string | undefined {
  const said = oneLine(about);
  return lines([`[${kind}]${said === undefined ? "" : ` ${said}`}`, textIn(words, MAX_PART)]);
}

function oneLine(value: unknown): string | undefined {
  return textIn(value, MAX_PART)?.replace(/\s+/g, " ").trim() || undefined;
}

function lines(parts: ReadonlyArray<string | undefined>): string | undefined {
  return parts.filter((part) => part !== undefined).join("\n") || undefined;
}

function timeText(seconds = Number.NaN): string | undefined {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? undefined : `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
