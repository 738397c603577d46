import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareSnowflakes, isSnowflake, snowflakeAt, snowflakeTime } from "../../../adapters/discord/ids.ts";
import { decodeReplyToken, encodeReplyToken } from "../../../adapters/discord/reply-token.ts";

const snowflake = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n });

describe("snowflakes", () => {
  it("tell when they were made", () => {
    expect(snowflakeTime("175928847299117063")).toBe(Date.parse("2016-04-30T11:18:25.796Z"));
  });

  it("the first id of a millisecond says that millisecond", () => {
    const time = fc.integer({ min: 1_420_070_400_001, max: 4_000_000_000_000 });
    const property = fc.property(time, (at) => {
      expect(snowflakeTime(snowflakeAt(at))).toBe(at);
    });
    fc.assert(property);
    expect(snowflakeAt(0)).toBe("0");
  });

  it("are ordered as numbers are, though they are strings that no double holds", () => {
    expect(compareSnowflakes("9007199254740993", "9007199254740992")).toBeGreaterThan(0);
    expect(compareSnowflakes("99999999999999999", "100000000000000000")).toBeLessThan(0);
    expect(compareSnowflakes("5", "5")).toBe(0);
    const property = fc.property(snowflake, snowflake, (one, other) => {
      expect(Math.sign(compareSnowflakes(String(one), String(other)))).toBe(one < other ? -1 : one > other ? 1 : 0);
    });
    fc.assert(property);
  });

  it.each(["1", "175928847299117063", "18446744073709551615"])("%s is one", (id) => {
    expect(isSnowflake(id)).toBe(true);
  });

  it.each([
    "",
    "0",
    "-1",
    "01",
    "1.5",
    "1e9",
    " 1",
    "1\n",
    "١",
    "18446744073709551616",
    "9".repeat(400),
    175928847299117063n,
    1,
    null,
    undefined,
    {},
  ])("%s is none", (value) => {
    expect(isSnowflake(value)).toBe(false);
  });
});

describe("reply tokens", () => {
  const reply = {
    applicationId: "700000000000000001",
    interactionId: snowflakeAt(1_760_000_000_000),
    token: 'a"W50:ZX, \u2028',
    userId: "500000000000000001",
    ephemeral: true,
    present: false,
    expiresAt: 1_760_000_900_000,
  };

  it("come back as they were", () => {
    expect(decodeReplyToken(encodeReplyToken(reply))).toEqual(reply);
  });

  it.each([
    "",
    "null",
    "{}",
    "[]",
    "7",
    '["1","2"]',
    '["x","2","t","3",true,true]',
    '["1","2",3,"4",true,true,5]',
    '["1","2","3","4",true,true]',
  ])("%s is none", (text) => {
    expect(decodeReplyToken(text)).toBeNull();
  });
});
