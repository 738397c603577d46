import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren, proto } from "@whiskeysockets/baileys";
import { flawOf } from "./account.ts";
import type { Companion } from "./companion.ts";
import type { Device } from "./device.ts";
import { deviceBy, isCompanion } from "./key-queries.ts";
import { bytesOf, childrenOf } from "./nodes.ts";
import { bare, jidOf, names } from "./people.ts";
import { askAgain, confirmDelivery } from "./recipient.ts";
import { sentMessage } from "./sent-message.ts";
import { linkedCompanion, personBy, type World } from "./world.ts";

/** As long as a message can be, in UTF-16 code units. */
const LONGEST_TEXT = 65_536;

/** Somebody's device, with the JID by which the bot wrote to it. */
interface Reader {
  device: Device;
  jid: string;
  /** Encrypted for this device alone, if anything is. */
  own: BinaryNode | undefined;
}

/** A message that was taken, or the code of its refusal; and what its readers say of it once that is known. */
export interface Taking {
  refused?: string;
  answers: Array<() => Promise<void> | void>;
}

/** Take a message of the bot: everybody it is for decrypts it, and asks for it again if that fails. */
export async function take(world: World, node: BinaryNode): Promise<Taking> {
  const { id = "", to = "" } = node.attrs;
  const companion = linkedCompanion(world);
  const group = world.groups.get(to);
  if (to.endsWith("@g.us") && !group) return refusal("404");
  if (group && !group.hasBot) return refusal("403");
  if (!group && personBy(world, to) === undefined && !names(to, world.account)) return refusal("404");
  checkIdentity(world, companion, node);

  const chat = group ? to : bare(to);
  world.arrivals.set(id, (world.arrivals.get(id) ?? 0) + 1);
  let shown = world.sent.all.find((sent) => sent.id === id && sent.to === chat);
  if (shown) shown.copies += 1;
  const answers: Taking["answers"] = [];
  for (const reader of readersOf(world, companion, node)) {
    const { device, jid } = reader;
    const message = await decrypted(world, companion, node, reader);
    const readBefore = device.opened.get(id) ?? 0;
    if (message === undefined) {
      // What has been read already is a copy: nobody needs it again.
      if (readBefore === 0) answers.push(() => askAgain(world, device, { id, chat, jid }));
      continue;
    }
    device.opened.set(id, readBefore + 1);
    if (names(jid, world.account)) continue;
    if (readBefore === 0) answers.push(() => confirmDelivery(world, { id, chat, jid }));
    const seen = shown ?? (await sentMessage(world, id, chat, message));
    if (seen === undefined) continue;
    if (seen.text.length > LONGEST_TEXT) return refusal("479");
    const name = personBy(world, jid)?.name ?? "";
    if (!seen.readBy.includes(name)) seen.readBy.push(name);
    if (shown === undefined) world.sent.add(seen);
    shown = seen;
  }
  return { answers };
}

const refusal = (refused: string): Taking => ({ refused, answers: [] });

/** Who reads a message: everybody it names, or the one device that it was sent to again. */
function readersOf(world: World, companion: Companion, node: BinaryNode): Reader[] {
  const { to = "", participant } = node.attrs;
  const group = world.groups.get(to);
  const own = new Map<string, BinaryNode | undefined>();
  const listed = getBinaryNodeChild(node, "participants");
  for (const { attrs, content } of childrenOf(listed)) {
    if (Array.isArray(content))
      own.set(
        attrs.jid ?? "",
        content.find(({ tag }) => tag === "enc"),
      );
  }
  if (listed === undefined && !ofGroup(node)) own.set(participant ?? to, getBinaryNodeChild(node, "enc"));
  // In a group everybody who has the key can read, whether or not it was sent along.
  if (ofGroup(node)) {
    for (const member of group?.members ?? []) {
      for (const { number } of member.devices) {
        const jid = jidOf(member, group?.addressing ?? "lid", number);
        if (!own.has(jid)) own.set(jid, undefined);
      }
    }
  }
  return [...own].flatMap(([jid, enc]) => {
    const device = deviceBy(world, jid);
    if (device !== undefined) return [{ device, jid, own: enc }];
    // The library encrypts for its own device, too, where it takes it for another of the account's.
    if (isCompanion(companion, jid)) return [];
    world.violations.push("encrypted for a device that nobody has");
    return [];
  });
}

const ofGroup = (node: BinaryNode): BinaryNode | undefined =>
  getBinaryNodeChildren(node, "enc").find(({ attrs }) => attrs.type === "skmsg");

/** The content that is for a device; `undefined` if it cannot read it. */
async function decrypted(
  world: World,
  companion: Companion,
  node: BinaryNode,
  { device, jid, own }: Reader,
): Promise<proto.IMessage | undefined> {
  const { to = "" } = node.attrs;
  const forGroup = ofGroup(node);
  try {
    let message: proto.IMessage | undefined;
    if (own !== undefined) {
      const type = own.attrs.type === "pkmsg" ? "pkmsg" : "msg";
      message = await device.open(companion, type, own.content as Uint8Array);
    }
    if (names(jid, world.account)) return forPhone(world, to, message);
    if (forGroup === undefined) return message;
    return await device.openFromGroup(companion, to, forGroup.content as Uint8Array);
  } catch {
    return undefined;
  }
}

/** The bot's own phone is told what was sent to whom. */
function forPhone(world: World, to: string, message: proto.IMessage | undefined): proto.IMessage | undefined {
  const copy = message?.deviceSentMessage;
  if (copy && bare(copy.destinationJid ?? "") !== bare(to)) world.violations.push("told the phone of another chat");
  return copy?.message ?? message;
}

/** Who begins a session shows that the account has linked it. */
function checkIdentity(world: World, companion: Companion, node: BinaryNode): void {
  const listed = childrenOf(getBinaryNodeChild(node, "participants")).flatMap(childrenOf);
  const begins = [...listed, ...childrenOf(node)].some(({ tag, attrs }) => tag === "enc" && attrs.type === "pkmsg");
  if (!begins) return;
  if (getBinaryNodeChild(node, "device-identity") === undefined) {
    world.violations.push("a session begun without showing the device's identity");
    return;
  }
  const shown = proto.ADVSignedDeviceIdentity.decode(bytesOf(node, "device-identity"));
  const accountKey = world.account.identityKey.public;
  const flaw = flawOf(shown, { accountKey, deviceIdentity: companion.identity });
  if (flaw !== undefined) world.violations.push(flaw);
}
