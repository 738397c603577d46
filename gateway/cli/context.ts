import type { Compaction, NumberedMessage } from "../../sessions/compactions.ts";
import type { Store } from "../../sessions/store.ts";
import { decodeKey } from "../../strategies/key.ts";
import { loadConfig } from "../config/load.ts";
import { saidText } from "../export-text.ts";
import { parseChatName } from "./chat-name.ts";
import { knownChat } from "./known-chat.ts";
import { iso, report } from "./report.ts";
import { CliError, type JsonOption, type Surroundings } from "./surroundings.ts";
import { harmless, harmlessLines, table } from "./table.ts";
import { visit } from "./visit.ts";

/** How long the open conversations are for the model, of all chats or of one; of a single one also how it was made shorter. */
export async function context(around: Surroundings, named: string | undefined, options: JsonOption): Promise<number> {
  const { dataDir, agent } = loadConfig(around);
  const key = named !== undefined && decodeKey(named) !== null ? named : undefined;
  const chat = named === undefined || key !== undefined ? undefined : parseChatName(named);
  return visit(dataDir, async (store) => {
    if (key !== undefined) return await one(around, store, key, agent.contextTokens, options);
    const sessions = await store.sessions(chat && { chatRef: (await knownChat(store, chat)).ref });
    const value = await Promise.all(sessions.map((session) => sizeOf(store, session.key, agent.contextTokens)));
    return report(around, options, {
      value,
      lines() {
        if (value.length === 0) return [`There is no open conversation${chat === undefined ? "" : " there"}.`];
        const rows = value.map((each) => [
          each.key,
          each.tokens === null ? "not known" : String(each.tokens),
          shareText(each.share),
          String(each.compactions),
          each.method ?? "",
          each.at ?? "",
        ]);
        return table(["SESSION", "TOKENS", "OF WINDOW", "COMPACTIONS", "LATEST", "AT"], rows);
      },
    });
  });
}

/** What is known of a session's length; `null` stands for what is not. */
async function sizeOf(store: Store, key: string, window: number) {
  const { tokens = 0, compactions = 0 } = (await store.contextSize(key)) ?? {};
  const [latest] = await store.compactions(key);
  return {
    key,
    tokens: tokens === 0 ? null : tokens,
    share: tokens === 0 ? null : Math.round((1_000 * tokens) / window) / 1_000,
    compactions,
    method: latest?.method ?? null,
    at: latest === undefined ? null : iso(latest.at),
  };
}

async function one(around: Surroundings, store: Store, key: string, window: number, options: JsonOption) {
  if ((await store.contextSize(key)) === null) {
    throw new CliError(`There is no open conversation "${harmless(key)}": \`parley context\` lists those there are.`);
  }
  const { tokens, share } = await sizeOf(store, key, window);
  const compactions = await store.compactions(key);
  return report(around, options, {
    value: { key, tokens, share, compactions: compactions.map(compactionJson) },
    *lines() {
      yield tokens === null
        ? "How long it is is not known until the next answer."
        : `${tokens} tokens, ${shareText(share)} of the model's window.`;
      if (compactions.length === 0) yield "It was never made shorter.";
      else {
        yield* table(
          ["ID", "AT", "METHOD", "MODEL", "TOKENS", "ASKED BY"],
          compactions.map(({ id, at, method, model = "", tokensBefore, tokensAfter, askedBy = "" }) => [
            String(id),
            iso(at),
            method,
            model,
            `${tokensBefore} → ${tokensAfter}`,
            askedBy,
          ]),
        );
      }
    },
  });
}

/** One compaction: the summary, and if wanted all that it stands for, as it was said. */
export async function show(
  around: Surroundings,
  id: string,
  options: JsonOption & { messages?: boolean },
): Promise<number> {
  if (!/^[1-9]\d{0,14}$/.test(id)) {
    throw new CliError(`"${harmless(id)}" is no id of a compaction: \`parley context SESSION\` shows them.`);
  }
  const { dataDir } = loadConfig(around);
  return visit(dataDir, async (store) => {
    const found = await store.compacted(Number(id));
    if (found === null)
      throw new CliError(`There is no compaction ${id}: \`parley context SESSION\` shows those of one.`);
    const { key, compaction, messages } = found;
    const { summary, upTo, clearedTo } = compaction;
    return report(around, options, {
      value: {
        ...compactionJson(compaction),
        key,
        upTo: upTo ?? null,
        clearedTo,
        summary: summary ?? null,
        messages: options.messages ? messages.map(messageJson) : null,
      },
      *lines() {
        yield `Compaction ${id} of ${harmless(key)}, ${iso(compaction.at)}`;
        yield howText(compaction);
        yield `Results of tools are left out up to message ${clearedTo}.`;
        if (summary !== undefined) yield* ["", `Messages up to ${upTo} are given as:`, "", harmlessLines(summary)];
        if (options.messages) yield* messages.flatMap(messageLines);
      },
    });
  });
}

function compactionJson({ id, at, method, model, tokensBefore, tokensAfter, askedBy }: Compaction) {
  return {
    id: String(id),
    at: iso(at),
    method,
    model: model ?? null,
    tokensBefore,
    tokensAfter,
    askedBy: askedBy ?? null,
  };
}

const METHODS: Readonly<Record<Compaction["method"], string>> = {
  provider: "Summed up by the model's provider",
  model: "Summed up by the model",
  excerpt: "An excerpt, made without a model",
  cleared: "Nothing but results of tools was left out",
};

function howText({ method, model, tokensBefore, tokensAfter, askedBy }: Compaction): string {
  const by = model === undefined ? "" : ` (${harmless(model)})`;
  const why = askedBy === undefined ? "" : `, asked for by ${harmless(askedBy)}`;
  return `${METHODS[method]}${by}${why}: ${tokensBefore} tokens before, ${tokensAfter} after.`;
}

function messageJson({ seq, role, author, content }: NumberedMessage) {
  return { seq, role, author: author ?? null, content };
}

/** As people read it: without what only the model or its provider understands. */
function messageLines({ seq, role, author, content }: NumberedMessage): string[] {
  const text = saidText(content, role === "user");
  if (text === "") return [];
  const who =
    role === "assistant"
      ? "answer"
      : `${harmless(author?.name ?? "somebody")}${author === undefined ? "" : ` (${harmless(author.id)})`}`;
  return ["", `[${seq}] ${who}:`, harmlessLines(text)];
}

function shareText(share: number | null): string {
  return share === null ? "" : `${Math.round(100 * share)} %`;
}
