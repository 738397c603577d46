import { type BinaryNode, getBinaryNodeChild, jidDecode } from "@whiskeysockets/baileys";
import { childrenOf, element } from "./nodes.ts";
import { bare, jidOf, names } from "./people.ts";
import { personBy, secondsOf, type World } from "./world.ts";

/** Who is on WhatsApp, with which devices, and under which other name. */
export function usync(world: World, iq: BinaryNode): BinaryNode[] {
  const query = getBinaryNodeChild(iq, "usync");
  const wanted = new Set(childrenOf(getBinaryNodeChild(query, "query")).map(({ tag }) => tag));
  const users = childrenOf(getBinaryNodeChild(query, "list")).map((user) => lookUp(world, askedJid(user), wanted));
  const attributes = { sid: query?.attrs.sid, index: "0", last: "true", mode: "query", context: query?.attrs.context };
  return [element("usync", attributes, [element("result"), element("list", {}, users)])];
}

function askedJid(user: BinaryNode): string {
  if (user.attrs.jid !== undefined) return user.attrs.jid;
  const number = getBinaryNodeChild(user, "contact")?.content ?? "";
  return `${Buffer.from(number as Uint8Array | string)
    .toString()
    .replace("+", "")}@s.whatsapp.net`;
}

function lookUp(world: World, jid: string, wanted: ReadonlySet<string>): BinaryNode {
  const { account, companion } = world;
  const own = names(jid, account);
  const person = personBy(world, jid);
  const known = own || person !== undefined;
  const found: BinaryNode[] = [];
  if (wanted.has("contact")) found.push(element("contact", { type: known ? "in" : "out" }));
  if (wanted.has("devices") && known) {
    const linked = companion === undefined ? [] : [companion.device];
    const numbers = own ? [0, ...linked] : (person?.devices ?? []).map(({ number }) => number);
    found.push(devices(numbers, secondsOf(world)));
  }
  const tells = own || person?.tellsOther === true;
  if (wanted.has("lid") && tells && jidDecode(jid)?.server === "s.whatsapp.net") {
    found.push(element("lid", { val: jidOf(own ? account : (person ?? account), "lid") }));
  }
  return element("user", { jid: bare(jid) }, found);
}

function devices(numbers: number[], t: string): BinaryNode {
  const list = numbers.map((id) => element("device", { id: String(id), "key-index": id === 0 ? undefined : "1" }));
  return element("devices", {}, [element("device-list", {}, list), element("key-index-list", { ts: t })]);
}
