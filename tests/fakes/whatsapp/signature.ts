import { createPublicKey, verify } from "node:crypto";

/** The prime of Curve25519. */
const P = 2n ** 255n - 19n;

/**
 * Whether a signature over a message holds (XEdDSA: an Ed25519 signature of a Curve25519 key).
 *
 * The library's own check answers yes to every signature of the right length, so that nobody can rely on it here.
 * @param publicKey with or without the byte before it that names its kind
 * @see https://signal.org/docs/specifications/xeddsa/
 */
export function signatureHolds(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  const sign = (signature[63] ?? 0) & 0x80;
  const plain = Buffer.from(signature);
  plain.writeUInt8(plain.readUInt8(63) & 0x7f, 63);
  const point = edwards(publicKey.length === 33 ? publicKey.subarray(1) : publicKey);
  point.writeUInt8(point.readUInt8(31) | sign, 31);
  const key = { kty: "OKP", crv: "Ed25519", x: point.toString("base64url") };
  return verify(null, message, createPublicKey({ key, format: "jwk" }), plain);
}

/** The same point on the Edwards form of the curve: y = (u - 1) / (u + 1). */
function edwards(montgomery: Uint8Array): Buffer {
  const u = BigInt(`0x${Buffer.from(montgomery).reverse().toString("hex")}`) % 2n ** 255n;
  const y = ((u - 1n + P) * power(u + 1n, P - 2n)) % P;
  return Buffer.from(y.toString(16).padStart(64, "0"), "hex").reverse();
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base % P;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}
