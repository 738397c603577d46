import {
  type BinaryNode,
  generateSignalPubKey,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  type proto,
} from "@whiskeysockets/baileys";
import type { KeyBundle } from "./bundles.ts";
import { bytesOf, numberOf } from "./nodes.ts";
import { signatureHolds } from "./signature.ts";

/** The bot's linked device, as the server and everybody else know it: public keys alone. */
export class Companion {
  readonly device: number;
  /** With device number. */
  readonly lidJid: string;
  readonly phoneJid: string;
  readonly noiseKey: Buffer;
  readonly identity: Buffer;
  readonly registrationId: number;
  /** What the phone signed, for the other devices to check the bot's device by. */
  readonly signedIdentity: proto.IADVSignedDeviceIdentity;
  readonly #preKeys = new Map<number, Uint8Array>();
  #signedPreKey: KeyBundle["signedPreKey"];

  constructor(options: {
    device: number;
    lid: string;
    phone: string;
    noiseKey: Buffer;
    registration: proto.ClientPayload.IDevicePairingRegistrationData;
    signedIdentity: proto.IADVSignedDeviceIdentity;
  }) {
    const { device, lid, phone, registration } = options;
    this.device = device;
    this.lidJid = `${lid}:${device}@lid`;
    this.phoneJid = `${phone}:${device}@s.whatsapp.net`;
    this.noiseKey = options.noiseKey;
    this.signedIdentity = options.signedIdentity;
    const { eIdent, eRegid, eSkeyId, eSkeyVal, eSkeySig } = registration;
    if (!eIdent || !eRegid || !eSkeyId || !eSkeyVal || !eSkeySig) throw new Error("registered without its keys");
    this.identity = Buffer.from(eIdent);
    this.registrationId = number(eRegid);
    this.#signedPreKey = { keyId: number(eSkeyId), publicKey: eSkeyVal, signature: eSkeySig };
    this.#checkSignature();
  }

  get preKeyCount(): number {
    return this.#preKeys.size;
  }

  get preKeyIds(): number[] {
    return [...this.#preKeys.keys()];
  }

  get signedPreKey(): KeyBundle["signedPreKey"] {
    return this.#signedPreKey;
  }

  /** Keys for one session; a one-time key is given away once, and left out when there are none. */
  takeBundle(): KeyBundle {
    const { keyId, publicKey, signature } = this.#signedPreKey;
    const bundle: KeyBundle = {
      registrationId: this.registrationId,
      identityKey: generateSignalPubKey(this.identity),
      signedPreKey: { keyId, publicKey: generateSignalPubKey(publicKey), signature },
    };
    const [next] = this.#preKeys;
    if (next === undefined) return bundle;
    this.#preKeys.delete(next[0]);
    return { ...bundle, preKey: { keyId: next[0], publicKey: generateSignalPubKey(next[1]) } };
  }

  /** As if so many sessions had been begun. */
  spendPreKeys(count: number): void {
    for (const id of this.preKeyIds.slice(0, count)) this.#preKeys.delete(id);
  }

  /** @throws if the keys are not those of the device that was linked */
  upload(node: BinaryNode): void {
    if (numberOf(node, "registration") !== this.registrationId) throw new Error("keys of another registration");
    if (!bytesOf(node, "identity").equals(this.identity)) throw new Error("keys of another identity");
    this.rotate(node);
    for (const key of getBinaryNodeChildren(getBinaryNodeChild(node, "list"), "key")) {
      this.#preKeys.set(numberOf(key, "id"), bytesOf(key, "value"));
    }
  }

  /** Take the signed key of a node as the new one. @throws if the device's identity did not sign it */
  rotate(node: BinaryNode): void {
    const key = getBinaryNodeChild(node, "skey");
    const signature = bytesOf(key, "signature");
    this.#signedPreKey = { keyId: numberOf(key, "id"), publicKey: bytesOf(key, "value"), signature };
    this.#checkSignature();
  }

  #checkSignature(): void {
    const { publicKey, signature } = this.#signedPreKey;
    if (!signatureHolds(this.identity, generateSignalPubKey(publicKey), signature)) {
      throw new Error("a signed pre-key that its identity did not sign");
    }
  }
}

const number = (bytes: Uint8Array) => Buffer.from(bytes).readUIntBE(0, bytes.length);
