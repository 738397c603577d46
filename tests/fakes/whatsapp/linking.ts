import { randomBytes } from "node:crypto";
import { type BinaryNode, generateSignalPubKey, getBinaryNodeChild, proto } from "@whiskeysockets/baileys";
import { flawOf } from "./account.ts";
import { Companion } from "./companion.ts";
import type { Connection } from "./connection.ts";
import { bytesOf, element, SERVER } from "./nodes.ts";
import { PhoneByCode } from "./pairing-code.ts";
import { jidOf } from "./people.ts";
import { signatureHolds } from "./signature.ts";
import { secondsOf, type World } from "./world.ts";

/** A device that wants to be linked, on its connection. */
interface Candidate {
  readonly connection: Connection;
  readonly registration: proto.ClientPayload.IDevicePairingRegistrationData;
  /** What its QR codes name, each for some seconds. */
  readonly refs: string[];
  /** It shows codes now. */
  shows: boolean;
  code?: { ref: string; wrapped: Buffer; phone?: PhoneByCode };
  signed?: proto.IADVSignedDeviceIdentity;
  linked: PromiseWithResolvers<void>;
}

/**
 * Linking a device, by a QR code or by a code that is typed over, and what the phone and its owner do in it.
 *
 * States of a candidate: shows codes -> the phone has signed it -> it has shown its own signature -> it is the companion,
 * and has to begin a new connection (515).
 */
export class Linking {
  readonly #world: World;
  readonly #candidates = new Set<Candidate>();
  readonly #onLinked: (companion: Companion) => void;
  #lastDevice = 4;
  #refusing = false;

  constructor(world: World, onLinked: (companion: Companion) => void) {
    this.#world = world;
    this.#onLinked = onLinked;
  }

  /** Resolves once a device shows a QR code. */
  async waitForQr(): Promise<void> {
    await this.#world.bell.when(() => this.#last(({ shows }) => shows));
  }

  /** The phone's camera sees a QR code. Resolves once the device is linked. @throws if it is no code that counts now */
  async scan(qrText: string): Promise<void> {
    const [ref, noiseKey, identity, secret] = qrText.slice(qrText.indexOf("#") + 1).split(",");
    const candidate = this.#last(({ refs }) => ref !== undefined && refs.includes(ref));
    if (candidate === undefined || secret === undefined) throw new Error("no QR code that counts now");
    const { eIdent } = candidate.registration;
    if (noiseKey !== candidate.connection.clientKey.toString("base64")) throw new Error("the QR code has another key");
    if (identity !== Buffer.from(eIdent ?? []).toString("base64")) throw new Error("the QR code has another identity");
    this.#sign(candidate, Buffer.from(secret, "base64"));
    await candidate.linked.promise;
  }

  /** Resolves once the phone has been told that a device shows a code to type over. */
  async waitForPairingCode(): Promise<void> {
    await this.#world.bell.when(() => this.#last(({ code }) => code !== undefined));
  }

  /** The phone's owner types a code over. Resolves once the device is linked. @throws if the code is wrong */
  async enterCode(code: string): Promise<void> {
    const candidate = this.#last((each) => each.code !== undefined);
    if (candidate?.code === undefined) throw new Error("no device waits for a code");
    const { ref, wrapped } = candidate.code;
    const { identityKey } = this.#world.account;
    const phone = await PhoneByCode.typed(code.replace("-", "").toUpperCase(), identityKey, wrapped);
    candidate.code.phone = phone;
    const hello = element("link_code_companion_reg", { stage: "primary_hello" }, [
      element("link_code_pairing_wrapped_primary_ephemeral_pub", {}, await phone.wrappedKey()),
      element("primary_identity_pub", {}, identityKey.public),
      element("link_code_pairing_ref", {}, Buffer.from(ref)),
    ]);
    const attributes = { from: SERVER, type: "link_code_companion_reg", id: newId(), t: secondsOf(this.#world) };
    candidate.connection.send(element("notification", attributes, [hello]));
    await candidate.linked.promise;
  }

  /** The device that waits to be linked, or the next one, is sent away. */
  refuse(): void {
    const candidate = this.#last(() => true);
    if (candidate === undefined) this.#refusing = true;
    else this.#turnAway(candidate, "the phone refused it");
  }

  /** A device asks to be linked. */
  enter(connection: Connection, registration: proto.ClientPayload.IDevicePairingRegistrationData): void {
    checkRegistration(registration);
    const refs = Array.from({ length: 6 }, () => `2@${randomBytes(24).toString("base64")}`);
    const linked = Promise.withResolvers<void>();
    // Somebody waits for it only from the moment of scanning.
    linked.promise.catch(() => undefined);
    const candidate: Candidate = { connection, registration, refs, shows: false, linked };
    this.#candidates.add(candidate);
    if (this.#refusing) {
      this.#refusing = false;
      this.#turnAway(candidate, "the phone refused it");
      return;
    }
    const content = refs.map((ref) => element("ref", {}, Buffer.from(ref)));
    this.#ask(connection, "pair-device", [element("pair-device", {}, content)]);
  }

  leave(connection: Connection): void {
    for (const candidate of this.#candidates) {
      if (candidate.connection !== connection) continue;
      this.#candidates.delete(candidate);
      candidate.linked.reject(new Error("the device went away before it was linked"));
    }
    this.#world.bell.ring();
  }

  /** Whether a node was about linking, and is dealt with. */
  hear(connection: Connection, node: BinaryNode): boolean {
    const candidate = this.#last((each) => each.connection === connection);
    if (candidate === undefined || node.tag !== "iq") return false;
    const proof = getBinaryNodeChild(node, "pair-device-sign");
    const byCode = getBinaryNodeChild(node, "link_code_companion_reg");
    if (proof !== undefined) this.#finish(candidate, proof);
    else if (byCode?.attrs.stage === "companion_hello") this.#helloByCode(candidate, node, byCode);
    else if (byCode?.attrs.stage === "companion_finish") this.#finishByCode(candidate, node, byCode);
    else if (node.attrs.type === "result") candidate.shows = true;
    else return false;
    this.#world.bell.ring();
    return true;
  }

  /** Code pairing: the device has shown the code, and tells the phone that it waits. */
  #helloByCode(candidate: Candidate, node: BinaryNode, hello: BinaryNode): void {
    const { account } = this.#world;
    if (hello.attrs.jid !== jidOf(account, "phone")) {
      const error = element("error", { code: "404", text: "item-not-found" });
      candidate.connection.send(element("iq", { from: SERVER, type: "error", id: node.attrs.id }, [error]));
      return;
    }
    const wrapped = bytesOf(hello, "link_code_pairing_wrapped_companion_ephemeral_pub");
    const key = bytesOf(hello, "companion_server_auth_key_pub");
    if (!key.equals(candidate.connection.clientKey)) throw new Error("code pairing with another key");
    const ref = randomBytes(16).toString("base64");
    candidate.code = { ref, wrapped };
    const content = [element("link_code_pairing_ref", {}, Buffer.from(ref))];
    const answer = element("link_code_companion_reg", { stage: "companion_hello" }, content);
    candidate.connection.send(element("iq", { from: SERVER, type: "result", id: node.attrs.id }, [answer]));
  }

  /** Code pairing: both sides have each other's keys. */
  #finishByCode(candidate: Candidate, node: BinaryNode, finish: BinaryNode): void {
    const { code, registration, connection } = candidate;
    const identity = bytesOf(finish, "companion_identity_public");
    if (bytesOf(finish, "link_code_pairing_ref").toString() !== code?.ref)
      throw new Error("another pairing's reference");
    if (!identity.equals(registration.eIdent ?? Buffer.alloc(0))) throw new Error("code pairing with another identity");
    const secret = code.phone?.secret(bytesOf(finish, "link_code_pairing_wrapped_key_bundle"), identity);
    connection.send(element("iq", { from: SERVER, type: "result", id: node.attrs.id }));
    if (secret === undefined) {
      candidate.linked.reject(new Error("the code is wrong"));
      candidate.linked = Promise.withResolvers();
      candidate.linked.promise.catch(() => undefined);
    } else this.#sign(candidate, secret);
  }

