import { randomBytes } from "node:crypto";
import { Curve, hmacSign, proto, WA_ADV_ACCOUNT_SIG_PREFIX, WA_ADV_DEVICE_SIG_PREFIX } from "@whiskeysockets/baileys";
import { Device } from "./device.ts";
import { signatureHolds } from "./signature.ts";

/** The bot's account: a phone, and the key with which the phone signs its linked devices. */
export class Account {
  readonly phone: string;
  readonly lid: string;
  readonly phoneDevice: Device;
  readonly #rawId = randomBytes(4).readUInt32BE(0);

  constructor(phone: string, lid: string) {
    this.phone = phone;
    this.lid = lid;
    this.phoneDevice = new Device(0, lid);
  }

  get #key() {
    return this.phoneDevice.identity.signedIdentityKey;
  }

  get identityKey() {
    return this.#key;
  }

  /** What the phone signs of a device that it links. */
  sign(deviceIdentity: Uint8Array, keyIndex: number, timestamp: number): proto.IADVSignedDeviceIdentity {
    const fields = { rawId: this.#rawId, timestamp, keyIndex, accountType: 0, deviceType: 0 };
    const details = proto.ADVDeviceIdentity.encode(fields).finish();
    const accountSignature = Curve.sign(
      this.#key.private,
      Buffer.concat([WA_ADV_ACCOUNT_SIG_PREFIX, details, deviceIdentity]),
    );
    return { details, accountSignatureKey: this.#key.public, accountSignature };
  }

  /** The same, sealed with the secret that only phone and device know. */
  seal(signed: proto.IADVSignedDeviceIdentity, secret: Uint8Array): Uint8Array {
    const details = proto.ADVSignedDeviceIdentity.encode(signed).finish();
    return proto.ADVSignedDeviceIdentityHMAC.encode({ details, hmac: hmacSign(details, secret) }).finish();
  }
}

/**
 * Check what a linked device shows as its identity: signed by the account, and by the device itself.
 *
 * @returns why it is not to be believed, or `undefined`
 */
export function flawOf(
  shown: proto.IADVSignedDeviceIdentity,
  expected: { accountKey: Uint8Array; deviceIdentity: Uint8Array },
): string | undefined {
  const { details, accountSignature, deviceSignature } = shown;
  const { accountKey, deviceIdentity } = expected;
  if (!details || !accountSignature || !deviceSignature) return "device identity without details or signatures";
  const byAccount = Buffer.concat([WA_ADV_ACCOUNT_SIG_PREFIX, details, deviceIdentity]);
  if (!signatureHolds(accountKey, byAccount, accountSignature)) return "device identity that the account did not sign";
  const byDevice = Buffer.concat([WA_ADV_DEVICE_SIG_PREFIX, details, deviceIdentity, accountKey]);
  if (!signatureHolds(deviceIdentity, byDevice, deviceSignature)) return "device identity that the device did not sign";
  return undefined;
}
