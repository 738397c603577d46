import { expect, test } from "vitest";
import { SendError } from "../../adapters/adapter.ts";
import { DiscordError, toSendError as fromDiscord } from "../../adapters/discord/errors.ts";
import { BotApiError, toSendError as fromTelegram } from "../../adapters/telegram/errors.ts";
import { notConnected, sendErrorOf } from "../../adapters/whatsapp/errors.ts";
import { fromFailure, toFailure } from "../../adapters/whatsapp/failures.ts";
import { verdictOn } from "../../gateway/send-verdict.ts";
import type { PendingChunk } from "../../sessions/outbox.ts";

const HOUR = 3_600_000;
const CALM = { before: 0, maxFailures: 20, isTooOld: false };

function chunk(changes: Partial<PendingChunk> = {}): PendingChunk {
  return {
    deliveryId: 1,
    chatRef: 1,
    to: { platform: "telegram", account: "default", chatId: "c" },
    index: 0,
    key: "k",
    text: "text",
    plain: "text",
    takesBack: false,
    opened: false,
    isAnswer: true,
    uncertain: false,
    crashes: 0,
    doubts: 0,
    failures: 0,
    faults: 0,
    since: 0,
    ...changes,
  };
}

test("a platform that answers with failures has almost an hour, with pauses of five minutes at most", () => {
  const error = new SendError("temporary", "500", { answered: true });
  const pauses: number[] = [];
  for (let failures = 0; ; failures++) {
    const verdict = verdictOn(error, chunk({ failures }), CALM);
    if (verdict.kind !== "again") {
      expect(verdict).toEqual({ kind: "park", failure: { code: "failing", answered: true, doubtful: false } });
      break;
    }
    pauses.push(verdict.afterMs);
  }
  expect(pauses).toHaveLength(19);
  expect(pauses.slice(0, 3)).toEqual([1_000, 2_000, 4_000]);
  expect(Math.max(...pauses)).toBe(300_000);
  expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(0.95 * HOUR);
});

test("what cannot be reached is tried every minute, and leaves no trace", () => {
  const error = new SendError("temporary", "connection refused");
  for (const before of [6, 60, 6_000]) {
    expect(verdictOn(error, chunk(), { ...CALM, before })).toEqual({ kind: "again", afterMs: 60_000 });
  }
});

test("a wait that the platform asks for is never so long that a timer cannot hold it", () => {
  const error = new SendError("rate-limited", "slow down", { retryAfterMs: 3_000_000_000_000 });
  expect(verdictOn(error, chunk(), CALM)).toEqual({ kind: "again", afterMs: 24 * HOUR });
});

test("what has been tried for a day is parked as expired, but what is refused stays refused", () => {
  const tooOld = { ...CALM, isTooOld: true };
  for (const [error, code] of [
    [new SendError("temporary", "x"), "expired"],
    [new SendError("rate-limited", "x"), "expired"],
    [new SendError("refused", "x"), "refused"],
    [new SendError("chat-gone", "x"), "chat-gone"],
  ] as const) {
    expect(verdictOn(error, chunk(), tooOld)).toMatchObject({ kind: "park", failure: { code } });
  }
});

test("the platforms tell a failure of their own from no answer", () => {
  const telegram = (status?: number) =>
    fromTelegram(
      new BotApiError("sendMessage", "x", status === undefined ? {} : { refusal: { status, description: "x" } }),
    );
  const discord = (status?: number) =>
    fromDiscord(
      new DiscordError("sending", "x", status === undefined ? {} : { refusal: { status, reason: 0, fields: [] } }),
      {},
      true,
    );
  for (const answered of [
    telegram(500),
    telegram(502),
    discord(500),
    discord(503),
    sendErrorOf(500),
    sendErrorOf(503),
  ]) {
    expect(answered).toMatchObject({ code: "temporary", answered: true });
  }
  for (const silent of [telegram(), telegram(401), discord(), discord(401), sendErrorOf(408), notConnected()]) {
    expect(silent).toMatchObject({ code: "temporary", answered: false });
  }
});

test("an error keeps what it says on its way between threads", () => {
  const error = new SendError("temporary", "x", { answered: true, uncertain: true, retryAfterMs: 5 });
  expect(fromFailure(structuredClone(toFailure(error)))).toMatchObject({
    code: "temporary",
    answered: true,
    uncertain: true,
    retryAfterMs: 5,
  });
});
