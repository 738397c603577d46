import { expect, test } from "vitest";
import { hashCode, newCode, readCode, showCode } from "../../gateway/codes.ts";

test("a code has eight characters that nobody mistakes for others", () => {
  for (let i = 0; i < 500; i++) expect(newCode()).toMatch(/^[2-9A-HJ-NP-Z]{8}$/);
});

test("codes come from the source of randomness, each character from all of the alphabet", () => {
  const asked: number[] = [];
  expect(
    newCode((below) => {
      asked.push(below);
      return below - 1;
    }),
  ).toBe("ZZZZZZZZ");
  expect(new Set(asked)).toEqual(new Set([32]));
});

test("a code is read however it is written", () => {
  const code = newCode();
  expect(readCode(showCode(code).toLowerCase())).toBe(code);
  expect(readCode(` ${code.slice(0, 3)} ${code.slice(3)}\n`)).toBe(code);
  expect(hashCode(showCode(code))).toBe(hashCode(code));
  expect(hashCode(code)).not.toContain(code);
});
