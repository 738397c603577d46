import { expect, test } from "vitest";
import { explainBindError } from "../../../gateway/cli/bind-error.ts";

test.each([
  ["EADDRINUSE", "listen"],
  ["EACCES", "listen"],
  ["EADDRNOTAVAIL", "listen"],
  ["ENOTFOUND", "getaddrinfo"],
  ["EAI_AGAIN", "getaddrinfo"],
])("%s of %s is explained in one sentence that names what to change", (code, syscall) => {
  const said = explainBindError(Object.assign(new Error("failed"), { code, syscall })) ?? "";
  expect(said).toContain(code);
  expect(said).toMatch(/PARLEY_HOST.*PARLEY_PORT\.$/);
});

test("an error of a file is none of its business", () => {
  const error = Object.assign(new Error("failed"), { code: "EACCES", syscall: "open" });
  expect(explainBindError(error)).toBeUndefined();
  expect(explainBindError("EACCES")).toBeUndefined();
});
