import type { CommandCall, InboundMessage, Platform } from "../../../adapters/record.ts";
import type { Dice } from "../dice.ts";
import { ACCOUNTS, privateChat } from "./world.ts";

/** Ids that are meant to be taken for something else: other people, other platforms', chats, keys, nothing. */
export const USERS = [
  "1",
  "2",
  "3",
  "4",
  "5",
  "1:2",
  "2:user:1",
  "..",
  "",
  "-100",
  "dm-1",
  "telegram:1",
  "%31",
  "phone-4",
  "__proto__",
] as const;

/** Of people who are known by more than one id; some say that they are somebody else, as a platform would have to. */
const ALIASES: ReadonlyMap<string, readonly string[]> = new Map([
  ["4", ["phone-4"]],
  ["5", ["phone-5", ""]],
  ["3", ["1"]],
]);

const GROUPS = [
  { id: "-100", kind: "group" },
  { id: "-200", kind: "group" },
  { id: "room", kind: "channel", guildId: "g1" },
  { id: "hall", kind: "channel", guildId: "g1" },
  { id: "1", kind: "channel", guildId: "g2" },
] as const;

const THREADS = ["7", "8", "private", "-100", "7:user:1"];

export const SETTING_VALUES: ReadonlyArray<readonly [string, readonly string[]]> = [
  ["threads", ["per-user", "shared", "SHARED", "x"]],
  ["addressing", ["mention", "always"]],
  ["busy", ["collect", "steer", "interrupt", "none"]],
  ["compaction", ["0.5", "80%", "7"]],
  ["compactionTokens", ["50000", "999", "-1"]],
  ["ambient", ["recent", "off", "all"]],
  ["tools", ["none", "now, recall", "../etc"]],
  ["maxAgeMs", ["2d", "12h", "1s"]],
  ["extraPrompt", ["prompt-canary be kind", "prompt-canary -- drop"]],
  ["model", ["claude-x", "../etc", "a b"]],
  ["userTokensPerDay", ["1000000", "none", "-1"]],
  ["userRunsPerDay", ["100000", "none"]],
  ["chatTokensPerDay", ["1000000", "0"]],
  ["chatRunsPerDay", ["100000", "1e9"]],
  ["strategy", ["shared", "per-user"]],
  ["fork", ["per-user:1:1:1"]],
  ["__proto__", ["x"]],
  ["constructor", ["x"]],
];

export interface CaseContext {
  /** Codes that were made, rightful ones among them. */
  codes: readonly string[];
  claimCode: string;
  /** What somebody is being asked, and where. */
  question: { platform: string; account: string; chat: string; userId: string; code: string } | undefined;
  /** What was said before this. */
  previous: InboundMessage | undefined;
}

/** One thing that somebody does somewhere; now and then an answer to what was offered last, by whomever. */
export function randomMessage(dice: Dice, n: number, mark: string, context: CaseContext): InboundMessage {
  const { previous } = context;
  const message = anything(dice, n, mark, context);
  const { question } = context;
  if (question !== undefined && dice.chance(50)) return answering(dice, n, message, question);
  const asks = ["strategy", "forget", "block"].includes(previous?.command?.name ?? "");
  if (previous === undefined || !dice.chance(asks ? 70 : 15)) return message;
  // Nobody else writes in somebody's private chat.
  const { user } = previous.source.chat.kind === "dm" || dice.chance(60) ? previous.source : message.source;
  const { platform, account, chat, thread } = dice.chance(80)
    ? previous.source
    : { ...message.source, chat: previous.source.chat };
  const { command: _, replyToken: _token, private: _private, ...rest } = message;
  const undone = previous.command?.name === "block" ? { name: "unblock", args: previous.command.args } : undefined;
  const said = undone ?? dice.pick(["1", "2", { name: "confirm", args: "" }, { name: "confirm", args: "" }]);
  return {
    ...rest,
    text: typeof said === "string" ? said : `/${said.name}`,
    ...(typeof said !== "string" && { command: said }),
    source: {
      platform,
      account,
      chat,
      ...(thread === undefined ? {} : { thread }),
      user,
      messageId: `m${n}`,
      sentAt: 0,
    },
  };
}

/** A word on what somebody is asked, by them or by anybody else. */
function answering(
  dice: Dice,
  n: number,
  message: InboundMessage,
  { platform, account, chat, userId, code }: NonNullable<CaseContext["question"]>,
): InboundMessage {
  const group = GROUPS.find(({ id }) => id === chat);
  const isTheirs = group === undefined || dice.chance(60);
  const other = { id: dice.pick(USERS.slice(0, 5)), name: "Other", isBot: false };
  const name = dice.pick(["approve", "approve", "deny"]);
  const args = dice.pick([code, code.toLowerCase(), ""]);
  const isNumber = dice.chance(20);
  return {
    text: isNumber ? dice.pick(["1", "2"]) : `/${name} ${args}`,
    attachments: [],
    addressed: true,
    ...(!isNumber && { command: { name, args } }),
    source: {
      ...message.source,
      platform: platform as Platform,
      account,
      chat: group === undefined ? { id: chat, kind: "dm" } : { ...group },
      user: isTheirs ? { id: userId, name: `Name ${userId}`, isBot: false } : other,
      messageId: `m${n}`,
    },
  };
}

