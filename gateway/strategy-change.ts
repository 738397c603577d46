import type { ChatInfo } from "../sessions/inbox.ts";
import type { Router } from "../sessions/router.ts";
import type { ChatSettings } from "../sessions/settings.ts";
import type { Author } from "../sessions/transcript.ts";
import { listed } from "./words.ts";

/** A change of strategy in a place, before it is made. */
export interface StrategyChange {
  chat: ChatInfo;
  /** Of a native thread, if only that is to change. */
  threadId?: string | undefined;
  /** People who have written there, in any order. */
  people: readonly Author[];
  before: ChatSettings;
  after: ChatSettings;
  /** Whether conversations of one person begin with a copy of the one that is shared until then. */
  fork: boolean;
}

/** Who talks with whom: each person's session, and those who begin anew with every question. */
interface Shape {
  sessions: ReadonlyMap<string, string>;
  /** True if every question outside of a thread begins a conversation of its own. */
  perQuestion: boolean;
  /** True if several people can write into a session. */
  shared: boolean;
}

/** Somebody to try a plan with where fewer than two people are known. */
const ANYBODY: readonly Author[] = [
  { id: "-1", name: "" },
  { id: "-2", name: "" },
];

/**
 * What a change means for people and for what was said, in sentences for the admin who is to confirm it. Found out by
 * asking both strategies for the plans of the people who are there, so it holds for strategies of one's own as well.
 *
 * @param name how a name of a person is written
 */
export function explainChange(
  router: Pick<Router, "plan">,
  change: StrategyChange,
  name: (raw: string) => string,
): string {
  const known = change.people.length >= 2;
  const people = known ? change.people : ANYBODY;
  const before = shapeOf(router, { ...change, people }, change.before);
  const after = shapeOf(router, { ...change, people }, change.after);
  const together = (group: readonly Author[]) => (known ? listed(group.map((each) => name(each.name))) : "People here");
  const sentences: string[] = [];
  if (after.perQuestion && !before.perQuestion) {
    sentences.push(
      "Every new question will begin a conversation of its own, in a thread or a chain of replies, which others can join.",
    );
  }
  if (before.perQuestion && !after.perQuestion) {
    sentences.push("New questions will no longer begin conversations of their own.");
  }
  for (const group of groupsIn(before, people)) {
    if (!isOneGroup(group, after)) sentences.push(`${together(group)} will no longer share a conversation.`);
  }
  const were = groupsIn(before, people).map(idsOf);
  for (const group of groupsIn(after, people)) {
    if (!were.includes(idsOf(group))) {
      sentences.push(
        `${together(group)} will share one conversation: each can learn from it what the others have said.`,
      );
    }
  }
  sentences.push(...inThreads(router, change));
  if (sentences.length === 0) sentences.push("Who shares a conversation with whom stays as it is.");
  sentences.push("What is being answered or waits is finished as it was planned.");
  sentences.push(historyOf(before, after, change.fork));
  return sentences.join(" ");
}

/** A chat's choice holds in its threads as well, where it can mean something else. */
function inThreads(router: Pick<Router, "plan">, change: StrategyChange): string[] {
  if (change.threadId !== undefined) return [];
  const inside = { ...change, people: ANYBODY, threadId: "1" };
  const before = shapeOf(router, inside, change.before).shared;
  const after = shapeOf(router, inside, change.after).shared;
  if (before === after) return [];
  return after
    ? ["Inside a thread everybody will share one conversation."]
    : ["Inside a thread everybody will have a conversation of their own."];
}

/** The key of the conversation that can be taken along; undefined where none is shared, or the next one is shared too. */
export function forkSource(
  router: Pick<Router, "plan">,
  change: Omit<StrategyChange, "fork" | "people">,
): string | undefined {
  const [anybody] = ANYBODY;
  if (anybody === undefined || change.chat.kind === "dm") return undefined;
  const before = planOf(router, change, change.before, anybody, "1");
  const after = planOf(router, change, change.after, anybody, "1");
  const shared = before.attribution === "tagged" && before.thread === "stay";
  return shared && after.attribution === "none" ? before.session : undefined;
}

function historyOf(before: Shape, after: Shape, fork: boolean): string {
  if (fork) {
    return (
      "Everybody's own conversation will begin with a copy of the one that is shared until now; whoever had one of " +
      "their own before gets that back."
    );
  }
  const kept = "What was said so far is kept and comes back if you switch back; what is new begins empty";
  return after.shared && !before.shared
    ? `${kept}: nothing of what people said in conversations of their own comes into a shared one.`
    : `${kept}, or where it was left.`;
}

function shapeOf(router: Pick<Router, "plan">, change: Omit<StrategyChange, "fork">, settings: ChatSettings): Shape {
  const sessions = new Map<string, string>();
  let perQuestion = false;
  let shared = false;
  for (const person of change.people) {
    const plan = planOf(router, change, settings, person, "1");
    const again = planOf(router, change, settings, person, "2");
    if (again.session !== plan.session) perQuestion = true;
    else sessions.set(person.id, plan.session);
    shared ||= plan.attribution === "tagged";
  }
  return { sessions, perQuestion, shared };
}

function planOf(
  router: Pick<Router, "plan">,
  { chat, threadId }: Pick<StrategyChange, "chat" | "threadId">,
  settings: ChatSettings,
  { id, name }: Author,
  messageId: string,
) {
  const { platform, account, kind, guildId } = chat;
  const thread = threadId === undefined ? {} : { thread: { id: threadId, kind: "native" as const } };
  const place = { id: chat.id, kind, ...(guildId === undefined ? {} : { guildId }) };
  return router.plan(
    { platform, account, chat: place, ...thread, user: { id, name, isBot: false }, messageId, sentAt: 0 },
    settings,
  );
}

/** People who share a session with one another. */
function groupsIn({ sessions }: Shape, people: readonly Author[]): Author[][] {
  const groups = Map.groupBy(
    people.filter(({ id }) => sessions.has(id)),
    ({ id }) => sessions.get(id),
  );
  return [...groups.values()].filter((group) => group.length > 1);
}

function idsOf(group: readonly Author[]): string {
  return JSON.stringify(group.map(({ id }) => id));
}

function isOneGroup(group: readonly Author[], { sessions }: Shape): boolean {
  const first = sessions.get(group[0]?.id ?? "");
  return first !== undefined && group.every(({ id }) => sessions.get(id) === first);
}
