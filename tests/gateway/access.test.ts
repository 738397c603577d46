import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SourceRecord } from "../../adapters/record.ts";
import { type AccessRules, admit } from "../../gateway/access.ts";
import type { AccessMode } from "../../gateway/config/config.ts";
import type { Standing } from "../../sessions/standing.ts";

const nothing: Standing = { owner: false, blocked: false, user: false, chat: false, claimable: false };

function rules(mode: AccessMode, more: Partial<AccessRules> = {}): AccessRules {
  return { dm: mode, groups: mode, owners: new Set(), users: new Set(), chats: new Set(), ...more };
}

function source(kind: "dm" | "group", more: Partial<SourceRecord["user"]> = {}): SourceRecord {
  return {
    platform: "telegram",
    account: "default",
    chat: { id: "-100", kind, guildId: "g1" },
    user: { id: "7", name: "Ann", isBot: false, ...more },
    messageId: "1",
    sentAt: 0,
  };
}

describe("who is answered", () => {
  test.each([
    ["pairing", "asks"],
    ["allowlist", "stranger"],
    ["open", "allowed"],
    ["off", "silence"],
  ] as const)("%s: of somebody who is not known: %s", (mode, admission) => {
    expect(admit(source("dm"), rules(mode), nothing)).toBe(admission);
    expect(admit(source("group"), rules(mode), nothing)).toBe(admission);
  });

  test.each([
    ["a person in private", "dm", { user: true }, "allowed"],
    ["a person, in a group", "group", { user: true }, "asks"],
    ["a chat", "group", { chat: true }, "allowed"],
    ["a chat, for its members in private", "dm", { chat: true }, "asks"],
    ["an owner, in a group", "group", { owner: true }, "allowed"],
    ["somebody who is blocked", "dm", { blocked: true, user: true }, "silence"],
    ["a blocked one, in an approved chat", "group", { blocked: true, chat: true }, "silence"],
  ] as const)("an approval of %s", (_, kind, standing, admission) => {
    expect(admit(source(kind), rules("pairing"), { ...nothing, ...standing })).toBe(admission);
  });

  test("the configuration's lists count everywhere, by every id of a person", () => {
    const listed = { users: new Set(["telegram:+49"]), chats: new Set<string>() };
    expect(admit(source("group", { aliases: ["+49"] }), rules("pairing", listed), nothing)).toBe("allowed");
    expect(admit(source("group"), rules("allowlist", { chats: new Set(["telegram:g1"]) }), nothing)).toBe("allowed");
  });

  test("an empty id is nobody's", () => {
    expect(admit(source("dm", { id: "" }), rules("allowlist", { owners: new Set(["telegram:"]) }), nothing)).toBe(
      "stranger",
    );
  });

  test("whoever the configuration names as an owner is answered though blocked, unless the platform is off", () => {
    const owner = rules("pairing", { owners: new Set(["telegram:7"]) });
    expect(admit(source("group"), owner, { ...nothing, blocked: true })).toBe("allowed");
    expect(admit(source("group"), { ...owner, groups: "off" }, nothing)).toBe("silence");
  });

  test("default deny: without a rule that lets in, nobody is answered unless everybody is", () => {
    const standing = fc.record({
      owner: fc.boolean(),
      blocked: fc.boolean(),
      user: fc.boolean(),
      chat: fc.boolean(),
      claimable: fc.boolean(),
    });
    const mode = fc.constantFrom<AccessMode>("pairing", "allowlist", "off");
    fc.assert(
      fc.property(fc.constantFrom("dm" as const, "group" as const), mode, standing, (kind, each, stored) => {
        const letIn = !stored.blocked && (stored.owner || (kind === "dm" ? stored.user : stored.chat));
        expect(admit(source(kind), rules(each), stored) === "allowed").toBe(letIn && each !== "off");
      }),
    );
  });
});
