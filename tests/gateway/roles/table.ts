import type { Cast } from "./cast.ts";

export type Role = "owner" | "admin" | "member";

/** What the table's commands name: a code that waits, somebody to block, and the owner. */
export interface Names {
  code: string;
  victim: string;
  owner: string;
}

/** One form of a command, in the order in which a role tries all of them. */
export interface Row {
  say(names: Names): string;
  /** Whose command is done; `nobody`: this place or moment is not one for it, whoever asks. */
  for: "everybody" | "admins" | "owners" | "nobody";
  /** The answer to those for whom it is done. */
  done: RegExp;
  /** The answer to the others. */
  refused?: RegExp;
  /** Tables that are written where it is done, and how the audit calls it. */
  writes?: readonly string[];
  audited?: string;
  /** What has to be there first; what is returned ends it. */
  around?(cast: Cast): Promise<(() => Promise<void>) | undefined>;
  /** Only where it makes a difference. */
  on?: readonly string[];
}

const say = (text: string) => () => text;

const ADMINS_ONLY = /Only an admin of this chat/;
const OWNERS_ONLY = /Only an owner of this bot/;
/** For what is decided without asking the platform: a row costs a fifth of a second in a WhatsApp group. */
const QUICK = ["telegram", "discord", "web"];
const SET = { writes: ["audit", "settings"] } as const;

/** A run of somebody else that goes on until the command was tried. */
async function othersRun({ theatre: { claude }, other }: Cast): Promise<() => Promise<void>> {
  const gate = claude.hold();
  const before = claude.requests.length;
  const asked = await other.says("something long");
  await claude.waitForInFlight(1);
  return async () => {
    gate.release();
    await claude.requests[before]?.ended;
    if (claude.requests[before]?.aborted === true) return;
    await other.hears(/something long/, { answering: asked });
  };
}

/** The shared conversation holds something. */
async function conversation({ other }: Cast): Promise<undefined> {
  const asked = await other.says("remember apples");
  await other.hears(/apples/, { answering: asked });
}

const lookingOn: readonly Row[] = [
  { say: say("/help"), for: "everybody", done: /Write to me and I answer/ },
  { say: say("/start"), for: "everybody", done: /Write to me and I answer/, on: ["telegram"] },
  { say: say("/status"), for: "everybody", done: /Session:/, on: QUICK },
  { say: say("/queue"), for: "everybody", done: /Nobody waits/, on: QUICK },
  { say: say("/why"), for: "everybody", done: /Your conversation:/, on: QUICK },
  { say: say("/usage"), for: "everybody", done: /You, in all chats/, on: QUICK },
  { say: say("/usage everything"), for: "nobody", done: /shows your own/, on: QUICK },
  { say: say("/settings"), for: "everybody", done: /chatRunsPerDay/, on: QUICK },
  { say: say("/settings busy"), for: "everybody", done: /It takes collect, steer, interrupt/, on: QUICK },
  { say: say("/settings busi"), for: "nobody", done: /no setting .?busi/, on: QUICK },
  { say: say("/settings --everywhere busy steer"), for: "nobody", done: /I do not know .?--everywhere/, on: QUICK },
  { say: say("/settings strategy shared"), for: "nobody", done: /\/strategy.? changes that/, on: QUICK },
  { say: say("/approve"), for: "nobody", done: /nothing of yours to decide/, on: QUICK },
  { say: say("/approve 23456789"), for: "nobody", done: /no open question with that code/, on: QUICK },
  { say: say("/deny"), for: "nobody", done: /nothing of yours to decide/, on: QUICK },
  { say: say("/confirm"), for: "nobody", done: /nothing to confirm/ },
  { say: say("/cancel"), for: "nobody", done: /nothing to cancel/, on: QUICK },
];

/** A strategy that an admin is asked to confirm, and does, or leaves alone where that is not audited. */
function strategy(text: string, audited?: string, on?: readonly string[]): Row[] {
  const where = on === undefined ? {} : { on };
  const asked: Row = {
    say: say(`/strategy ${text}`),
    for: "admins",
    done: /Nothing is changed yet/,
    refused: ADMINS_ONLY,
    writes: ["offers"],
    // There is something that could be taken along.
    ...(text.includes("--fork") && { around: conversation }),
    ...where,
  };
  const left: Row = {
    say: say("/cancel"),
    for: "admins",
    done: /Nothing was changed/,
    refused: /nothing to cancel/,
    writes: ["offers"],
    ...where,
  };
  const agreed: Row = {
    say: say("/confirm"),
    for: "admins",
    done: text.includes("--fork") ? /begin with a copy/ : /From the next message on/,
    refused: /nothing to confirm/,
    writes: ["audit", "offers", "settings"],
    ...where,
  };
  return [asked, audited === undefined ? left : { ...agreed, audited }];
}

