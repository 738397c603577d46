import { expect, test } from "vitest";
import type { WireMessage } from "../../adapters/web/wire.ts";
import { busyModes } from "./dialogues/busy.ts";
import { lettingIn } from "./dialogues/letting-in.ts";
import { limits } from "./dialogues/limits.ts";
import { longConversations } from "./dialogues/long-conversations.ts";
import { ownConversations } from "./dialogues/own-conversations.ts";
import { queueing } from "./dialogues/queueing.ts";
import { rights } from "./dialogues/rights.ts";
import { speakers } from "./dialogues/speakers.ts";
import { forking, switching } from "./dialogues/switching.ts";
import { twoAtOnce } from "./dialogues/two-at-once.ts";
import { Theatre } from "./stage/theatre.ts";
import { WebStage } from "./stage/web-stage.ts";

const open = async () => new WebStage();

twoAtOnce(open);
queueing(open);
speakers(open);
rights(open);
lettingIn(open);
limits(open);
longConversations(open);
ownConversations(open);
busyModes(open);
switching(open, [
  ["shared", "per-thread"],
  ["per-user", "tagged-hybrid"],
]);
forking(open);

test("a message that waits is dropped when its author deletes it", async () => {
  const stage = await open();
  const { claude } = await Theatre.open(stage, { strategy: "shared" });
  const [alice, bob] = [await stage.person("Alice"), await stage.person("Bob")];
  const gate = claude.hold();
  await alice.says("first");
  await claude.waitForInFlight(1);
  const regretted = await bob.says("never mind");
  await bob.web.erase(regretted.ref as WireMessage);
  gate.release();
  await alice.hears("first");
  await alice.says("marker");
  await alice.hears("marker");
  expect(claude.requests).toHaveLength(2);
});
