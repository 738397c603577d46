import { expect, test } from "vitest";
import type { InboundMessage } from "../../adapters/record.ts";
import { renderWeb } from "../../adapters/web/render.ts";
import { place, Stage } from "../adapters/web/stage.ts";
import { message, say, visit } from "./visitors.ts";

const SOME_CODE = "**Certainly.** Here it is:\n\n```js\nconst answer = 6 * 7;\n```\n\n- one\n- two";

/** A gateway that answers what is addressed to the bot, each message once. */
async function answering(stage: Stage, answer: (message: InboundMessage) => string): Promise<void> {
  stage.taker.takes = async (message) => {
    if (!message.addressed) return;
    const { source } = message;
    const [chunk] = renderWeb(answer(message));
    await stage.send(
      { key: source.messageId, replyTo: source.messageId, forUserId: source.user.id, ...chunk },
      source.chat.id,
      source.thread?.id,
    );
  };
}

test("two people talk in a room, and each answer says whom it answers", async () => {
  const stage = await Stage.open();
  await answering(stage, ({ source }) => (source.user.name === "Ann" ? SOME_CODE : "Hello, Bob."));
  const ann = await visit(stage, "Ann");
  const bob = await visit(stage, "Bob", { colorScheme: "dark" });
  await ann.shot("empty");

  await ann.say("Morning! Is anybody here?");
  await bob.sees("Morning!");
  await bob.say("@parley hello");
  await ann.say("@parley some code, please");
  for (const reader of [ann, bob]) {
    const toAnn = await reader.sees("Certainly.");
    expect(await toAnn.locator(".quote").textContent()).toBe(
      reader === ann ? "You @parley some code, please" : "Ann @parley some code, please",
    );
    expect(await toAnn.locator("pre code").textContent()).toContain("const answer = 6 * 7;");
    const toBob = await reader.sees("Hello, Bob.");
    expect(await toBob.locator(".whom").textContent()).toBe(reader === bob ? "answering you" : "answering Bob");
  }
  expect(await ann.page.getByRole("log", { name: "Messages", exact: true }).locator("li.message").count()).toBe(5);
  await ann.shot("room");
  await bob.shot("room-dark");
  expect([...ann.errors, ...bob.errors]).toEqual([]);
});

test("hostile names and texts stay text", async () => {
  const stage = await Stage.open();
  const name = '<img src=x onerror="document.title=`owned`">';
  await answering(stage, ({ text }) => text.replace("@parley", ""));
  const eve = await visit(stage, name);
  const ann = await visit(stage, "Ann");
  const text = '@parley </p><script>document.title="owned"</script><img src=x onerror="document.title=`owned`">';
  await eve.say(text);
  const said = await ann.sees("@parley </p>");
  expect(await said.locator(".name").textContent()).toBe(name);
  expect(await said.locator(".text").textContent()).toBe(text);
  await ann.page.getByRole("log", { name: "Messages", exact: true }).locator(".from-bot").waitFor();
  for (const { page } of [eve, ann]) {
    expect(await page.locator("#timeline img, #timeline script, .me img").count()).toBe(0);
    expect(await page.title()).toBe("Parley");
  }
  await ann.shot("hostile");
  expect([...eve.errors, ...ann.errors]).toEqual([]);
});

test("a thread opens in a panel beside the room", async () => {
  const stage = await Stage.open();
  stage.taker.takes = async ({ source, text }) => {
    if (!text.startsWith("@parley")) return;
    const thread =
      source.thread?.id ?? (await stage.adapter.openThread?.(place("lobby"), { id: source.messageId, title: "" }));
    const answer = { key: source.messageId, replyTo: source.messageId, forUserId: source.user.id };
    await stage.send({ ...answer, text: "<p>In the thread.</p>", plain: "In the thread." }, "lobby", thread);
  };
  const ann = await visit(stage, "Ann");
  const bob = await visit(stage, "Bob");
  await ann.say("@parley a question");
  await message(ann.page, "Messages in the thread", "In the thread.");
  await say(ann.page, "Messages in the thread", "Thanks!");
  await message(ann.page, "Messages in the thread", "Thanks!");
  await (await ann.sees("@parley a question")).getByRole("button", { name: "2 replies" }).waitFor();
  await ann.shot("thread");

  const head = await bob.sees("@parley a question");
  await head.getByRole("button", { name: "2 replies" }).click();
  await message(bob.page, "Messages in the thread", "Thanks!");
  await bob.page.keyboard.press("Escape");
  await bob.page.getByRole("heading", { name: "Thread" }).waitFor({ state: "hidden" });
  expect([...ann.errors, ...bob.errors]).toEqual([]);
});

