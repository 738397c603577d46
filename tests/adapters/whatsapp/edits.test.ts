import { createCipheriv, hkdfSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { editedId, unsealEdit } from "../../../adapters/whatsapp/edits.ts";
import { alice, bob, edit, inGroup, privately } from "../../fakes/whatsapp/fixtures.ts";

const secret = new Uint8Array(32).fill(9);
const original = { conversation: "helo", messageContextInfo: { messageSecret: secret } };
const words = new TextEncoder().encode("hello");

/** Sealed as clients do: the key is made of the secret, the id and the author, who is named twice. */
function seal(id: string, author: string | undefined) {
  const key = new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(32), `${id}${author}${author}Message Edit`, 32));
  const encIv = new Uint8Array(12).fill(4);
  const cipher = createCipheriv("aes-256-gcm", key, encIv);
  const encPayload = new Uint8Array(Buffer.concat([cipher.update(words), cipher.final(), cipher.getAuthTag()]));
  return { secretEncryptedMessage: { targetMessageKey: { id, fromMe: true }, encPayload, encIv, secretEncType: 2 } };
}

describe("sealed edits", () => {
  it.each([
    ["by LID", alice.lid],
    ["by phone number", alice.phone],
  ])("%s are opened with the secret of the message that they change", (_, author) => {
    for (const wire of [privately(alice, seal("3A7", author)), inGroup(alice, seal("3A7", author))]) {
      expect(editedId(wire)).toBe("3A7");
      expect(new Uint8Array(unsealEdit(wire, original) ?? [])).toEqual(words);
    }
  });

  it("of somebody else's message stay sealed", () => {
    expect(unsealEdit(inGroup(bob, seal("3A7", alice.lid)), original)).toBeNull();
  });

  it.each([
    ["no secret", { conversation: "helo" }],
    ["another secret", { messageContextInfo: { messageSecret: new Uint8Array(32) } }],
    ["a secret that is none", { messageContextInfo: { messageSecret: "x" as unknown as Uint8Array } }],
  ])("with %s stay sealed", (_, message) => {
    expect(unsealEdit(privately(alice, seal("3A7", alice.lid)), message)).toBeNull();
  });

  it.each([
    ["too short", { encPayload: new Uint8Array(16) }],
    ["changed", { encPayload: new Uint8Array(40) }],
    ["without a start", { encIv: null }],
    ["with an empty start", { encIv: new Uint8Array(0) }],
    ["of a text", { encPayload: "hello" }],
    ["of another kind", { secretEncType: 1 }],
    ["of nothing", { targetMessageKey: null }],
  ])("%s stay sealed", (_, fields) => {
    const { secretEncryptedMessage } = seal("3A7", alice.lid);
    const wire = privately(alice, { secretEncryptedMessage: { ...secretEncryptedMessage, ...(fields as object) } });
    expect(unsealEdit(wire, original)).toBeNull();
  });
});

describe("which message an edit changes", () => {
  it.each([
    ["an edit", edit("3A7", { conversation: "hello" }), "3A7"],
    ["one in wrappers", { editedMessage: { message: edit("3A7", { conversation: "hello" }) } }, "3A7"],
    ["a message", { conversation: "hello" }, undefined],
    ["an edit of nothing", { protocolMessage: { type: 14 } }, undefined],
    ["nothing", null, undefined],
  ])("%s", (_, message, id) => {
    expect(editedId(privately(alice, message))).toBe(id);
  });
});
