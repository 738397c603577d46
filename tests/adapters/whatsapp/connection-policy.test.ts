import { expect, test } from "vitest";
import { afterEnding, pairingFailure } from "../../../adapters/whatsapp/connection-policy.ts";

test.each([
  [401, "erase", "logged out on the phone: run `parley whatsapp link`"],
  [403, "erase", "WhatsApp has locked this number out"],
  [402, "slowly", "banned"],
  [405, "slowly", "Parley needs an update"],
  [440, "yield", "another program uses this link"],
  [515, "at-once", "new connection"],
  [408, "back-off", "out of reach"],
  [428, "back-off", "out of reach"],
  [500, "back-off", "out of reach"],
  [503, "back-off", "out of reach"],
  [999, "back-off", "out of reach"],
])("code %i leads to %s", (code, next, reason) => {
  const consequence = afterEnding({ by: "whatsapp", code });
  expect(consequence.next).toBe(next);
  expect(consequence.reason).toContain(reason);
});

test("a new connection that WhatsApp wants replaced at once is an outage", () => {
  const consequence = afterEnding({ by: "whatsapp", code: 515 }, { restarted: true });
  expect(consequence).toEqual({ next: "back-off", reason: "WhatsApp is out of reach, trying again: code 515" });
});

test.each([401, 403, 440, 503])("a refusal of HTTP's with %i never costs the link", (code) => {
  expect(afterEnding({ by: "http", code })).toMatchObject({
    next: "back-off",
    reason: expect.stringContaining("HTTP"),
  });
  expect(pairingFailure({ by: "http", code }, false).code).toBe("unreachable");
});

test("whatever else ends a connection, it is tried again, and the operator reads why", () => {
  expect(afterEnding({ by: "vault" })).toMatchObject({ next: "back-off", reason: expect.stringContaining("store") });
  expect(afterEnding({ by: "gateway" })).toMatchObject({ next: "back-off", reason: expect.stringContaining("taken") });
  expect(afterEnding({ by: "crash" })).toMatchObject({ next: "back-off", reason: expect.stringContaining("crashed") });
  expect(afterEnding({ by: "us" }).next).toBe("end");
});

test("a pairing that failed is told apart by whose fault it was", () => {
  const code = (status: number, shown = true) => pairingFailure({ by: "whatsapp", code: status }, shown).code;
  expect(code(408)).toBe("timed-out");
  expect(code(408, false)).toBe("unreachable");
  expect(code(503)).toBe("unreachable");
  expect(code(401)).toBe("refused");
  expect(code(405)).toBe("refused");
  expect(pairingFailure({ by: "us" }, true).code).toBe("aborted");
});