function anything(dice: Dice, n: number, mark: string, context: CaseContext): InboundMessage {
  const [platform, account] = dice.pick(ACCOUNTS);
  const user = dice.chance(85) ? dice.pick(USERS.slice(0, 5)) : dice.pick(USERS);
  const aliases = ALIASES.get(user);
  const isPrivate = dice.chance(30);
  const chat = isPrivate ? { id: privateChat(user), kind: "dm" as const } : dice.pick(GROUPS);
  const inThread = !isPrivate && dice.chance(25);
  const command = dice.chance(25) ? undefined : randomCommand(dice, platform, context);
  const isNumber = command === undefined && dice.chance(25);
  const isSlash = platform === "discord" && command !== undefined && dice.chance(50);
  const quoted = dice.pick(USERS);
  return {
    text: command !== undefined ? `/${command.name} ${command.args}` : isNumber ? String(dice.roll(14)) : mark,
    attachments: [],
    addressed: isPrivate || isNumber || dice.chance(85),
    ...(command === undefined ? {} : { command }),
    ...(dice.chance(20) && {
      replyTo: {
        messageId: `m${dice.roll(n + 1)}`,
        userId: quoted,
        userName: "Q",
        text: "words",
        fromSelf: dice.chance(20),
      },
    }),
    ...(isSlash && { private: true, replyToken: `token-${n}` }),
    source: {
      platform,
      account,
      chat: { ...chat },
      ...(inThread && {
        thread: { id: dice.pick(THREADS), kind: dice.chance(70) ? ("native" as const) : ("reply-chain" as const) },
      }),
      user: {
        id: user,
        name: `Name ${user}`,
        isBot: dice.chance(1),
        ...(aliases === undefined ? {} : { aliases: [...aliases] }),
      },
      messageId: `m${n}`,
      sentAt: 0,
    },
  };
}

function randomCommand(dice: Dice, platform: Platform, { codes, claimCode }: CaseContext): CommandCall {
  const someCode = () =>
    dice.pick([...codes.slice(-4), ...codes.slice(-4), "ABCD-2345", claimCode, "", "'; DROP TABLE audit; --"]);
  const someUser = () => {
    const id = dice.chance(75) ? dice.pick(USERS.slice(0, 5)) : dice.pick(USERS);
    return dice.pick([id, id, id, `${platform}:${id}`, `discord:${id}`, `<@${id}>`, `${id} ${id}`, ""]);
  };
  const flags = (...from: string[]) =>
    from.map((flag) => (dice.chance(flag === "--here" ? 25 : 8) ? ` ${flag}` : "")).join("");
  const consent = dice.chance(50) ? " --confirm" : "";
  switch (dice.roll(24)) {
    case 0:
    case 1:
    case 2:
    case 3: {
      const [name, values] = dice.pick(SETTING_VALUES);
      const value = dice.chance(15) ? "reset" : dice.chance(10) ? "" : dice.pick(values);
      return { name: "settings", args: `${name} ${value}${flags("--here", "--server", "--platform", "--x")}` };
    }
    case 4:
    case 5:
    case 6: {
      const name = dice.pick(["shared", "per-user", "per-thread", "tagged-hybrid", "reset", "bogus", ""]);
      return { name: "strategy", args: `${name}${consent}${flags("—fork", "--fork", "--here", "--fresh")}` };
    }
    case 7:
      return { name: "confirm", args: dice.pick(["", "x"]) };
    case 8:
    case 9:
    case 10:
      return {
        name: "pair",
        args: `${dice.pick(["approve", "approve", "approve", "dismiss", "", "list"])} ${someCode()}${flags("--server")}`,
      };
    case 11:
      return { name: "block", args: someUser() };
    case 12:
      return { name: "unblock", args: someUser() };
    case 13:
      return { name: "claim", args: dice.chance(50) ? claimCode : someCode() };
    case 14:
    case 21:
    case 22:
      return { name: "stop", args: dice.pick(["", "all", "ALL", "1"]) };
    case 15:
      return { name: "new", args: dice.pick(["", "agent:main:telegram:group:-100"]) };
    case 16:
      return { name: "forget", args: dice.pick(["", "--confirm", "--confirm 1", "all"]) };
    case 17:
      return { name: "export", args: dice.pick(["", "all", "1", "telegram:2"]) };
    case 18:
      return {
        name: dice.pick(["queue", "why", "status", "help", "settings", "cancel"]),
        args: dice.pick(["", "2", "all"]),
      };
    case 19:
      return { name: "usage", args: dice.pick(["", "chat", "chat 2", "1"]) };
    case 20:
      return { name: "settings", args: dice.pick(["extraPrompt", "model", "", "nothing"]) };
    default:
      return {
        name: dice.pick(["__proto__", "constructor", "toString", "Settings", "stop--", ""]),
        args: "all --confirm",
      };
  }
}
