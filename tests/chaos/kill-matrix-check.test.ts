import { describe, expect, test } from "vitest";
import { check, type Found, type Wanted } from "./kill-matrix-check.ts";

const wanted: Wanted = { answers: ["one", "two", /^three/], asks: ["a/1", "b/1"], aftermath: {}, hasKeys: false };
const found: Found = { said: ["one", "two", "three!"], asked: ["a/1", "b/1"], counted: 0 };

describe("what a kill has left", () => {
  test("is right if everything is there once, in order", () => {
    check(found, wanted);
    check({ ...found, said: ["one ", "two\n", "three."] }, wanted);
  });

  test.each<[string, Partial<Found>]>([
    ["a part is missing", { said: ["one", "three"] }],
    ["a part is not complete", { said: ["one", "tw", "three"] }],
    ["the order is another", { said: ["two", "one", "three"] }],
    ["there is more", { said: ["one", "two", "three", "four"] }],
    ["something stands twice", { said: ["one", "one", "two", "three"] }],
    ["something comes again later", { said: ["one", "two", "three", "one"] }],
    ["something is counted for nothing", { counted: 1 }],
    ["the model was never asked", { asked: ["a/1"] }],
    ["the model was asked again", { asked: ["a/1", "a/1", "b/1"] }],
  ])("is wrong if %s", (_, fault) => {
    expect(() => check({ ...found, ...fault }, wanted)).toThrow();
  });

  test("of a message on its way is that it is sent again and counted, and stands twice only where there are no keys", () => {
    const sending = { ...wanted, aftermath: { sending: "taken" as const } };
    const twice = { ...found, said: ["one", "two", "two", "three"], counted: 1 };
    check(twice, sending);
    expect(() => check({ ...twice, counted: 0 }, sending)).toThrow();
    expect(() => check({ ...twice, said: ["one", "two", "two", "two", "three"] }, sending)).toThrow();
    expect(() => check(twice, { ...sending, hasKeys: true })).toThrow();
    check({ ...found, counted: 1 }, { ...sending, hasKeys: true });
    expect(() => check(twice, { ...wanted, aftermath: { sending: "not taken" } })).toThrow();
  });

  test("of a step that was begun is that it is asked again, and no other", () => {
    const again = { ...wanted, aftermath: { again: "b/1" } };
    check({ ...found, asked: ["a/1", "b/1", "b/1"] }, again);
    expect(() => check({ ...found, asked: ["a/1", "a/1", "b/1"] }, again)).toThrow();
    expect(() => check({ ...found, asked: ["a/1", "b/1", "b/1", "b/1"] }, again)).toThrow();
  });

  test("where it is a matter of luck is one of these at most", () => {
    const any = { ...wanted, aftermath: { any: true } };
    check(found, any);
    check({ said: ["one", "one", "two", "three"], asked: ["a/1", "b/1", "b/1"], counted: 1 }, any);
    expect(() => check({ ...found, said: ["one", "one", "two", "three"] }, any)).toThrow();
    expect(() => check({ ...found, asked: ["a/1", "a/1", "b/1", "b/1"] }, any)).toThrow();
    expect(() => check({ ...found, counted: 2 }, any)).toThrow();
  });
});