  /** The phone signs the device. */
  #sign(candidate: Candidate, secret: Buffer): void {
    const { account, clock } = this.#world;
    const { connection, registration } = candidate;
    const device = this.#lastDevice + 1;
    const seconds = Math.floor(clock() / 1000);
    candidate.signed = account.sign(Buffer.from(registration.eIdent ?? []), device, seconds);
    this.#ask(connection, "pair-success", [
      element("pair-success", {}, [
        element("device-identity", {}, account.seal(candidate.signed, secret)),
        element("device", { jid: jidOf(account, "phone", device), lid: jidOf(account, "lid", device) }),
        element("platform", { name: "android" }),
      ]),
    ]);
  }

  /** The device shows that it has signed in turn. */
  #finish(candidate: Candidate, proof: BinaryNode): void {
    const { account } = this.#world;
    const { connection, registration, signed } = candidate;
    const shown = proto.ADVSignedDeviceIdentity.decode(bytesOf(proof, "device-identity"));
    const accountKey = account.identityKey.public;
    const deviceIdentity = Buffer.from(registration.eIdent ?? []);
    const other = signed?.details ? !Buffer.from(shown.details ?? []).equals(signed.details) : true;
    const flaw = other ? "an identity that the phone did not sign" : flawOf(shown, { accountKey, deviceIdentity });
    if (flaw !== undefined) {
      this.#world.violations.push(flaw);
      this.#turnAway(candidate, flaw);
      return;
    }
    this.#lastDevice += 1;
    const signedIdentity = { ...shown, accountSignatureKey: accountKey };
    const fields = { device: this.#lastDevice, lid: account.lid, phone: account.phone };
    this.#candidates.delete(candidate);
    this.#onLinked(new Companion({ ...fields, noiseKey: connection.clientKey, registration, signedIdentity }));
    connection.fail({ code: "515" });
    candidate.linked.resolve();
  }

  #turnAway(candidate: Candidate, reason: string): void {
    this.#candidates.delete(candidate);
    candidate.linked.reject(new Error(reason));
    candidate.connection.end(element("failure", { reason: "403", location: "fake" }));
  }

  #ask(connection: Connection, purpose: string, content: BinaryNode[]): void {
    const t = secondsOf(this.#world);
    connection.send(element("iq", { from: SERVER, type: "set", id: `${purpose}-${newId()}`, xmlns: "md", t }, content));
  }

  #last(fits: (candidate: Candidate) => boolean): Candidate | undefined {
    return [...this.#candidates].findLast(fits);
  }
}

function checkRegistration({ eIdent, eSkeyVal, eSkeySig }: proto.ClientPayload.IDevicePairingRegistrationData): void {
  if (!eIdent || !eSkeyVal || !eSkeySig) throw new Error("registered without its keys");
  if (!signatureHolds(eIdent, generateSignalPubKey(eSkeyVal), eSkeySig))
    throw new Error("a signed pre-key that its identity did not sign");
}

const newId = () => randomBytes(6).toString("hex");
