import { renderUnicodeCompact } from "uqr";
import type { Vault } from "../../adapters/adapter.ts";
import { LinkError, type LinkErrorCode, linkAccount, linkedAs, unlinkAccount } from "../../adapters/whatsapp/link.ts";
import { visitSqliteStore } from "../../sessions/sqlite/store.ts";
import type { Store } from "../../sessions/store.ts";
import { DEFAULT_ACCOUNT } from "../../strategies/key.ts";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { CliError, type Surroundings } from "./surroundings.ts";
import { visit } from "./visit.ts";

const account = { platform: "whatsapp", account: DEFAULT_ACCOUNT } as const;

const WHERE = "On the phone, open WhatsApp > Settings > Linked devices > Link a device";

const reasons: Readonly<Record<LinkErrorCode, string>> = {
  "already-linked": "An account is linked already: unlink it first with `parley whatsapp unlink`.",
  "timed-out": "Nobody scanned or typed the code in time. Try again.",
  refused: "WhatsApp refused to link this device. Wait some minutes before you try again.",
  unreachable: "WhatsApp cannot be reached: check the network, and whatsapp.wsUrl if it is set.",
  aborted: "Given up: nothing was linked.",
};

/**
 * Link a WhatsApp account as one of its devices: show a QR code, or a code to type where a phone number is given. A
 * gateway that runs connects with it by itself.
 */
export async function link(around: Surroundings, { phone }: { phone?: string }): Promise<number> {
  const { print, interrupted = () => new AbortController().signal } = around;
  const digits = phone === undefined ? undefined : phoneDigits(phone);
  const { config, wsUrl, deviceName } = configuration(around);
  const store = visitSqliteStore(config.dataDir);
  const vault = vaultOf(store);
  try {
    const present = await linkedAs(vault);
    if (present !== null) {
      throw new CliError(`Linked already as ${shown(present.phone)}: unlink it first with \`parley whatsapp unlink\`.`);
    }
    const linked = await linkAccount({
      vault,
      wsUrl,
      deviceName,
      ...(digits === undefined ? {} : { phone: digits }),
      signal: interrupted(),
      onQr: (text) => {
        print(`${WHERE}, and scan this. It changes until it is scanned; Ctrl-C gives up.\n`);
        print(renderUnicodeCompact(text, { border: 2 }));
      },
      onProgress: (step) => {
        if (step === "paired") print("The phone has agreed: connecting ...");
      },
      onPairingCode: (code) => {
        print(`${WHERE} > Link with phone number instead, and type:\n`);
        print(`    ${code.replace(/^(.{4})(.{4})$/, "$1-$2")}\n`);
      },
    });
    print(`Linked as ${shown(linked.phone)}.`);
  } catch (error) {
    throw error instanceof LinkError ? new CliError(reasons[error.code]) : error;
  } finally {
    await store.close();
  }
  print(
    config.whatsapp === undefined
      ? "Set WHATSAPP_ENABLED=1, or give parley.yaml a `whatsapp` section, and start the gateway."
      : "A gateway that runs connects within some seconds.",
  );
  return 0;
}

/** Take the linked device off the account, and forget its credentials. */
export async function unlink(around: Surroundings): Promise<number> {
  const { print, interrupted = () => new AbortController().signal } = around;
  const { config, wsUrl } = configuration(around);
  return visit(config.dataDir, async (store) => {
    const vault = vaultOf(store);
    const present = await linkedAs(vault);
    if (present === null) throw new CliError("No WhatsApp account is linked.");
    const { told } = await unlinkAccount({ vault, wsUrl, signal: interrupted() });
    print(`Unlinked from ${shown(present.phone)}.`);
    if (!told) {
      print("WhatsApp could not be told: remove the device on the phone as well, under Settings > Linked devices.");
    }
    return 0;
  });
}

/** The server and name to link with, whether WhatsApp is switched on or not. */
function configuration({ env, cwd }: Surroundings) {
  const config = loadConfig({ env, cwd });
  const on = config.whatsapp ?? loadConfig({ env: { ...env, WHATSAPP_ENABLED: "1" }, cwd }).whatsapp;
  const { wsUrl, deviceName } = on as NonNullable<Config["whatsapp"]>;
  return { config, wsUrl, deviceName };
}

/** @throws CliError if it is no phone number with its country code */
function phoneDigits(phone: string): string {
  const digits = phone.replace(/[\s()./-]/g, "").replace(/^(?:\+|00)/, "");
  if (/^[1-9]\d{6,14}$/.test(digits)) return digits;
  throw new CliError(`"${phone}" is no phone number: write it with its country code, as in +4917012345.`);
}

function vaultOf(store: Store): Vault {
  return {
    read: (kind, ids) => store.vault(account, kind, ids),
    write: (entries) => store.setVault(account, entries),
  };
}

function shown(phone: string): string {
  return `+${phone}`;
}
