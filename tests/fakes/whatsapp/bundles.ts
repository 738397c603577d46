import type { BinaryNode } from "@whiskeysockets/baileys";
import { element, numberBytes } from "./nodes.ts";

export interface PublicKey {
  keyId: number;
  publicKey: Uint8Array;
}

/** What somebody needs to begin a Signal session with a device. */
export interface KeyBundle {
  registrationId: number;
  identityKey: Uint8Array;
  signedPreKey: PublicKey & { signature: Uint8Array };
  /** Good for one session. */
  preKey?: PublicKey;
}

/** A bundle as nodes. Keys go without the byte that names their kind. */
export function bundleNodes({ registrationId, identityKey, signedPreKey, preKey }: KeyBundle): BinaryNode[] {
  return [
    element("registration", {}, numberBytes(registrationId, 4)),
    element("type", {}, Buffer.from([5])),
    element("identity", {}, raw(identityKey)),
    signedKeyNode(signedPreKey),
    ...(preKey === undefined ? [] : [element("key", {}, keyNodes(preKey))]),
  ];
}

export function signedKeyNode(key: KeyBundle["signedPreKey"]): BinaryNode {
  return element("skey", {}, [...keyNodes(key), element("signature", {}, key.signature)]);
}

function keyNodes({ keyId, publicKey }: PublicKey): BinaryNode[] {
  return [element("id", {}, numberBytes(keyId, 3)), element("value", {}, raw(publicKey))];
}

const raw = (key: Uint8Array): Uint8Array => (key.length === 33 ? key.subarray(1) : key);
