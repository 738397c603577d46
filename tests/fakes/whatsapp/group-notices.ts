import { randomInt } from "node:crypto";
import type { BinaryNode } from "@whiskeysockets/baileys";
import { type Group, memberAttributes } from "./group.ts";
import { element } from "./nodes.ts";
import { jidOf } from "./people.ts";
import { personBy, secondsOf, type World } from "./world.ts";

/** Tell the bot what happened in a group it is in. */
export function groupNotice(world: World, group: Group, actor: string | undefined, change: BinaryNode): void {
  if (!group.hasBot || world.companion === undefined) return;
  const person = actor === undefined ? undefined : personBy(world, actor);
  const other = group.addressing === "lid" ? "phone" : "lid";
  const attributes = {
    from: group.id,
    type: "w:gp2",
    id: String(randomInt(1_000_000_000, 4_000_000_000)),
    participant: actor,
    [`participant_${other === "phone" ? "pn" : "lid"}`]: person?.tellsOther ? jidOf(person, other) : undefined,
    addressing_mode: group.addressing === "lid" ? "lid" : "pn",
    notify: person?.name,
    t: secondsOf(world),
  };
  world.outbox.add(element("notification", attributes, [change]));
}

/** A group with its members, as answers and notices describe it. */
export function describe(world: World, group: Group): BinaryNode {
  const { account } = world;
  const members = group.members.map((person) => element("participant", memberAttributes(group, person)));
  const own = {
    jid: jidOf(account, group.addressing),
    type: group.botIsAdmin ? "admin" : undefined,
    ...(group.addressing === "lid" ? { phone_number: jidOf(account, "phone") } : { lid: jidOf(account, "lid") }),
  };
  const everybody = group.hasBot ? [...members, element("participant", own)] : members;
  const settings = group.announces ? [element("announcement")] : [];
  const creator = group.members[0] && jidOf(group.members[0], group.addressing);
  const created = String(Math.floor(group.createdAt / 1000));
  const attributes = {
    id: group.id.split("@")[0],
    subject: group.subject,
    addressing_mode: group.addressing === "lid" ? "lid" : "pn",
    creation: created,
    creator,
    s_t: created,
    s_o: creator,
    size: String(everybody.length),
  };
  return element("group", attributes, [...settings, ...everybody]);
}
