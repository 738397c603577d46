import { randomBytes } from "node:crypto";
import type { BinaryNode, proto } from "@whiskeysockets/baileys";
import type { Companion } from "./companion.ts";
import { stanzaTypeOf } from "./content.ts";
import type { Sealed } from "./device.ts";
import type { Group } from "./group.ts";
import { element } from "./nodes.ts";
import type { Taken } from "./outbox.ts";
import { jidOf, otherForm, type Person, writingDevice } from "./people.ts";
import type { FakeMessage } from "./seen.ts";
import { linkedCompanion, type World, type Written } from "./world.ts";

export interface Letter {
  content: proto.IMessage;
  group?: Group | undefined;
  id?: string | undefined;
  /** Epoch milliseconds. */
  sentAt?: number | undefined;
  /** The stanza's word for a change of an earlier message. */
  edit?: "1" | "7" | "8";
  /** The bot cannot decrypt it the first time. */
  garbled?: boolean | undefined;
  /** Called in place of leaving it for the bot: it is left when `leave` is called. */
  heldBack?: ((leave: () => void) => void) | undefined;
}

/** Encrypt what somebody writes and leave it for the bot. */
export function post(world: World, person: Person, letter: Letter): Promise<FakeMessage> {
  return world.inOrder(async () => {
    const { content, group, id = messageId(), sentAt = world.clock(), edit, garbled = false } = letter;
    const { heldBack = (leave: () => void) => leave() } = letter;
    if (group !== undefined && !group.members.includes(person)) throw new Error(`${person.name} is not in the group`);
    const form = group?.addressing ?? person.addressing;
    const { promise: taken, resolve } = Promise.withResolvers<Taken>();
    const chatJid = group?.id ?? jidOf(person, form);
    const fake: FakeMessage = { id, chatJid, fromJid: jidOf(person, form), message: content, taken };
    const timestamp = String(Math.floor(sentAt / 1000));
    const type = stanzaTypeOf(content);

    const send = async (sealed: BinaryNode[]) => {
      const attributes = { ...addressed(person, group), id, t: timestamp, type, notify: person.name, edit };
      written.node = element("message", attributes, sealed);
      const { node } = written;
      heldBack(() => world.outbox.add(node, resolve));
    };
    const resend = async (count: number) =>
      send(await sealAgain(linkedCompanion(world), person, content, group, count));
    const written: Written = { person, node: undefined, resend };
    world.written.set(id, written);

    // In a group that the bot is not in, nobody's words reach it.
    if (group?.hasBot !== false) await send(await seal(linkedCompanion(world), person, content, group, garbled));
    return fake;
  });
}

/** Tell the bot that somebody wrote what linked devices do not get. */
export function postNotice(
  world: World,
  person: Person,
  { group, id = messageId() }: Pick<Letter, "group" | "id">,
): Promise<void> {
  return world.inOrder(async () => {
    const attributes = { ...addressed(person, group), id, t: String(Math.floor(world.clock() / 1000)), type: "media" };
    world.outbox.add(element("message", attributes, [element("unavailable", { type: "view_once" })]));
  });
}

/** As Android phones make them. */
export const messageId = (): string => `AC${randomBytes(15).toString("hex").toUpperCase()}`;

/** The attributes that say who writes where, and, if it is told, which other name the writer has. */
function addressed(person: Person, group: Group | undefined): Record<string, string | undefined> {
  const form = group?.addressing ?? person.addressing;
  const writer = jidOf(person, form, person.writesWith);
  const other = person.tellsOther ? jidOf(person, otherForm(form)) : undefined;
  const mode = { addressing_mode: form === "lid" ? "lid" : "pn" };
  const suffix = form === "lid" ? "pn" : "lid";
  if (group === undefined) return { from: writer, ...mode, [`sender_${suffix}`]: other };
  return { from: group.id, participant: writer, ...mode, [`participant_${suffix}`]: other };
}

async function seal(
  companion: Companion,
  person: Person,
  content: proto.IMessage,
  group: Group | undefined,
  garbled: boolean,
): Promise<BinaryNode[]> {
  const device = writingDevice(person);
  if (group === undefined) return [encrypted(await device.seal(companion, content), { garbled })];
  const { distribution, ...sealed } = await device.sealForGroup(companion, group.id, content);
  const key = distribution === undefined ? [] : [encrypted(await device.seal(companion, distribution))];
  return [...key, encrypted(sealed, { garbled })];
}

/** For one device that could not read it: no group key needed, but handed out anew. */
async function sealAgain(
  companion: Companion,
  person: Person,
  content: proto.IMessage,
  group: Group | undefined,
  count: number,
): Promise<BinaryNode[]> {
  const device = writingDevice(person);
  const key = group === undefined ? {} : await device.distribution(group.id);
  return [encrypted(await device.seal(companion, { ...content, ...key }), { count })];
}

function encrypted(sealed: Sealed, { garbled = false, count }: { garbled?: boolean; count?: number } = {}): BinaryNode {
  const ciphertext = Buffer.from(sealed.ciphertext);
  // Whatever is encrypted, there it is part of what its signature or digest speaks for.
  const at = ciphertext.length - 12;
  if (garbled) ciphertext.writeUInt8(ciphertext.readUInt8(at) ^ 1, at);
  return element("enc", { v: "2", type: sealed.type, count: count?.toString() }, ciphertext);
}
