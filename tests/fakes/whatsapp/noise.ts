import {
  aesDecryptGCM,
  aesEncryptGCM,
  Curve,
  hkdf,
  NOISE_MODE,
  NOISE_WA_HEADER,
  proto,
  sha256,
} from "@whiskeysockets/baileys";
import { NOISE_ROOT } from "./test-keys.ts";

const NOTHING = Buffer.alloc(0);

/** The key of this server and the chain of certificates up to the root; made once, like WhatsApp's. */
const server = certified();

/**
 * The server's half of the Noise XX handshake and, after it, of the encrypted transport.
 *
 * States: nothing heard -> `hello` answered -> `finish` heard -> `seal` and `open` in any order, each counting by itself.
 */
export class NoiseServer {
  readonly #ephemeral = Curve.generateKeyPair();
  #hash = Buffer.from(NOISE_MODE);
  #salt: Uint8Array = this.#hash;
  #key: Uint8Array = this.#hash;
  #counter = 0;
  #sealing: Cipher | undefined;
  #opening: Cipher | undefined;

  /** Answer the client's first frame. */
  hello(frame: Uint8Array): Uint8Array {
    const theirs = proto.HandshakeMessage.decode(frame).clientHello?.ephemeral;
    if (!theirs) throw new Error("the handshake begins without an ephemeral key");
    this.#mixHash(NOISE_WA_HEADER);
    this.#mixHash(theirs);
    this.#mixHash(this.#ephemeral.public);
    this.#mixKey(Curve.sharedKey(this.#ephemeral.private, theirs));
    const encryptedKey = this.#encrypt(server.key.public);
    this.#mixKey(Curve.sharedKey(server.key.private, theirs));
    const payload = this.#encrypt(server.certificates);
    const serverHello = { ephemeral: this.#ephemeral.public, static: encryptedKey, payload };
    return proto.HandshakeMessage.encode({ serverHello }).finish();
  }

  /** Read the client's second frame: who it is, by its key, and what it wants. */
  finish(frame: Uint8Array): { clientKey: Buffer; payload: proto.ClientPayload } {
    const { clientFinish } = proto.HandshakeMessage.decode(frame);
    if (!clientFinish?.static || !clientFinish.payload) throw new Error("the handshake ends without key or payload");
    const clientKey = this.#decrypt(clientFinish.static);
    this.#mixKey(Curve.sharedKey(this.#ephemeral.private, clientKey));
    const payload = proto.ClientPayload.decode(this.#decrypt(clientFinish.payload));
    const [fromClient, toClient] = this.#expand(NOTHING);
    this.#opening = new Cipher(fromClient);
    this.#sealing = new Cipher(toClient);
    return { clientKey, payload };
  }

  seal(plain: Uint8Array): Buffer {
    if (this.#sealing === undefined) throw new Error("sealed before the handshake ended");
    return this.#sealing.seal(plain);
  }

  open(sealed: Uint8Array): Buffer {
    if (this.#opening === undefined) throw new Error("opened before the handshake ended");
    return this.#opening.open(sealed);
  }

  #encrypt(plain: Uint8Array): Buffer {
    const sealed = aesEncryptGCM(plain, this.#key, nonce(this.#counter++), this.#hash);
    this.#mixHash(sealed);
    return sealed;
  }

  #decrypt(sealed: Uint8Array): Buffer {
    const plain = aesDecryptGCM(sealed, this.#key, nonce(this.#counter++), this.#hash);
    this.#mixHash(sealed);
    return plain;
  }

  #mixHash(data: Uint8Array): void {
    this.#hash = Buffer.from(sha256(Buffer.concat([this.#hash, data])));
  }

  #mixKey(secret: Uint8Array): void {
    [this.#salt, this.#key] = this.#expand(secret);
    this.#counter = 0;
  }

  #expand(secret: Uint8Array): [Uint8Array, Uint8Array] {
    const bytes = Buffer.from(hkdf(Buffer.from(secret), 64, { salt: Buffer.from(this.#salt), info: "" }));
    return [bytes.subarray(0, 32), bytes.subarray(32)];
  }
}

/** One direction of the transport: a key and the number of its next frame. */
class Cipher {
  readonly #key: Uint8Array;
  #counter = 0;

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  seal(plain: Uint8Array): Buffer {
    return aesEncryptGCM(plain, this.#key, nonce(this.#counter++), NOTHING);
  }

  open(sealed: Uint8Array): Buffer {
    return aesDecryptGCM(sealed, this.#key, nonce(this.#counter++), NOTHING);
  }
}

function nonce(counter: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(counter, 8);
  return bytes;
}

function certified() {
  const key = Curve.generateKeyPair();
  const between = Curve.generateKeyPair();
  const { Details } = proto.CertChain.NoiseCertificate;
  const validity = { notBefore: 0, notAfter: 4_000_000_000 };
  const betweenDetails = Details.encode({ serial: 1, issuerSerial: 0, key: between.public, ...validity }).finish();
  const leafDetails = Details.encode({ serial: 2, issuerSerial: 1, key: key.public, ...validity }).finish();
  const certificates = proto.CertChain.encode({
    intermediate: { details: betweenDetails, signature: Curve.sign(NOISE_ROOT.private, betweenDetails) },
    leaf: { details: leafDetails, signature: Curve.sign(between.private, leafDetails) },
  }).finish();
  return { key, certificates };
}
