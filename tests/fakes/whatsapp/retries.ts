import { type BinaryNode, generateSignalPubKey, getBinaryNodeChild } from "@whiskeysockets/baileys";
import type { KeyBundle } from "./bundles.ts";
import type { Connection } from "./connection.ts";
import { bytesOf, numberOf } from "./nodes.ts";
import { writingDevice } from "./people.ts";
import { linkedCompanion, type World } from "./world.ts";

/** The bot could not read a message: who wrote it sends it again, in a new session if the bot sent keys for one. */
export async function sendAgain(world: World, connection: Connection, receipt: BinaryNode): Promise<void> {
  const { id = "" } = receipt.attrs;
  const written = world.written.get(id);
  if (written === undefined) return;
  connection.askedAgain.add(id);
  const count = Number(getBinaryNodeChild(receipt, "retry")?.attrs.count ?? 1);
  const companion = linkedCompanion(world);
  const keys = getBinaryNodeChild(receipt, "keys");
  await world.inOrder(async () => {
    world.outbox.withdraw(id);
    if (keys !== undefined) await writingDevice(written.person).restart(companion, bundleIn(receipt, keys));
    await written.resend(count);
  });
}

function bundleIn(receipt: BinaryNode, keys: BinaryNode): KeyBundle {
  const signed = getBinaryNodeChild(keys, "skey");
  const single = getBinaryNodeChild(keys, "key");
  const publicKey = (node: BinaryNode | undefined) => generateSignalPubKey(bytesOf(node, "value"));
  return {
    registrationId: numberOf(receipt, "registration"),
    identityKey: generateSignalPubKey(bytesOf(keys, "identity")),
    signedPreKey: {
      keyId: numberOf(signed, "id"),
      publicKey: publicKey(signed),
      signature: bytesOf(signed, "signature"),
    },
    preKey: { keyId: numberOf(single, "id"), publicKey: publicKey(single) },
  };
}
