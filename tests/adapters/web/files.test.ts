import { readFileSync } from "node:fs";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { openDatabase } from "../../../adapters/web/log/database.ts";
import { Stage } from "./stage.ts";

const NOTES = { name: "notes.md", mimeType: "text/markdown", text: "# Grüße\n<script>alert(1)</script>\n" };
const BYTES = Buffer.from([0, 255, 1, 254, 137, 80, 78, 71]);
const PICTURE = { name: "pixel.png", mimeType: "image/png", base64: BYTES.toString("base64") };

test("files come with their message, and arrive as they were, also after a restart", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const id = await stage.send({ key: "1", files: [NOTES, PICTURE] });
  const heard = await ann.hears((message) => message.id === id);
  const place = `/web/api/rooms/lobby/messages/${id}/files`;
  expect(heard.files).toEqual([
    { name: "notes.md", mimeType: "text/markdown", size: Buffer.byteLength(NOTES.text), url: `${place}/0` },
    { name: "pixel.png", mimeType: "image/png", size: BYTES.length, url: `${place}/1` },
  ]);
  await stage.dark();
  await stage.start();
  await ann.reconnect(stage.baseUrl);
  expect((await ann.history("lobby"))[0]).toEqual(heard);
  const [notes, picture] = await Promise.all([0, 1].map((n) => ann.load(heard, n)));
  expect(await notes?.text()).toBe(NOTES.text);
  expect(Buffer.from((await picture?.arrayBuffer()) ?? new ArrayBuffer()).equals(BYTES)).toBe(true);
});

test("no browser shows a file: it is saved, whatever it says it is", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const page = { name: "page.html", mimeType: "text/html; charset=utf-8", text: "<script>alert(1)</script>" };
  await stage.send({ key: "1", files: [page] });
  const message = await ann.hears(() => true);
  const { status, headers } = await ann.load(message, 0);
  expect(status).toBe(200);
  expect(headers.get("content-type")).toBe("application/octet-stream");
  expect(headers.get("content-disposition")).toBe("attachment; filename=\"page.html\"; filename*=UTF-8''page.html");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(headers.get("cache-control")).toBe("no-store");
  expect(headers.get("content-length")).toBe(String(page.text.length));
});

test("whoever may not read the message gets none of its files", async () => {
  const stage = await Stage.open();
  const [ann, bob] = [await stage.join("Ann"), await stage.join("Bob")];
  await stage.send({ key: "1", files: [NOTES] }, `dm:${ann.id}`);
  const secret = await ann.hears((message) => message.files !== undefined);
  expect((await ann.load(secret, 0)).status).toBe(200);
  for (const room of ["dm", "lobby", `dm:${ann.id}`, encodeURIComponent(`dm:${ann.id}`)]) {
    expect([room, (await bob.request("GET", `/rooms/${room}/messages/${secret.id}/files/0`)).status]).toEqual([
      room,
      404,
    ]);
  }
  const url = new URL(secret.files?.[0]?.url ?? "", stage.baseUrl);
  expect((await fetch(url)).status).toBe(401);
  const foreign = await fetch(url, { headers: { authorization: "Bearer nobody" } });
  expect([foreign.status, foreign.headers.get("content-disposition")]).toEqual([401, null]);
});

test("what is not there is not found", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  await stage.send({ key: "1", files: [NOTES] });
  const message = await ann.hears(() => true);
  for (const n of ["1", "999", "-1", "0x0", "../0", "%2e%2e"]) {
    const { status } = await ann.request("GET", `/rooms/lobby/messages/${message.id}/files/${n}`);
    expect([n, status]).toEqual([n, 404]);
  }
  expect((await ann.request("GET", "/rooms/lobby/messages/m_none/files/0")).status).toBe(404);
});