const owners: readonly Row[] = [
  {
    say: say("/settings model claude-haiku"),
    for: "owners",
    done: /model.? is .?claude-haiku/,
    refused: OWNERS_ONLY,
    audited: "setting model",
    ...SET,
  },
  {
    say: say("/settings model reset"),
    for: "owners",
    done: /not set in this chat/,
    refused: OWNERS_ONLY,
    audited: "setting model",
    ...SET,
  },
  ...["userTokensPerDay", "userRunsPerDay", "chatTokensPerDay", "chatRunsPerDay"].flatMap((name): Row[] =>
    ["100000", "reset"].map((value) => ({
      say: say(`/settings ${name} ${value}`),
      for: "owners",
      done: new RegExp(name),
      refused: OWNERS_ONLY,
      audited: `setting ${name}`,
      ...SET,
      on: QUICK,
    })),
  ),
  ...["collect", "reset"].map(
    (value): Row => ({
      say: say(`/settings busy ${value} --platform`),
      for: "owners",
      done: /on this platform/,
      refused: OWNERS_ONLY,
      audited: "setting busy",
      ...SET,
      on: QUICK,
    }),
  ),
  {
    say: say("/pair approve 23456789"),
    for: "owners",
    done: /no such code/,
    refused: OWNERS_ONLY,
    writes: ["code_trials"],
  },
  {
    say: ({ code }) => `/pair approve ${code}`,
    for: "owners",
    done: /Let in/,
    refused: OWNERS_ONLY,
    writes: ["access", "audit", "code_trials", "pairings"],
    audited: "pairing",
  },
  { say: say("/pair"), for: "owners", done: /Nobody asks/, refused: OWNERS_ONLY, on: QUICK },
  {
    say: say("/pair dismiss 23456789"),
    for: "owners",
    done: /no such code/,
    refused: OWNERS_ONLY,
    writes: ["code_trials"],
    on: QUICK,
  },
  { say: say("/pair everybody"), for: "owners", done: /shows who asks/, refused: OWNERS_ONLY, on: QUICK },
  {
    say: ({ victim }) => `/block ${victim}`,
    for: "owners",
    done: /Blocked:/,
    refused: OWNERS_ONLY,
    writes: ["access", "audit"],
    audited: "access",
  },
  {
    say: ({ victim }) => `/unblock ${victim}`,
    for: "owners",
    done: /not blocked any more/,
    refused: OWNERS_ONLY,
    writes: ["access", "audit"],
    audited: "access",
  },
  { say: ({ victim }) => `/unblock ${victim}`, for: "owners", done: /is not blocked/, refused: OWNERS_ONLY, on: QUICK },
  {
    say: ({ owner }) => `/block ${owner}`,
    for: "owners",
    done: /owner cannot be blocked/,
    refused: OWNERS_ONLY,
    on: QUICK,
  },
  { say: say("/block"), for: "owners", done: /Say whom/, refused: OWNERS_ONLY, on: QUICK },
];

