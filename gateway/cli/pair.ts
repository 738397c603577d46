import type { Approval, Pairing } from "../../sessions/access.ts";
import { formatPlace } from "../chat-place.ts";
import { readCode, showCode } from "../codes.ts";
import { WELCOME } from "../commands/pair.ts";
import { loadConfig } from "../config/load.ts";
import { atTheKeyboard } from "./by.ts";
import { iso, report } from "./report.ts";
import { CliError, type JsonOption, type Surroundings } from "./surroundings.ts";
import { harmless, table } from "./table.ts";
import { visit } from "./visit.ts";

/** Who asks to be let in. */
export async function list(around: Surroundings, options: JsonOption): Promise<number> {
  const { dataDir } = loadConfig(around);
  const waiting = await visit(dataDir, (store) => store.pairings());
  return report(around, options, {
    value: waiting.map(requestJson),
    lines() {
      if (waiting.length === 0) return ["Nobody asks to be let in."];
      const rows = waiting.map(({ code, kind, chat, userId, userName, expiresAt }) => [
        showCode(code),
        kind === "user" ? "private" : chat.kind,
        formatPlace(chat),
        kind === "user" ? "" : (chat.name ?? ""),
        chat.guildName ?? "",
        `${userName} (${userId})`,
        iso(expiresAt),
      ]);
      return table(["CODE", "KIND", "CHAT", "NAME", "SERVER", "ASKED BY", "UNTIL"], rows);
    },
  });
}

/** Let in what asked with a code. A running gateway answers there within about a second. */
export async function approve(
  around: Surroundings,
  code: string,
  options: JsonOption & { wholeServer?: boolean },
): Promise<number> {
  const { dataDir } = loadConfig(around);
  const { wholeServer = false } = options;
  const typed = readCode(code);
  return visit(dataDir, async (store) => {
    const request = (await store.pairings()).find((pairing) => pairing.code === typed);
    if (wholeServer && request !== undefined && request.chat.guildId === undefined) {
      throw new CliError("No server holds that chat: leave --whole-server out. Nothing was changed.");
    }
    const pairing = settled(await store.approve(typed, atTheKeyboard(), WELCOME, wholeServer));
    return report(around, options, {
      value: { approved: requestJson(pairing), wholeServer },
      lines: () => [`Let in: ${described(pairing, wholeServer)}.`],
    });
  });
}

/** Take a request away. Whoever asked may ask again. */
export async function dismiss(around: Surroundings, code: string, options: JsonOption): Promise<number> {
  const { dataDir } = loadConfig(around);
  return visit(dataDir, async (store) => {
    const pairing = settled(await store.dismiss(readCode(code), atTheKeyboard()));
    return report(around, options, {
      value: { dismissed: requestJson(pairing) },
      lines: () => [`Taken away: the request of ${described(pairing, false)}. Who asked may ask again.`],
    });
  });
}

/** @throws CliError if the code did nothing */
function settled(approval: Approval): Pairing {
  switch (approval.kind) {
    case "approved":
      return approval.pairing;
    case "unknown":
      throw new CliError(
        "Nobody asks with that code: it may have expired after its hour, or whoever asked was blocked. `parley pair list` shows who asks.",
      );
    case "locked":
      throw new CliError(`Too many wrong codes: none is taken from you until ${iso(approval.until)}.`);
  }
}

function described({ kind, chat, userId, userName }: Pairing, wholeServer: boolean): string {
  const who = harmless(`${userName} (${chat.platform}:${userId})`);
  if (kind === "user") return `${who}, in private`;
  if (wholeServer) return `the server ${harmless(chat.guildName ?? chat.guildId ?? "")}, asked by ${who}`;
  const name = chat.name === undefined ? "" : `"${harmless(chat.name)}" `;
  return `${name}(${harmless(formatPlace(chat))}), asked by ${who}`;
}

function requestJson({ code, kind, chat, userId, userName, createdAt, expiresAt }: Pairing) {
  return {
    code,
    kind,
    chat: formatPlace(chat),
    chatName: chat.name ?? null,
    server: chat.guildId === undefined ? null : { id: chat.guildId, name: chat.guildName ?? null },
    user: userId,
    name: userName,
    createdAt: iso(createdAt),
    expiresAt: iso(expiresAt),
  };
}
