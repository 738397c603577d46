import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { ExportedSession } from "../../sessions/privacy.ts";
import { formatPlace } from "../chat-place.ts";
import { loadConfig } from "../config/load.ts";
import { exportMarkdown } from "../export-text.ts";
import { count, listed } from "../words.ts";
import { atTheKeyboard } from "./by.ts";
import { parseChatName } from "./chat-name.ts";
import { demandId } from "./given-id.ts";
import { knownChat } from "./known-chat.ts";
import { iso, report, toJson } from "./report.ts";
import { CliError, type JsonOption, type Surroundings } from "./surroundings.ts";
import { harmless, harmlessLines } from "./table.ts";
import { visit } from "./visit.ts";

/** Erase a person's own conversations in a chat, for good. Nobody else loses anything. */
export async function forget(
  around: Surroundings,
  chatName: string,
  userId: string,
  options: JsonOption & { yes?: boolean },
): Promise<number> {
  const named = parseChatName(chatName);
  demandId(userId, "a person");
  const { dataDir } = loadConfig(around);
  return visit(dataDir, async (store) => {
    const chat = await knownChat(store, named);
    if (!options.yes) {
      throw new CliError(
        `This erases for good what ${harmless(userId)} and the agent said to each other in ${harmless(formatPlace(chat))}: ` +
          "say it with --yes. Nothing was erased.",
      );
    }
    const whose = `${harmless(userId)} in ${harmless(formatPlace(chat))}`;
    const { sessions, dropped, runIds } = await store.forget({
      chatRef: chat.ref,
      userId,
      before: Number.MAX_SAFE_INTEGER,
      by: atTheKeyboard(),
    });
    return report(around, options, {
      value: { chat: formatPlace(chat), user: userId, sessions, dropped, stopped: runIds.length },
      lines: () => [`${erasedText({ sessions, dropped, stopped: runIds.length })} of ${whose}.`],
    });
  });
}

function erasedText({ sessions, dropped, stopped }: { sessions: number; dropped: number; stopped: number }): string {
  const parts = [
    ...(sessions > 0 ? [count(sessions, "conversation")] : []),
    ...(dropped > 0 ? [count(dropped, "waiting message")] : []),
    ...(stopped > 0 ? [`${count(stopped, "answer")} under way`] : []),
  ];
  return parts.length === 0 ? "There was nothing" : `Erased: ${listed(parts)}`;
}

/** A person's conversations in a chat: as Markdown, or as JSON; printed, or into a new file that nobody else can read. */
export async function exportConversations(
  around: Surroundings,
  chatName: string,
  userId: string,
  options: JsonOption & { out?: string },
): Promise<number> {
  const { cwd, print } = around;
  const { json, out } = options;
  const named = parseChatName(chatName);
  demandId(userId, "a person");
  const { dataDir } = loadConfig(around);
  return visit(dataDir, async (store) => {
    const chat = await knownChat(store, named);
    const sessions = await store.exported({ account: chat, userId, chatRef: chat.ref });
    if (sessions.length === 0) {
      throw new CliError(`${harmless(userId)} has no conversation in ${harmless(formatPlace(chat))}.`);
    }
    const structure = { chat: formatPlace(chat), user: userId, sessions: sessions.map(sessionJson) };
    if (out === undefined) {
      print(json ? toJson(structure) : harmlessLines(exportMarkdown(sessions)));
      return 0;
    }
    await writeNew(resolve(cwd, out), json ? `${toJson(structure)}\n` : exportMarkdown(sessions));
    print(`${count(sessions.length, "conversation")} written to ${harmless(out)}.`);
    return 0;
  });
}

function sessionJson({ key, startedAt, shared, messages, summaries }: ExportedSession) {
  return {
    key,
    startedAt: iso(startedAt),
    shared,
    messages: messages.map((message) => ({ ...message, at: iso(message.at) })),
    summaries: summaries.map(({ at, text }) => ({ at: iso(at), text })),
  };
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { flag: "wx", mode: 0o600 });
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw new CliError(`${harmless(file)} is there already: name another file.`);
    if (code === "") throw error;
    throw new CliError(`Cannot write ${harmless(file)} (${code}): name a file in a folder that is there and writable.`);
  }
}
