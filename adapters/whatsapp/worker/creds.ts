import type { AuthenticationCreds } from "@whiskeysockets/baileys";
import type { Vault } from "../../adapter.ts";
import { CREDS } from "../vault-kinds.ts";
import { restored, stored } from "./vault-keys.ts";

export function credsEntry(creds: AuthenticationCreds) {
  return { kind: CREDS, id: CREDS, value: stored(creds) };
}

export async function readCreds(vault: Vault): Promise<AuthenticationCreds | undefined> {
  const text = (await vault.read(CREDS, [CREDS])).get(CREDS);
  return text === undefined ? undefined : restored<AuthenticationCreds>(text);
}
