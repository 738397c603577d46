import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Stage } from "../adapters/web/stage.ts";
import { message, say, visit } from "./visitors.ts";

test("choices are buttons: pressed by mouse or keyboard they post their command, once", async () => {
  const stage = await Stage.open();
  const [ann, bob] = [await visit(stage, "Ann"), await visit(stage, "Bob", { colorScheme: "dark" })];
  const hostile = '<img src=x onerror="document.title=`owned`">';
  await stage.send({
    key: "1",
    text: "<p>This chat will use <strong>shared</strong>: everybody shares one conversation.</p>",
    plain: "This chat will use shared: everybody shares one conversation.",
    choices: [
      { label: "Confirm", command: "confirm" },
      { label: "Cancel", command: "cancel 1 2" },
      { label: hostile, command: "third" },
    ],
  });
  await bob.sees("everybody shares");
  await ann.page.reload();
  const offer = await ann.sees("everybody shares");
  const group = offer.getByRole("group", { name: "Choices" });
  expect(await group.getByRole("button").allTextContents()).toEqual(["Confirm", "Cancel", hostile]);
  expect(await offer.locator("img").count()).toBe(0);
  await ann.shot("choices");
  await bob.shot("choices-dark");

  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  stage.taker.takes = async () => {
    asked.resolve();
    await answer.promise;
  };
  const confirm = group.getByRole("button", { name: "Confirm" });
  await confirm.focus();
  await ann.page.keyboard.press("Enter");
  await asked.promise;
  for (const button of await group.getByRole("button").all()) expect(await button.isDisabled()).toBe(true);
  await ann.shot("choices-on-their-way");
  answer.resolve();
  await ann.page.locator("fieldset.choices:not(:disabled)").waitFor();
  expect(await confirm.evaluate((button) => button === document.activeElement)).toBe(true);
  await (await bob.sees("everybody shares")).getByRole("button", { name: "Cancel" }).click();
  await ann.sees("/cancel 1 2");
  expect(stage.taker.messages.map(({ source, command }) => [source.user.name, command])).toEqual([
    ["Ann", { name: "confirm", args: "" }],
    ["Bob", { name: "cancel", args: "1 2" }],
  ]);
  expect([...ann.errors, ...bob.errors]).toEqual([]);
});

test("a choice that did not arrive can be pressed again and is one message", async () => {
  const stage = await Stage.open();
  const ann = await visit(stage, "Ann");
  await stage.send({ key: "1", choices: [{ label: "Confirm", command: "confirm" }] });
  const confirm = ann.page.getByRole("button", { name: "Confirm" });
  // The server has it, and its answer is lost.
  await ann.page.route("**/messages", async (route) => {
    await route.fetch();
    await route.abort();
  });
  await confirm.click();
  await ann.page.getByRole("alert").getByText("cannot be reached").waitFor();
  await ann.page.unroute("**/messages");
  await confirm.click();
  await ann.page.getByRole("alert").getByText("cannot be reached").waitFor({ state: "detached" });
  await ann.page.locator("fieldset.choices:not(:disabled)").waitFor();
  expect(stage.taker.texts()).toEqual(["/confirm"]);
});

test("choices in a thread are picked in that thread", async () => {
  const stage = await Stage.open();
  const ann = await visit(stage, "Ann");
  await ann.say("a question");
  const head = await ann.sees("a question");
  await head.getByRole("button", { name: "Answer in a thread" }).click();
  await say(ann.page, "Messages in the thread", "inside");
  await message(ann.page, "Messages in the thread", "inside");
  const thread = stage.taker.messages.at(-1)?.source.thread?.id ?? "";
  await stage.send({ key: "1", choices: [{ label: "Confirm", command: "confirm" }] }, "lobby", thread);
  await ann.page.getByRole("button", { name: "Confirm" }).click();
  await message(ann.page, "Messages in the thread", "/confirm");
  expect(stage.taker.messages.at(-1)?.source.thread?.id).toBe(thread);
});

test("a file is saved under its name, and the private chat it came in shows by itself", async () => {
  const stage = await Stage.open();
  const [ann, bob] = [await visit(stage, "Ann"), await visit(stage, "Bob")];
  await ann.say("/export");
  await bob.sees("/export");
  const userId = stage.taker.messages[0]?.source.user.id ?? "";
  const to = await stage.adapter.openPrivate?.(userId);
  const text = "# Grüße\n\nAlles, was gesagt wurde.\n";
  const files = [
    { name: "conversation.md", mimeType: "text/markdown", text: text.repeat(400) },
    { name: `a rather long name ${"that goes on ".repeat(6)}.json`, mimeType: "application/json", text: "{}" },
  ];
  await stage.send(
    { key: "1", text: "<p>Your conversation:</p>", plain: "Your conversation:", files, forUserId: userId },
    to?.chatId,
  );
  await ann.page.getByRole("button", { name: "Private chat with Parley new messages" }).click();
  const answer = await ann.sees("Your conversation");
  expect(await answer.getByRole("link", { name: "conversation.md" }).textContent()).toBe("Save conversation.md 14 kB");
  await ann.shot("files");
  const [download] = await Promise.all([
    ann.page.waitForEvent("download"),
    answer.getByRole("link", { name: "conversation.md" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("conversation.md");
  expect(readFileSync(await download.path(), "utf8")).toBe(text.repeat(400));
  await ann.say("thank you");
  await stage.send({ key: "2", plain: "to all", text: "<p>to all</p>" });
  await bob.sees("to all");
  expect(await bob.page.getByRole("button", { name: "Private chat with Parley new messages" }).count()).toBe(0);
  expect([...ann.errors, ...bob.errors]).toEqual([]);
});

test("the page says in one line how to find out more", async () => {
  const stage = await Stage.open();
  const ann = await visit(stage, "Ann");
  await ann.page.getByText("lists what I can do").waitFor();
  await ann.page.getByRole("button", { name: "/help" }).click();
  await ann.page.keyboard.press("Enter");
  await ann.sees("/help");
  expect(stage.taker.messages[0]?.command).toEqual({ name: "help", args: "" });
});

test("choices and files fit a phone", async () => {
  const stage = await Stage.open();
  const phone = { viewport: { width: 375, height: 720 }, hasTouch: true, isMobile: true };
  const ann = await visit(stage, "Ann", phone);
  const bob = await visit(stage, "Bob", { ...phone, colorScheme: "dark" });
  const long = "W".repeat(80);
  const labels = ["Confirm", "Cancel", "One conversation for each person, which nobody else can read along", long];
  await stage.send({
    key: "1",
    text: "<p>What shall it be?</p>",
    plain: "What shall it be?",
    choices: labels.map((label, n) => ({ label, command: `pick ${n}` })),
    files: [
      { name: "notes.md", mimeType: "text/markdown", text: "x" },
      { name: `${"long".repeat(20)}.md`, mimeType: "text/markdown", text: "x".repeat(1_000_000) },
    ],
  });
  for (const reader of [ann, bob]) {
    await reader.sees("What shall it be?");
    const widths = await reader.page.evaluate(() =>
      [...document.querySelectorAll(".choice, .file, #timeline .scroller")].map(
        ({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth + 1,
      ),
    );
    expect(widths).toHaveLength(7);
    expect(widths).not.toContain(false);
    expect(await reader.page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);
  }
  await ann.shot("phone-choices");
  await bob.shot("phone-choices-dark");
});
