import { expect, test } from "vitest";
import { isLoopback } from "../../../gateway/config/loopback.ts";

test.each(["localhost", "LocalHost", "127.0.0.1", "127.9.8.7", "::1", "[::1]", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"])(
  "%s is this machine alone",
  (host) => {
    expect(isLoopback(host)).toBe(true);
  },
);

test.each([
  "0.0.0.0",
  "::",
  "",
  "10.0.0.1",
  "127.0.0.1.example.org",
  "localhost.example.org",
  "::ffff:10.0.0.1",
  "127.1",
])("%j may be reached from elsewhere", (host) => {
  expect(isLoopback(host)).toBe(false);
});
