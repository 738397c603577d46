import { type BinaryNode, getBinaryNodeChild, getBinaryNodeChildren } from "@whiskeysockets/baileys";
import type { Answer } from "./answer.ts";
import { usync } from "./directory.ts";
import { describe } from "./group-notices.ts";
import { encryptQuery } from "./key-queries.ts";
import { childrenOf, element } from "./nodes.ts";
import { names } from "./people.ts";
import type { World } from "./world.ts";

const NOTHING: BinaryNode[] = [];

/** Answer a query, by what it is about. Undefined: not known here. */
export async function answer(world: World, iq: BinaryNode): Promise<Answer | undefined> {
  switch (iq.attrs.xmlns) {
    case "encrypt":
      return encryptQuery(world, iq);
    case "usync":
      return usync(world, iq);
    case "w:g2":
      return groupQuery(world, iq);
    case "w:m":
      return mediaConnection(world);
    case "privacy":
      return iq.attrs.type === "get" ? [privacy()] : NOTHING;
    case "blocklist":
      return [element("list")];
    case "w:sync:app:state":
      return [element("sync", {}, collections(iq))];
    case "w:profile:picture":
      return { refused: "404", text: "item-not-found" };
    case "abt":
      return [element("props", { ab_key: "fake", hash: "fake", refresh: "86400" })];
    case "w:p":
    case "w:stats":
    case "urn:xmpp:whatsapp:dirty":
      return NOTHING;
    default:
      return undefined;
  }
}

function groupQuery(world: World, iq: BinaryNode): Answer {
  const { to } = iq.attrs;
  if (to === "@g.us") {
    const own = [...world.groups.values()].filter(({ hasBot }) => hasBot);
    return [
      element(
        "groups",
        {},
        own.map((group) => describe(world, group)),
      ),
    ];
  }
  if (world.faults.groupsUnknown) return { refused: "500", text: "internal-server-error" };
  const group = world.groups.get(to ?? "");
  if (group === undefined) return { refused: "404", text: "item-not-found" };
  return group.hasBot ? [describe(world, group)] : { refused: "403", text: "forbidden" };
}

function mediaConnection({ media }: World): Answer {
  const host = element("host", { hostname: media.host, maxContentLengthBytes: "2147483648" });
  return [element("media_conn", { auth: media.auth, ttl: "300", auth_ttl: "21600", max_buckets: "12" }, [host])];
}

function privacy(): BinaryNode {
  const all = ["readreceipts", "last", "status", "profile", "groupadd"];
  return element(
    "privacy",
    {},
    all.map((name) => element("category", { name, value: "all" })),
  );
}

/** No device of this account has settings to share. */
function collections(iq: BinaryNode): BinaryNode[] {
  const asked = getBinaryNodeChildren(getBinaryNodeChild(iq, "sync"), "collection");
  return asked.map(({ attrs }) => element("collection", { name: attrs.name, version: attrs.version ?? "0" }));
}

/** Whether an iq takes the bot's own device off the account. */
export function removesCompanion(world: World, iq: BinaryNode): boolean {
  const [removal] = childrenOf(iq).filter(({ tag }) => tag === "remove-companion-device");
  return removal?.attrs.jid !== undefined && names(removal.attrs.jid, world.account);
}
