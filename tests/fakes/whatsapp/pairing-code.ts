import { randomBytes } from "node:crypto";
import {
  aesDecryptCTR,
  aesDecryptGCM,
  aesEncryptCTR,
  Curve,
  derivePairingCodeKey,
  hkdf,
  type KeyPair,
} from "@whiskeysockets/baileys";

/**
 * The phone's half of linking by a code that a person types over.
 *
 * Phone and device exchange keys that are wrapped with the code; with a wrong code they do not come to the same secret.
 */
export class PhoneByCode {
  readonly #code: string;
  readonly #account: KeyPair;
  readonly #ephemeral = Curve.generateKeyPair();
  readonly #deviceEphemeral: Buffer;

  private constructor(code: string, account: KeyPair, deviceEphemeral: Buffer) {
    this.#code = code;
    this.#account = account;
    this.#deviceEphemeral = deviceEphemeral;
  }

  /** @param wrapped the device's key: salt, initialisation vector and what is encrypted, one after the other */
  static async typed(code: string, account: KeyPair, wrapped: Buffer): Promise<PhoneByCode> {
    const key = await derivePairingCodeKey(code, wrapped.subarray(0, 32));
    return new PhoneByCode(code, account, aesDecryptCTR(wrapped.subarray(48, 80), key, wrapped.subarray(32, 48)));
  }

  /** The phone's key, wrapped likewise. */
  async wrappedKey(): Promise<Buffer> {
    const salt = randomBytes(32);
    const iv = randomBytes(16);
    const key = await derivePairingCodeKey(this.#code, salt);
    return Buffer.concat([salt, iv, aesEncryptCTR(this.#ephemeral.public, key, iv)]);
  }

  /**
   * Open what the device answers, and come to the secret that seals its identity.
   *
   * @returns `undefined` if the code was wrong
   */
  secret(bundle: Buffer, deviceIdentity: Buffer): Buffer | undefined {
    const shared = Curve.sharedKey(this.#ephemeral.private, this.#deviceEphemeral);
    const info = "link_code_pairing_key_bundle_encryption_key";
    const key = Buffer.from(hkdf(shared, 32, { salt: bundle.subarray(0, 32), info }));
    const opened = open(bundle.subarray(44), key, bundle.subarray(32, 44));
    if (opened === undefined) return undefined;
    const named = opened.subarray(0, 32).equals(deviceIdentity);
    const knowsPhone = opened.subarray(32, 64).equals(this.#account.public);
    if (!named || !knowsPhone || opened.length !== 96) throw new Error("a key bundle that speaks of other keys");
    const sharedIdentity = Curve.sharedKey(this.#account.private, deviceIdentity);
    const material = Buffer.concat([shared, sharedIdentity, opened.subarray(64)]);
    return Buffer.from(hkdf(material, 32, { info: "adv_secret" }));
  }
}

function open(sealed: Buffer, key: Buffer, iv: Buffer): Buffer | undefined {
  try {
    return aesDecryptGCM(sealed, key, iv, Buffer.alloc(0));
  } catch {
    return undefined;
  }
}
