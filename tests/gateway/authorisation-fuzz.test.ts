import { expect, test } from "vitest";
import type { InboundMessage } from "../../adapters/record.ts";
import { hashCode } from "../../gateway/codes.ts";
import type { AccessMode } from "../../gateway/config/config.ts";
import { randomMessage, USERS } from "./authorisation/cases.ts";
import { Judge, rightsOf } from "./authorisation/judge.ts";
import { Oracle } from "./authorisation/oracle.ts";
import { placeOf } from "./authorisation/places.ts";
import { DatabaseWatch } from "./authorisation/watch.ts";
import { ACCOUNTS, openWorld } from "./authorisation/world.ts";
import { Dice } from "./dice.ts";

const CASES = 10_000;
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_122);
const CLAIM_CODE = "QRSTUVWX";
const ENOUGH = {
  command: 3_000,
  turn: 1_000,
  asked: 100,
  export: 30,
  blocked: 10,
  "setting in a chat": 60,
  "setting in a thread": 0,
  "setting that was allowed": 8,
  "text erased": 30,
  "conversation ended": 100,
  "run stopped": 5,
  background: 5,
  "consent approved": 50,
  "consent denied": 30,
  unblocked: 0,
};
const MODES: readonly AccessMode[] = ["pairing", "open", "open", "open", "open", "allowlist", "off"];