test("names break no line, no path and no direction of writing", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const names = [
    "../../etc/passwd",
    'a"; filename="b.exe',
    "Grüße 🎉 (1)'*%.md",
    "line\r\nset-cookie: x=y",
    "annex\u202efdp.exe",
    "a\u200eb\u200fc\u061cd",
    "\ud800",
    " ",
    `${"x".repeat(500)}.md`,
  ];
  await stage.send({ key: "1", files: names.map((name) => ({ ...NOTES, name })) });
  const message = await ann.hears(() => true);
  expect(message.files?.map(({ name }) => name)).toEqual([
    ".._.._etc_passwd",
    'a"; filename="b.exe',
    "Grüße 🎉 (1)'*%.md",
    "line__set-cookie: x=y",
    "annex_fdp.exe",
    "a_b_c_d",
    "\ufffd",
    "file",
    `${"x".repeat(117)}.md`,
  ]);
  const dispositions = await Promise.all(
    names.map(async (_, n) => (await ann.load(message, n)).headers.get("content-disposition") ?? ""),
  );
  for (const [n, text] of dispositions.entries()) {
    const [, ascii, full] = /^attachment; filename="([ !#-~]*)"; filename\*=UTF-8''([\w.~%!-]+)$/.exec(text) ?? [];
    expect([ascii === undefined, decodeURIComponent(full ?? "")]).toEqual([false, message.files?.[n]?.name]);
  }
});

test("a type that is none is not told", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const types = ["Text/Plain; charset=utf-8", "", "nonsense", "text/html\r\nx: y"];
  await stage.send({ key: "1", files: types.map((mimeType) => ({ ...NOTES, mimeType })) });
  const { files } = await ann.hears(() => true);
  const unknown = "application/octet-stream";
  expect(files?.map(({ mimeType }) => mimeType)).toEqual(["text/plain", unknown, unknown, unknown]);
});

test("a file of a megabyte is kept, a larger one and too many are refused, and nothing of them is", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  const large = (bytes: number) => [{ ...NOTES, text: "x".repeat(bytes) }];
  const refused = { name: "SendError", code: "refused" };
  await expect(stage.send({ key: "1", files: large(1024 * 1024 + 1) })).rejects.toMatchObject(refused);
  await expect(stage.send({ key: "2", files: Array.from({ length: 11 }, () => NOTES) })).rejects.toMatchObject(refused);
  expect(await ann.history("lobby")).toEqual([]);
  await stage.send({ key: "3", files: large(1024 * 1024) });
  const message = await ann.hears(() => true);
  expect((await (await ann.load(message, 0)).arrayBuffer()).byteLength).toBe(1024 * 1024);
});

test("what is sent again keeps its files once", async () => {
  const stage = await Stage.open();
  const ann = await stage.join("Ann");
  await stage.send({ key: "1", files: [NOTES] });
  await stage.send({ key: "1", files: [NOTES, PICTURE] });
  const history = await ann.history("lobby");
  expect(history.map(({ files }) => files?.map(({ name }) => name))).toEqual([["notes.md"]]);
});

test("a database of the first version keeps its messages and takes files", async () => {
  const stage = await Stage.open();
  await stage.dark();
  const folder = new URL("../../../adapters/web/log/migrations/", import.meta.url);
  const old = new Database(`${stage.file}.old`);
  old.exec(readFileSync(new URL("001-platform.sql", folder), "utf8"));
  old.exec(`INSERT INTO messages (id, chat, user_id, user_name, is_bot, text, sent_at)
    VALUES ('m_old', 'lobby', 'u_ann', 'Ann', 0, 'from before', 1)`);
  old.pragma("user_version = 1");
  old.close();
  const db = openDatabase(`${stage.file}.old`);
  expect(db.prepare("SELECT id, text, choices FROM messages").all()).toEqual([
    { id: "m_old", text: "from before", choices: null },
  ]);
  expect(db.prepare("SELECT count(*) FROM files").pluck().get()).toBe(0);
  db.close();
});
