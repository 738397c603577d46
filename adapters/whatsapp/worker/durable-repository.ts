import { AsyncLocalStorage } from "node:async_hooks";
import {
  type BinaryNode,
  DEFAULT_CONNECTION_CONFIG,
  jidDecode,
  type LIDMapping,
  type SignalDataSet,
  type SignalKeyStoreWithTransaction,
  type SignalRepositoryWithLIDStore,
  type SocketConfig,
} from "@whiskeysockets/baileys";
import { RECEIVED } from "../vault-kinds.ts";
import { digestOf, type Entry, type Journal, SAYS_NOTHING } from "./journal.ts";
import { forgetFormer } from "./one-to-one.ts";
import type { Turnstile } from "./turnstile.ts";

export interface Durability {
  journal: Journal;
  turnstile: Turnstile;
  /** The stanza that a ciphertext came in. */
  stanzas: WeakMap<Uint8Array, BinaryNode["attrs"]>;
  /** Its plaintext is committed. */
  onCommitted(entry: Entry): void;
  /** The stanza with these attributes had come before, and been committed. */
  onKnown(attrs: BinaryNode["attrs"]): void;
  /** From now on these are one person. */
  onMapped(pair: LIDMapping): void;
  /** Once true, nothing is decrypted, encrypted or written any more. */
  isOver(): boolean;
}

type MakeRepository = SocketConfig["makeSignalRepository"];

/**
 * Baileys' Signal repository, made safe against crashes and against itself.
 *
 * - Decrypting: the ratchet and the plaintext are committed in one transaction, before Baileys acknowledges. A crash
 *   before it leaves the old ratchet, and WhatsApp delivers again; a crash after it leaves the plaintext.
 * - A ciphertext that was decrypted before gives the plaintext of then.
 * - Encrypting: Baileys would commit the ratchet when the message has gone out. Here that comes first: a key that was used
 *   is never used again.
 * - Statuses and broadcasts are not decrypted at all: nobody answers them, and one that cannot be read would be asked for
 *   again and again.
 * - One change of sessions at a time.
 */
export function durableRepository(durability: Durability): MakeRepository {
  const { journal, turnstile, stanzas, onCommitted, onKnown, onMapped, isOver } = durability;
  // Where no transaction is open: what runs in it commits by itself.
  const outside = AsyncLocalStorage.snapshot();
  return (auth, logger, findLids) => {
    const base = DEFAULT_CONNECTION_CONFIG.makeSignalRepository(auth, logger, findLids);
    const keys = auth.keys as SignalKeyStoreWithTransaction;
    const alone = <T>(work: () => Promise<T>): Promise<T> => {
      if (isOver()) return Promise.reject(new Error("the connection is over"));
      if (turnstile.isInside) return work();
      const unlessOver = () => (isOver() ? Promise.reject(new Error("the connection is over")) : work());
      return outside(() => turnstile.run(unlessOver));
    };

    const once = (ciphertext: Uint8Array, key: string, decrypt: () => Promise<Uint8Array>) =>
      alone(async () => {
        const attrs = stanzas.get(ciphertext);
        if (attrs?.from?.endsWith("@broadcast")) return Buffer.from(SAYS_NOTHING, "base64");
        const id = digestOf(ciphertext);
        const known = await journal.find(id);
        if (known?.plaintext !== undefined && attrs !== undefined && isSame(known.attrs, attrs)) {
          onKnown(attrs);
          return Buffer.from(known.plaintext, "base64");
        }
        const done = await keys.transaction(async () => {
          const plaintext = await decrypt();
          if (attrs === undefined) return { plaintext };
          const entry = journal.entry(id, attrs, plaintext);
          await keys.set({ [RECEIVED]: { [id]: entry } } as unknown as SignalDataSet);
          return { plaintext, entry };
        }, key);
        if (done.entry !== undefined) onCommitted(done.entry);
        return done.plaintext;
      });

    const { lidMapping } = base;
    const storeMappings = lidMapping.storeLIDPNMappings.bind(lidMapping);
    lidMapping.storeLIDPNMappings = (pairs) =>
      alone(async () => {
        // Under a name of its own: Baileys locks the kind for reading within.
        await keys.transaction(async () => {
          await forgetFormer(pairs, lidMapping, keys);
          await storeMappings(pairs);
        }, "one-to-one");
        for (const pair of pairs) onMapped(pair);
      });

    /** Baileys moves the sessions of the devices that it has a list of, and it makes one for those it writes to. */
    const migrate: typeof base.migrateSession = (from, to) =>
      keys.transaction(async () => {
        const { user, device = 0 } = jidDecode(from) ?? {};
        if (user === undefined) return await base.migrateSession(from, to);
        const isListed = (await keys.get("device-list", [user]))[user] !== undefined;
        if (isListed) return await base.migrateSession(from, to);
        const devices = new Set([0, device, jidDecode(to)?.device ?? 0].map(String));
        const sessions = await keys.get(
          "session",
          [...devices].map((each) => `${user}.${each}`),
        );
        // Asked at every message: there is nothing to write where nothing is to be moved.
        if (Object.keys(sessions).length === 0) return { migrated: 0, skipped: 0, total: 0 };
        await keys.set({ "device-list": { [user]: [...devices] } });
        const migrated = await base.migrateSession(from, to);
        // It was no list of all their devices.
        await keys.set({ "device-list": { [user]: null } });
        return migrated;
      }, `migrate-${from}`);

    const repository: SignalRepositoryWithLIDStore = {
      ...base,
      decryptMessage: (options) => once(options.ciphertext, options.jid, () => base.decryptMessage(options)),
      decryptGroupMessage: (options) => once(options.msg, options.group, () => base.decryptGroupMessage(options)),
      processSenderKeyDistributionMessage: (options) => alone(() => base.processSenderKeyDistributionMessage(options)),
      encryptMessage: (options) => alone(() => base.encryptMessage(options)),
      encryptGroupMessage: (options) => alone(() => base.encryptGroupMessage(options)),
      getSenderKeyDistributionMessage: (options) => alone(() => base.getSenderKeyDistributionMessage(options)),
      injectE2ESession: (options) => alone(() => base.injectE2ESession(options)),
      migrateSession: (from, to) => alone(() => migrate(from, to)),
      deleteSession: (jids) => alone(() => base.deleteSession(jids)),
    };
    return repository;
  };
}

/** The same stanza: nobody is given what another one wrote. */
function isSame(known: BinaryNode["attrs"], attrs: BinaryNode["attrs"]): boolean {
  return known.from === attrs.from && known.participant === attrs.participant;
}
