import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren } from "@whiskeysockets/baileys";
import type { Answer } from "./answer.ts";
import { bundleNodes, signedKeyNode } from "./bundles.ts";
import type { Companion } from "./companion.ts";
import type { Device } from "./device.ts";
import { childrenOf, element, numberBytes } from "./nodes.ts";
import { deviceNumberOf, names } from "./people.ts";
import { personBy, type World } from "./world.ts";

/** What the bot asks about keys: its own on the server, and those of others. */
export async function encryptQuery(world: World, iq: BinaryNode): Promise<Answer | undefined> {
  const { companion } = world;
  if (companion === undefined) return { refused: "401", text: "not-authorized" };
  const [asked] = childrenOf(iq);
  if (iq.attrs.type === "set") {
    if (getBinaryNodeChild(iq, "list")) companion.upload(iq);
    else companion.rotate(getBinaryNodeChild(iq, "rotate") ?? iq);
    world.bell.ring();
    return [];
  }
  if (asked?.tag === "count") return [element("count", { value: String(companion.preKeyCount) })];
  if (asked?.tag === "digest") return digest(companion);
  if (asked?.tag !== "key") return undefined;
  const users: BinaryNode[] = [];
  for (const { attrs } of getBinaryNodeChildren(asked, "user")) users.push(await keysOf(world, attrs.jid ?? ""));
  return [element("list", {}, users)];
}

/** What the server has of the bot's keys. */
function digest(companion: Companion): Answer {
  if (companion.preKeyCount === 0) return { refused: "404", text: "item-not-found" };
  const ids = companion.preKeyIds.map((id) => element("id", {}, numberBytes(id, 3)));
  return [
    element("digest", {}, [
      element("registration", {}, numberBytes(companion.registrationId, 4)),
      element("type", {}, Buffer.from([5])),
      element("identity", {}, companion.identity),
      signedKeyNode(companion.signedPreKey),
      element("list", {}, ids),
    ]),
  ];
}

async function keysOf(world: World, jid: string): Promise<BinaryNode> {
  const { companion } = world;
  if (companion !== undefined && isCompanion(companion, jid)) {
    return element("user", { jid }, bundleNodes(companion.takeBundle()));
  }
  const device = deviceBy(world, jid);
  const missing = [element("error", { code: "404", text: "item-not-found" })];
  return element("user", { jid }, device === undefined ? missing : await device.bundle());
}

export const isCompanion = ({ lidJid, phoneJid }: Companion, jid: string): boolean =>
  jid === lidJid || jid === phoneJid;

/** A device of somebody else, or the bot's own phone. */
export function deviceBy(world: World, jid: string): Device | undefined {
  const number = deviceNumberOf(jid);
  if (names(jid, world.account)) return number === 0 ? world.account.phoneDevice : undefined;
  return personBy(world, jid)?.devices.find((device) => device.number === number);
}
