import { beforeEach, describe, expect, test } from "vitest";
import type { FakeRequest } from "../fakes/anthropic/request.ts";
import type { FakeContact } from "../fakes/whatsapp/fake-contact.ts";
import type { FakeGroup } from "../fakes/whatsapp/fake-group.ts";
import type { FakeWhatsApp } from "../fakes/whatsapp/fake-whatsapp.ts";
import { promptOf, Theatre, type TheatreOptions } from "./stage/theatre.ts";
import { WhatsAppStage } from "./stage/whatsapp-stage.ts";

/** What the model is shown of what people say on WhatsApp, and whom its answers call. */
describe("WhatsApp", () => {
  let stage: WhatsAppStage;
  let theatre: Theatre;
  let wa: FakeWhatsApp;
  let group: FakeGroup;
  let alice: FakeContact;
  let bob: FakeContact;

  beforeEach(async () => {
    stage = await WhatsAppStage.open();
    ({ wa, group } = stage);
    [alice, bob] = [wa.contact("Alice"), wa.contact("Bob")];
    for (const contact of [alice, bob]) await group.add(contact);
  });

  async function open(options: TheatreOptions = {}): Promise<void> {
    theatre = await Theatre.open(stage, { strategy: "shared", settings: { ambient: "recent" }, ...options });
    theatre.claude.respond(({ index }) => `answer ${index + 1}`);
  }

  const prompt = (index: number) => promptOf(theatre.claude.requests[index] as FakeRequest);

  test("background is shown to the model, but nobody is told that it was read", async () => {
    await open();
    const chatter = await bob.writes("the cellar is flooded", { in: group });
    const passedOn = await bob.writes("I resign", { in: group, forwarded: true });
    const asked = await alice.writes("what happened?", { in: group, mention: true });
    await wa.waitFor("answer 1");
    await wa.waitForReceipt(asked.id, "read");
    expect(prompt(0)).toContain("the cellar is flooded");
    expect(prompt(0)).toContain("<forwarded>I resign</forwarded>");
    const read = wa.receipts.filter(({ type }) => type === "read").map(({ messageId }) => messageId);
    expect([chatter.id, passedOn.id].filter((id) => read.includes(id))).toEqual([]);
  });

  test("a forward in private is a turn, and nothing that its sender says", async () => {
    await open();
    await alice.writes("/stop the <presses>", { forwarded: true });
    await wa.waitFor("answer 1");
    const block = { type: "text", text: "<forwarded>/stop the &lt;presses&gt;</forwarded>" };
    expect(theatre.claude.requests[0]?.body.messages).toMatchObject([{ role: "user", content: [block] }]);
  });

  test("an answer notifies nobody, whatever is in it", async () => {
    await open();
    theatre.claude.respond(() => `@${bob.lid} @4917012345678 @everyone @all look`);
    await alice.writes("whom?", { in: group, mention: true });
    const { text, mentions, message } = await wa.waitFor("look");
    expect(text).toContain(`@${bob.lid}`);
    expect(mentions).toEqual([]);
    expect(message.extendedTextMessage?.contextInfo).not.toMatchObject({ nonJidMentions: expect.anything() });
  });
});
