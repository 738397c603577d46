import { describe, expect, test } from "vitest";
import { StoreError } from "../../../sessions/store.ts";
import { RecordingGateway, Stage } from "./gateway.ts";

const phoneJid = (digits: string) => `${digits}@s.whatsapp.net`;

describe("people", () => {
  test("go by their LID where it is known, and by their number otherwise; nothing is made up", async () => {
    const stage = await Stage.linked();
    await stage.started();
    const hidden = stage.wa.contact("Hidden", { tellsOther: false });
    const numbered = stage.wa.contact("Numbered", { addressing: "phone", tellsOther: false });
    const both = stage.wa.contact("Both");
    for (const person of [hidden, numbered, both]) await person.writes(`I am ${person.name}`);
    const [{ source: first }, { source: second }, { source: third }] = (await Promise.all(
      ["Hidden", "Numbered", "Both"].map((name) => stage.gateway.said(`I am ${name}`)),
    )) as [
      RecordingGateway["messages"]["all"][0],
      RecordingGateway["messages"]["all"][0],
      RecordingGateway["messages"]["all"][0],
    ];
    expect(first.user).toEqual({ id: hidden.jid(), name: "Hidden", isBot: false });
    const { phone } = numbered;
    expect(second.user).toMatchObject({ id: phoneJid(phone), aliases: [phone, `+${phone}`] });
    expect(second.chat.id).toBe(phoneJid(phone));
    expect(third.user).toMatchObject({
      id: both.jid("lid"),
      aliases: [phoneJid(both.phone), both.phone, `+${both.phone}`],
    });
  });

  test("whoever was known by their number is said to be the same before they write under their LID", async () => {
    const stage = await Stage.linked();
    await stage.started();
    const alice = stage.wa.contact("Alice", { addressing: "phone", tellsOther: false });
    await alice.writes("first");
    expect((await stage.gateway.said("first")).source.user.id).toBe(phoneJid(alice.phone));
    stage.wa.learnMapping(alice);
    await alice.writes("second");
    const { source } = await stage.gateway.said("second");
    expect(source.user.id).toBe(alice.jid("lid"));
    expect(source.chat.id).toBe(alice.jid("lid"));
    alice.addressedBy("lid");
    await alice.writes("third");
    expect((await stage.gateway.said("third")).source.chat.id).toBe(alice.jid("lid"));
    expect(stage.gateway.events.all).toEqual([
      "message first",
      `same ${phoneJid(alice.phone)} ${alice.jid("lid")}`,
      "message second",
      "message third",
    ]);
  });

  test("a LID whose number comes out later stays the same person", async () => {
    const stage = await Stage.linked();
    await stage.started();
    const alice = stage.wa.contact("Alice", { tellsOther: false });
    await alice.writes("first");
    await stage.gateway.said("first");
    stage.wa.learnMapping(alice);
    await alice.writes("second");
    const { user } = (await stage.gateway.said("second")).source;
    expect(user.id).toBe(alice.jid("lid"));
    expect(user.aliases).toContain(alice.phone);
  });

  test("which device somebody writes with makes no difference", async () => {
    const stage = await Stage.linked();
    await stage.started();
    const alice = stage.wa.contact("Alice", { device: 12 });
    const team = stage.wa.group("Team", [alice]);
    await alice.writes("alone");
    await alice.writes("together", { in: team });
    const alone = (await stage.gateway.said("alone")).source;
    expect([alone.user.id, alone.chat.id]).toEqual([alice.jid(), alice.jid()]);
    expect((await stage.gateway.said("together")).source.user.id).toBe(alice.jid());
  });

  test("in a group that goes by numbers they are the same person as in private", async () => {
    const stage = await Stage.linked();
    await stage.started();
    const alice = stage.wa.contact("Alice");
    const team = stage.wa.group("Team", [alice], { addressing: "phone" });
    await alice.writes("in the group", { in: team });
    await alice.writes("in private");
    const ids = [await stage.gateway.said("in the group"), await stage.gateway.said("in private")];
    expect(ids.map(({ source }) => source.user.id)).toEqual([alice.jid("lid"), alice.jid("lid")]);
    expect(ids[0]?.source.chat).toEqual({ id: team.id, kind: "group", name: "Team" });
  });

  test("what is known of them outlives a restart", async () => {
    const stage = await Stage.linked();
    const first = await stage.started();
    const alice = stage.wa.contact("Alice");
    await alice.writes("hello");
    await stage.gateway.said("hello");
    await first.close();
    const after = new RecordingGateway(stage.gateway.vault);
    await stage.started({}, after);
    alice.state.tellsOther = false;
    alice.addressedBy("phone");
    await alice.writes("back");
    expect((await after.said("back")).source.user.id).toBe(alice.jid("lid"));
    expect(after.events.all[0]).toBe(`same ${phoneJid(alice.phone)} ${alice.jid("lid")}`);
  });

  test("a gateway that cannot note it gets the message again", async () => {
    const stage = await Stage.linked();
    await stage.started();
    const { onSamePerson } = stage.gateway;
    let failures = 1;
    stage.gateway.onSamePerson = async (from, to) => {
      failures -= 1;
      if (failures >= 0) throw new StoreError("unwritable", "the disk is full");
      await onSamePerson.call(stage.gateway, from, to);
    };
    const alice = stage.wa.contact("Alice");
    await alice.writes("hello");
    await stage.gateway.said("hello");
    expect(stage.gateway.events.all).toEqual([`same ${phoneJid(alice.phone)} ${alice.jid("lid")}`, "message hello"]);
  });

  test("a group's new name shows with the next message", async () => {
    const stage = await Stage.linked();
    await stage.started();
    const alice = stage.wa.contact("Alice");
    const team = stage.wa.group("Team", [alice]);
    await alice.writes("one", { in: team });
    expect((await stage.gateway.said("one")).source.chat.name).toBe("Team");
    team.rename("Crew");
    await alice.writes("two", { in: team });
    expect((await stage.gateway.said("two")).source.chat.name).toBe("Crew");
  });
});
