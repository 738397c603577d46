import { describe, expect, it } from "vitest";
import {
  bareJid,
  isGroup,
  isLid,
  isPhone,
  personJid,
  personOf,
  phoneOf,
  userOf,
} from "../../../adapters/whatsapp/ids.ts";

describe("JIDs", () => {
  it.each([
    ["491700000001@s.whatsapp.net", "491700000001@s.whatsapp.net"],
    ["491700000001:12@s.whatsapp.net", "491700000001@s.whatsapp.net"],
    ["491700000001:0@s.whatsapp.net", "491700000001@s.whatsapp.net"],
    ["491700000001_1:12@s.whatsapp.net", "491700000001@s.whatsapp.net"],
    ["491700000001@c.us", "491700000001@s.whatsapp.net"],
    ["491700000001:99@hosted", "491700000001@s.whatsapp.net"],
    ["100000000000001:0@lid", "100000000000001@lid"],
    ["100000000000001:99@hosted.lid", "100000000000001@lid"],
    ["120363000000000001@g.us", "120363000000000001@g.us"],
    ["491700000001-1500000000@g.us", "491700000001-1500000000@g.us"],
  ])("%s is %s", (jid, bare) => {
    expect(bareJid(jid)).toBe(bare);
  });

  it.each([
    undefined,
    null,
    7,
    {},
    "",
    "@lid",
    "491700000001",
    "a@lid",
    "1@lid\n",
    "1 @lid",
    "1:x@lid",
    "1:2:3@lid",
    "1@lid@lid",
    "1@example.org",
    "status@broadcast",
    "1@newsletter",
    "1-2-3@g.us",
    `${"1".repeat(1_000_000)}@lid`,
    "toString@lid",
  ])("%s is nobody's", (jid) => {
    expect(bareJid(jid)).toBeUndefined();
  });

  it("tell what they are", () => {
    const jids = ["1:2@lid", "1@s.whatsapp.net", "1@g.us", "1@newsletter"];
    expect(jids.map(isLid)).toEqual([true, false, false, false]);
    expect(jids.map(isPhone)).toEqual([false, true, false, false]);
    expect(jids.map(isGroup)).toEqual([false, false, true, false]);
    expect(jids.map(userOf)).toEqual(["1", "1", "1", undefined]);
    expect(jids.map(phoneOf)).toEqual([undefined, "1", undefined, undefined]);
  });
});

describe("one person", () => {
  const lid = "100000000000001@lid";
  const phone = "491700000001@s.whatsapp.net";

  it.each([
    ["both forms", { lid, phone }, { id: lid, aliases: [phone, "491700000001", "+491700000001"] }],
    ["both, with devices", { lid: "100000000000001:3@lid", phone: "491700000001:0@s.whatsapp.net" }, undefined],
    ["the LID alone", { lid }, { id: lid, aliases: [] }],
    ["the phone alone", { phone }, { id: phone, aliases: ["491700000001", "+491700000001"] }],
  ])("by %s", (_, forms, person) => {
    expect(personOf(forms)).toEqual(person ?? personOf({ lid, phone }));
  });
});

describe("a person", () => {
  it.each([
    ["100000000000001@lid", "100000000000001@lid"],
    ["491700000001:12@s.whatsapp.net", "491700000001@s.whatsapp.net"],
    ["491700000001", "491700000001@s.whatsapp.net"],
    ["+491700000001", "491700000001@s.whatsapp.net"],
  ])("with the id %s has the JID %s", (id, jid) => {
    expect(personJid(id)).toBe(jid);
  });

  it.each([
    "",
    "Alice",
    "+",
    "0001",
    "120363000000000001@g.us",
    "867051314767696@bot",
    "status@broadcast",
    "+49 170 1",
  ])("has no such id as %j", (id) => {
    expect(personJid(id)).toBeUndefined();
  });
});
