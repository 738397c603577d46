import {
  type BinaryNode,
  Curve,
  DEFAULT_CONNECTION_CONFIG,
  encodeWAMessage,
  initAuthCreds,
  proto,
  unpadRandomMax16,
} from "@whiskeysockets/baileys";
import { bundleNodes, type KeyBundle } from "./bundles.ts";
import type { Companion } from "./companion.ts";
import { KeyStore } from "./key-store.ts";

export interface Sealed {
  type: "pkmsg" | "msg" | "skmsg";
  ciphertext: Uint8Array;
}

const nothing = () => undefined;
const logger: typeof DEFAULT_CONNECTION_CONFIG.logger = {
  level: "silent",
  child: () => logger,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};

/**
 * A device of somebody who talks to the bot: its keys, and its Signal sessions with the bot's device.
 *
 * Sessions belong to one companion: one that is linked anew has another device number, and with it another address.
 */
export class Device {
  /** 0 is a phone. */
  readonly number: number;
  readonly identity = initAuthCreds();
  /** How often each message of the bot was opened here, by id. */
  readonly opened = new Map<string, number>();
  /** How often each message of the bot was asked for again from here, by id. */
  readonly asked = new Map<string, number>();
  readonly #keys = new KeyStore();
  readonly #signal = DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds: this.identity, keys: this.#keys }, logger);
  readonly #ownJid: string;
  /** The companion that has this device's sender key, by group. */
  readonly #distributed = new Map<string, Companion>();
  #nextPreKey = 1;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(number: number, lid: string) {
    this.number = number;
    this.#ownJid = `${lid}${number === 0 ? "" : `:${number}`}@lid`;
  }

  /** What the server hands out to who wants to begin a session with this device. */
  async bundle(): Promise<BinaryNode[]> {
    const { registrationId, signedIdentityKey, signedPreKey } = this.identity;
    const id = this.#nextPreKey++;
    const preKey = Curve.generateKeyPair();
    await this.#keys.set({ "pre-key": { [id]: preKey } });
    return bundleNodes({
      registrationId,
      identityKey: signedIdentityKey.public,
      signedPreKey: { ...signedPreKey, publicKey: signedPreKey.keyPair.public },
      preKey: { keyId: id, publicKey: preKey.public },
    });
  }

  /** Encrypt for the bot's device, beginning a session where there is none. */
  seal(companion: Companion, message: proto.IMessage): Promise<Sealed> {
    return this.#inTurn(async () => {
      const jid = companion.lidJid;
      const { exists } = await this.#signal.validateSession(jid);
      if (!exists) await this.#signal.injectE2ESession({ jid, session: companion.takeBundle() });
      return this.#signal.encryptMessage({ jid, data: encodeWAMessage(message) });
    });
  }

  /** Decrypt what the bot's device sent, and learn the sender key that may be in it. */
  open(companion: Companion, type: "pkmsg" | "msg", ciphertext: Uint8Array): Promise<proto.Message> {
    return this.#inTurn(async () => {
      const jid = companion.lidJid;
      const plain = await this.#signal.decryptMessage({ jid, type, ciphertext: Buffer.from(ciphertext) });
      const message = proto.Message.decode(unpadRandomMax16(plain));
      const item = message.senderKeyDistributionMessage;
      if (item) await this.#signal.processSenderKeyDistributionMessage({ authorJid: jid, item });
      return message;
    });
  }

  /** Encrypt for a group. `distribution` is there as long as the companion does not have this device's sender key. */
  sealForGroup(
    companion: Companion,
    group: string,
    message: proto.IMessage,
  ): Promise<Sealed & { distribution?: proto.IMessage }> {
    return this.#inTurn(async () => {
      const data = encodeWAMessage(message);
      const sealed = await this.#signal.encryptGroupMessage({ group, meId: this.#ownJid, data });
      const { ciphertext, senderKeyDistributionMessage: key } = sealed;
      if (this.#distributed.get(group) === companion) return { type: "skmsg", ciphertext };
      this.#distributed.set(group, companion);
      return { type: "skmsg", ciphertext, distribution: distributionOf(group, key) };
    });
  }

  /** This device's sender key, for a message that is sent again to one device alone. */
  distribution(group: string): Promise<proto.IMessage> {
    return this.#inTurn(async () => {
      const key = await this.#signal.getSenderKeyDistributionMessage({ group, meId: this.#ownJid });
      return distributionOf(group, key);
    });
  }

  openFromGroup(companion: Companion, group: string, ciphertext: Uint8Array): Promise<proto.Message> {
    return this.#inTurn(async () => {
      const authorJid = companion.lidJid;
      const plain = await this.#signal.decryptGroupMessage({ group, authorJid, msg: Buffer.from(ciphertext) });
      return proto.Message.decode(unpadRandomMax16(plain));
    });
  }

  /** Begin a new session with the keys that the companion itself sent, or with some of those on the server. */
  restart(companion: Companion, session: KeyBundle = companion.takeBundle()): Promise<void> {
    return this.#inTurn(() => this.#signal.injectE2ESession({ jid: companion.lidJid, session }));
  }

  /** Somebody left the group: what follows is encrypted with a key that they do not have. */
  async renewGroupKey(group: string): Promise<void> {
    await this.#inTurn(async () => {
      const { id, deviceId } = addressOf(this.#signal.jidToSignalProtocolAddress(this.#ownJid));
      await this.#keys.set({ "sender-key": { [`${group}::${id}::${deviceId}`]: null } });
    });
    this.#distributed.delete(group);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(nothing);
    return result;
  }
}

function distributionOf(groupId: string, key: Uint8Array): proto.IMessage {
  return { senderKeyDistributionMessage: { groupId, axolotlSenderKeyDistributionMessage: key } };
}

function addressOf(address: string): { id: string; deviceId: string } {
  const [id = "", deviceId = "0"] = address.split(".");
  return { id, deviceId };
}