/** In a group whose people share a conversation. */
export const inGroup: readonly Row[] = [
  ...lookingOn,
  { say: say("/usage chat"), for: "admins", done: /This chat, today/, refused: ADMINS_ONLY },
  {
    say: say("/settings busy steer"),
    for: "admins",
    done: /busy.? is .?steer/,
    refused: ADMINS_ONLY,
    audited: "setting busy",
    ...SET,
  },
  {
    say: say("/settings busy reset"),
    for: "admins",
    done: /not set in this chat/,
    refused: ADMINS_ONLY,
    audited: "setting busy",
    ...SET,
  },
  { say: say("/settings busy wildly"), for: "admins", done: /takes collect/, refused: ADMINS_ONLY, on: QUICK },
  { say: say("/settings busy steer --here"), for: "nobody", done: /This is no thread of its own/, on: QUICK },
  {
    say: say("/settings busy steer --server"),
    for: "nobody",
    done: /There is no server here/,
    on: ["telegram", "web"],
  },
  ...["steer", "reset"].map(
    (value): Row => ({
      say: say(`/settings busy ${value} --server`),
      for: "owners",
      done: /on this server/,
      refused: OWNERS_ONLY,
      audited: "setting busy",
      ...SET,
      on: ["discord"],
    }),
  ),
  ...[
    "threads shared",
    "addressing mention",
    "compaction 50%",
    "ambient recent",
    "maxAgeMs 2h",
    "extraPrompt Be brief.",
  ].flatMap((setting): Row[] =>
    [setting, `${setting.split(" ")[0]} reset`].map((text) => ({
      say: say(`/settings ${text}`),
      for: "admins",
      done: new RegExp(setting.split(" ")[0] ?? ""),
      refused: ADMINS_ONLY,
      audited: `setting ${setting.split(" ")[0]}`,
      ...SET,
      on: QUICK,
    })),
  ),
  // Everybody is shown it, and admins what to pick from.
  { say: say("/strategy"), for: "admins", done: /Strategy here/, refused: /Strategy here/, writes: ["offers"] },
  { say: say("/cancel"), for: "admins", done: /Nothing was changed/, refused: /nothing to cancel/, writes: ["offers"] },
  { say: say("/strategy everybody"), for: "nobody", done: /no strategy/, on: QUICK },
  { say: say("/strategy per-user --here"), for: "nobody", done: /This is no thread/, on: QUICK },
  ...strategy("per-user", undefined, QUICK),
  // Whoever says at once that it is agreed is asked all the same.
  ...strategy("per-user --confirm", "setting strategy"),
  ...strategy("reset", "setting strategy"),
  ...strategy("per-user --fork", "setting strategy, setting fork", QUICK),
  ...strategy("reset --confirm", "setting strategy, setting fork", QUICK),
  {
    say: say("/new"),
    for: "admins",
    done: /we start with nothing/,
    refused: /only an admin of this chat/,
    writes: ["audit", "sessions"],
    audited: "shared conversation",
    around: conversation,
  },
  { say: say("/stop"), for: "everybody", done: /nothing to stop/, on: QUICK },
  {
    say: say("/stop"),
    for: "admins",
    done: /Stopped\./,
    refused: /somebody else's/,
    writes: ["audit", "inbox", "journal", "runs"],
    audited: "answers stopped",
    around: othersRun,
  },
  {
    say: say("/stop all"),
    for: "admins",
    done: /Stopped\./,
    refused: ADMINS_ONLY,
    writes: ["audit", "inbox", "journal", "runs"],
    audited: "answers stopped",
    around: othersRun,
  },
  { say: say("/forget"), for: "everybody", done: /This erases your own/, writes: ["offers"], on: QUICK },
  { say: say("/cancel"), for: "everybody", done: /Nothing was changed/, writes: ["offers"], on: QUICK },
  // Nobody asks the group who owns the bot: where a row takes its time, private chats stand for all.
  ...owners.map((row) => (row.writes?.includes("code_trials") ? row : { ...row, on: QUICK })),
  { say: say("/claim 23456789"), for: "nobody", done: /is void|No code is valid|You are an owner/ },
];

/** In somebody's private chat: it is theirs, so they administer it. */
export const inPrivate: readonly Row[] = [
  ...lookingOn,
  { say: say("/statsu"), for: "nobody", done: /Did you mean .?\/status/, on: QUICK },
  { say: say("/usage chat"), for: "everybody", done: /in this chat today|This chat, today/ },
  { say: say("/settings busy steer"), for: "everybody", done: /is .?steer/, audited: "setting busy", ...SET },
  { say: say("/settings busy reset"), for: "everybody", done: /not set/, audited: "setting busy", ...SET },
  { say: say("/settings busy steer --here"), for: "nobody", done: /This is no thread of its own/, on: QUICK },
  { say: say("/strategy"), for: "everybody", done: /Strategy here/ },
  { say: say("/strategy shared --confirm"), for: "nobody", done: /A private chat is one conversation/ },
  { say: say("/new"), for: "everybody", done: /new conversation already/ },
  { say: say("/stop all"), for: "everybody", done: /nothing to stop/ },
  { say: say("/forget"), for: "everybody", done: /This erases your own/, writes: ["offers"], on: QUICK },
  { say: say("/cancel"), for: "everybody", done: /Nothing was changed/, writes: ["offers"], on: QUICK },
  { say: say("/export"), for: "everybody", done: /You have no conversation here/ },
  ...owners,
  { say: say("/claim 23456789"), for: "nobody", done: /No code is valid|You are an owner/ },
];

/** The rows that make sense on a platform. */
export function rowsOn(platform: string, rows: readonly Row[]): Row[] {
  return rows.filter(({ on }) => on === undefined || on.includes(platform));
}

/** Every command in its forms, for those who are not answered at all. */
export function everyCommand(platform: string): string[] {
  const texts = rowsOn(platform, [...inGroup, ...inPrivate]).map((row) =>
    row.say({ code: "23456789", victim: "1", owner: "2" }),
  );
  return [...new Map(texts.map((text) => [text.split(" ").slice(0, 2).join(" "), text])).values()];
}