test(`${CASES} random messages: nobody writes what they may not, and nobody reads what is somebody else's`, async () => {
  const dice = new Dice(SEED);
  const oracle = new Oracle({
    configuredOwners: new Set(["telegram:1", "discord:1", "web:2"]),
    allowedUsers: new Set(["whatsapp:3", "telegram:2"]),
    allowedChats: new Set(["telegram:-200", "discord:g2", "whatsapp:dm-1"]),
  });
  const codes: string[] = ["ABCDEFGH"];
  const world = openWorld({
    access: (platform) => ({
      ...oracle.modes[platform],
      owners: oracle.configuredOwners,
      users: oracle.allowedUsers,
      chats: oracle.allowedChats,
    }),
    administers: (platform, account, chatId, userId) =>
      oracle.lookUpsFail ? "fail" : oracle.admins.has([platform, account, chatId, userId].join(" ")),
    code() {
      const code = Array.from({ length: 8 }, () => "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"[dice.roll(32)]).join("");
      codes.push(code);
      return code;
    },
  });
  const { db, store, clock } = world;
  const watch = new DatabaseWatch(db);
  const chat = db.prepare<[string], { place: string }>(
    "SELECT json_array(platform, account, chat) AS place FROM chats WHERE id = ?",
  );
  const session = db.prepare<[string], { session: string }>("SELECT session FROM inbox WHERE message_id = ?");
  const keys = db.prepare<[string], { key: string }>("SELECT key FROM sessions WHERE id = ?");
  const question = db.prepare<
    [number],
    { platform: string; account: string; chat: string; userId: string; code: string }
  >(
    `SELECT platform, account, chat, user_id AS userId, code FROM approvals a JOIN runs r ON r.id = a.run_id
       JOIN chats c ON c.id = r.chat_id WHERE a.state = 'asked' AND expires_at > ? ORDER BY r.id DESC LIMIT 1`,
  );
  const newest = db.prepare<[], { id: number }>("SELECT coalesce(max(id), 0) AS id FROM audit");
  const judge = new Judge(oracle, {
    chatOf: (chatRef) => chat.get(chatRef)?.place ?? "",
    keyOf: (id) => keys.get(id)?.key ?? "",
    sessionOf: (messageId) => session.get(messageId)?.session,
    now: () => clock.now(),
  });
  let audited = 0;
  let previous: InboundMessage | undefined;

  /** What an operator does on the machine itself. */
  async function operates(): Promise<void> {
    for (const platform of ["telegram", "discord", "whatsapp", "web"] as const) {
      oracle.modes[platform] = { dm: dice.pick(MODES), groups: dice.pick(MODES) };
    }
    for (const entry of await store.accessEntries())
      if (dice.chance(50)) await store.setAccess(entry, null, "cli:fuzz");
    if (dice.chance(60)) {
      await store.setClaim(hashCode(CLAIM_CODE));
      oracle.claimCode = CLAIM_CODE;
    } else {
      const [platform, account] = dice.pick(ACCOUNTS);
      const id = dice.pick(USERS.slice(0, 6));
      await store.setAccess({ kind: "user", platform, account, id }, "owner", "cli:fuzz");
    }
    judge.operator(watch.take());
    audited = newest.get()?.id ?? 0;
  }

  for (let n = 0; n < CASES; n++) {
    if (n % 150 === 0) await operates();
    oracle.lookUpsFail = dice.chance(4);
    for (let change = 0; change < 8; change++) {
      const [platform, account] = dice.pick(ACCOUNTS);
      const admin = [
        platform,
        account,
        dice.pick(["-100", "-200", "room", "hall", "1", "dm-2"]),
        dice.pick(USERS),
      ].join(" ");
      if (dice.chance(60)) oracle.admins.add(admin);
      else oracle.admins.delete(admin);
    }
    clock.advance(dice.chance(1) ? 61 * 60_000 : dice.roll(20_000));
    if (dice.chance(6)) world.hold(true);
    else if (dice.chance(3)) world.hold(false);
    await world.quiet();
    const ended = judge.requests(world.shown.splice(0));
    world.sent.length = 0;
    watch.take();

    const mark = `mark-n-${n}`;
    const asking = question.get(clock.now());
    const message = randomMessage(dice, n, mark, { codes, claimCode: CLAIM_CODE, previous, question: asking });
    previous = message;
    message.source.sentAt = clock.now();
    const rights = rightsOf(oracle, message);
    judge.wrote({ mark, source: message.source, letIn: rights.letIn });
    await world.tell(message);
    const writes = watch.take();
    // Platforms deliver again: nothing may come of it.
    if (dice.chance(5)) await world.tell(message);
    const again = watch.take().map((change) => `delivered again, it wrote ${JSON.stringify(change)}`);
    const entries = newest.get()?.id === audited ? [] : (await store.audit()).filter(({ id }) => id > audited);
    audited = newest.get()?.id ?? 0;
    const wrong = [
      ...ended,
      ...again,
      ...judge.writes(message, rights, writes, entries),
      ...judge.omissions(message, rights),
      ...judge.requests(world.shown.splice(0)),
      ...judge.said(message, rights, world.sent.splice(0)),
      ...world.faults.splice(0),
    ];
    if (wrong.length > 0) {
      const { source, command, text } = message;
      const told = JSON.stringify({ source, command, text, rights, place: placeOf(source) }, null, 1);
      throw new Error(`seed ${SEED}, case ${n}:\n${wrong.join("\n")}\n${told}`);
    }
    if (n % 500 === 0) {
      expect(watch.all("settings")).toEqual(oracle.settings);
      expect(watch.all("access")).toEqual(oracle.rules);
    }
  }
  world.hold(false);
  await world.quiet();
  // Each entry begins where the one before it in the same place has ended, and the last ones are what holds.
  const last = new Map<string, string | null>();
  for (const { what, where, from, to } of (await store.audit({ limit: 1_000_000 })).toReversed()) {
    if (!what.startsWith("setting ")) continue;
    expect(last.get(`${what} ${where}`) ?? null).toBe(from);
    last.set(`${what} ${where}`, to);
  }
  expect([...last.values()].filter((value) => value !== null)).toHaveLength(oracle.settings.size);
  // Much of each kind has happened: what nobody tries proves nothing.
  for (const [what, count] of Object.entries(ENOUGH)) expect(judge.seen.get(what) ?? 0, what).toBeGreaterThan(count);
  await world.close();
}, 120_000);