test("the private chat is private, and rooms mark what is new", async () => {
  const stage = await Stage.open();
  await answering(stage, () => "Between us.");
  const ann = await visit(stage, "Ann");
  const bob = await visit(stage, "Bob");
  await ann.page.getByRole("button", { name: "Private chat with Parley" }).click();
  await ann.say("hello");
  await ann.sees("Between us.");
  await ann.shot("private");
  await bob.say("anybody?");
  await ann.page.getByRole("button", { name: "lobby new messages" }).click();
  await ann.sees("anybody?");
  await bob.page.getByRole("button", { name: "Private chat with Parley" }).click();
  await bob.page.getByRole("heading", { name: "You and Parley" }).waitFor();
  expect(await bob.page.getByText("Between us.").count()).toBe(0);
  await ann.page.reload();
  await ann.sees("anybody?");
});

test("what is being written can be watched, and goes when the answer is there", async () => {
  const stage = await Stage.open();
  const ann = await visit(stage, "Ann");
  await ann.say("@parley tell me a story");
  const asked = await ann.sees("tell me a story");
  await stage.adapter.typing?.(place("lobby"));
  await ann.page.getByText("Parley is writing").waitFor();
  const [first] = stage.taker.messages;
  const userId = first?.source.user.id ?? "";
  stage.adapter.preview?.(place("lobby"), { id: "r1", userId, markdown: "Once upon a *time*" });
  await ann.page.getByText("Once upon a time").waitFor();
  expect(await ann.page.locator(".preview .whom").textContent()).toBe("is answering you");
  await ann.shot("preview");
  stage.adapter.preview?.(place("lobby"), { id: "r1", userId, markdown: null });
  await stage.send({ key: "1", plain: "The end.", text: "<p>The end.</p>", forUserId: userId });
  await ann.sees("The end.");
  await ann.page.locator(".preview").waitFor({ state: "detached" });
  expect(await asked.count()).toBe(1);
});

test("one's own messages can be answered, edited and deleted by keyboard", async () => {
  const stage = await Stage.open();
  const ann = await visit(stage, "Ann");
  const bob = await visit(stage, "Bob");
  await ann.say("helo");
  const said = await ann.sees("helo");
  await said.getByRole("button", { name: "Edit" }).focus();
  await ann.page.keyboard.press("Enter");
  await ann.say("hello");
  await (await bob.sees("hello")).getByText("edited").waitFor();
  await (await bob.sees("hello")).getByRole("button", { name: "Reply" }).focus();
  await bob.page.keyboard.press("Enter");
  await bob.say("hi Ann");
  expect(await (await ann.sees("hi Ann")).locator(".quote").textContent()).toBe("You hello");
  await ann.page.getByRole("button", { name: "Delete" }).focus();
  await ann.page.keyboard.press("Enter");
  await bob.page.locator("li", { hasText: "edited" }).waitFor({ state: "detached" });
  expect(stage.taker.deletions).toHaveLength(1);
});

test("a message that the gateway does not take says so and can be sent again", async () => {
  const stage = await Stage.open();
  const ann = await visit(stage, "Ann");
  stage.taker.takes = async () => {
    throw new Error("the store is unavailable");
  };
  await ann.say("hello?");
  const said = await ann.sees("hello?");
  await said.getByText("Not delivered").waitFor();
  expect(await ann.page.getByRole("textbox", { name: "Messages", exact: true }).inputValue()).toBe("");
  await ann.shot("undelivered");
  stage.taker.takes = async () => {};
  await said.getByRole("button", { name: "Send again" }).click();
  await said.getByText("Not delivered").waitFor({ state: "detached" });
  expect(stage.taker.texts()).toEqual(["hello?"]);
});

test("the page reconnects by itself and catches up", async () => {
  const stage = await Stage.open();
  const ann = await visit(stage, "Ann");
  await ann.say("before");
  await ann.sees("before");
  const port = new URL(stage.baseUrl).port;
  await stage.dark();
  await ann.page.getByText("Reconnecting").waitFor();
  await stage.start(stage.taker, Number(port));
  await stage.send({ key: "1", plain: "meanwhile", text: "<p>meanwhile</p>" });
  await ann.sees("meanwhile");
  await ann.page.getByText("Connected").waitFor();
  await ann.say("after");
  await ann.sees("after");
});

test("it fits a phone", async () => {
  const stage = await Stage.open();
  await answering(stage, () => SOME_CODE);
  const phone = { viewport: { width: 375, height: 720 }, hasTouch: true, isMobile: true };
  const ann = await visit(stage, "Ann", phone);
  const bob = await visit(stage, "Bob", { ...phone, colorScheme: "dark" });
  await ann.say("@parley some code for the phone, please, and not too much of it");
  await ann.sees("Certainly.");
  await bob.sees("Certainly.");
  for (const { page } of [ann, bob]) {
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);
  }
  await ann.shot("phone");
  await bob.shot("phone-dark");
  await bob.page.getByRole("button", { name: "Rooms" }).click();
  await bob.page.getByRole("button", { name: "Private chat with Parley" }).waitFor();
  await bob.shot("phone-rooms-dark");
  await bob.page.getByRole("button", { name: "Private chat with Parley" }).click();
  await bob.page.getByRole("heading", { name: "You and Parley" }).waitFor();
});
