import { expect, test } from "vitest";
import { Stage } from "../adapters/web/stage.ts";
import { visit } from "./visitors.ts";

const notes = { name: "notes.md", mimeType: "text/markdown", buffer: Buffer.from("# Notes") };
const bill = { name: "<b>bill</b>.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7") };

test("files are attached, taken away again, and sent with or without words", async () => {
  const stage = await Stage.open();
  const ann = await visit(stage, "Ann");
  const { page } = ann;
  const picked = page.getByRole("list", { name: "Files to send" });
  await page.locator("#composer input[type=file]").setInputFiles([notes, bill]);
  await picked.getByText("notes.md").waitFor();
  await ann.shot("files-picked");
  await page.getByRole("button", { name: "Remove notes.md" }).click();
  await page.getByRole("button", { name: "Send" }).first().click();
  const sent = page.getByRole("log", { name: "Messages", exact: true }).locator(".message");
  await sent.getByText("<b>bill<_b>.pdf").waitFor();
  await picked.waitFor({ state: "hidden" });
  expect(await sent.locator(".text").count()).toBe(0);
  expect(stage.taker.messages[0]).toMatchObject({ text: "", attachments: [{ name: "<b>bill<_b>.pdf" }] });
  await page.locator("#composer input[type=file]").setInputFiles([notes]);
  await ann.say("read this");
  await (await ann.sees("read this")).getByText("notes.md").waitFor();
  expect(stage.taker.messages[1]?.attachments).toMatchObject([
    { name: "notes.md", mimeType: "text/markdown", bytes: 7 },
  ]);
  await ann.shot("files-sent");
  expect(ann.errors).toEqual([]);
});

test("what is pasted and dropped is attached, and what is too much is refused before it is sent", async () => {
  const stage = await Stage.open();
  const ann = await visit(stage, "Ann");
  const { page } = ann;
  for (const kind of ["paste", "drop"]) {
    await page.getByRole("textbox", { name: "Messages" }).evaluate((box, type) => {
      const given = new DataTransfer();
      given.items.add(new File(["x"], `${type}.txt`, { type: "text/plain" }));
      const event =
        type === "paste"
          ? new ClipboardEvent(type, { clipboardData: given, bubbles: true, cancelable: true })
          : new DragEvent(type, { dataTransfer: given, bubbles: true, cancelable: true });
      box.dispatchEvent(event);
    }, kind);
    await page.getByRole("list", { name: "Files to send" }).getByText(`${kind}.txt`).waitFor();
  }
  const large = { name: "large", mimeType: "", buffer: Buffer.alloc(8_000_000) };
  await page.locator("#composer input[type=file]").setInputFiles([large]);
  await page.getByText("The files of a message have 8 MB at most.").waitFor();
  await page.getByRole("button", { name: "Send" }).first().click();
  await page.locator(".message").getByText("drop.txt").waitFor();
  expect(stage.taker.messages[0]?.attachments.map(({ name }) => name)).toEqual(["paste.txt", "drop.txt"]);
  expect(ann.errors).toEqual([]);
});

test("files that could not be sent are still there for another attempt", async () => {
  const stage = await Stage.open({ limits: { uploadsPerMinute: 0 } });
  const ann = await visit(stage, "Ann");
  const { page } = ann;
  await page.locator("#composer input[type=file]").setInputFiles([notes]);
  await page.getByRole("textbox", { name: "Messages" }).fill("please");
  await page.getByRole("button", { name: "Send" }).first().click();
  await page.getByText("sending files faster").waitFor();
  await page.getByRole("list", { name: "Files to send" }).getByText("notes.md").waitFor();
  expect(await page.getByRole("textbox", { name: "Messages" }).inputValue()).toBe("please");
  expect(stage.taker.messages).toEqual([]);
});
