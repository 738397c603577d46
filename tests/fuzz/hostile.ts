import fc from "fast-check";

/** Names that mean something to JavaScript, and those of JSON that programs like to trust. */
const NAMES = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "then", "length", "", "id", "0"];

const TEXTS = [
  "",
  " ",
  "0",
  "-1",
  "null",
  "\u0000",
  "\ud800",
  "\udfff\ud800",
  "a\ud83d",
  "\u202e",
  "\r\n",
  "undefined",
  "[object Object]",
  "99999999999999999999",
  "1e5",
  "🇩🇪",
  "x".repeat(70_000),
  "\u0000\ud800".repeat(600),
  "@parley_bot ".repeat(400),
  ...NAMES,
];

/** As JSON can say them: `1e999` is read as infinity. */
const NUMBERS = [0, -0, 1, -1, 0.5, 1e21, -1e21, 1e308, Infinity, -Infinity, 2 ** 31, 2 ** 53, -(2 ** 53), 8.64e15 + 1];

export const hostileText = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ maxLength: 20 }),
);

const UNSPEAKABLE = { toString: 1, valueOf: 1, toJSON: 1 };

/** Deeper than any honest payload, by lists or by objects. */
function nest(depth: number, list: boolean): unknown {
  let value: unknown = null;
  for (let n = 0; n < depth; n++) value = list ? [value] : { a: value };
  return value;
}

const leaf = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<unknown>(null, true, false, ...NUMBERS) },
  { weight: 3, arbitrary: hostileText },
  { weight: 1, arbitrary: fc.double() },
  { weight: 1, arbitrary: fc.constantFrom<unknown>({}, [], [[]], [null], nest(200, true), nest(200, false)) },
  // What cannot be compared, written or measured.
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(UNSPEAKABLE, { length: UNSPEAKABLE }, { length: 1e9 }),
  },
);

/** What JSON can hold, where something else was expected. */
export const hostileValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 6, arbitrary: leaf },
    { weight: 1, arbitrary: fc.array(tie("value"), { maxLength: 4 }) },
    {
      weight: 1,
      arbitrary: fc
        .array(fc.tuple(fc.oneof(fc.constantFrom(...NAMES), fc.string()), tie("value")), { maxLength: 4 })
        .map((entries) => {
          const object = {};
          for (const [name, value] of entries) put(object, name, value);
          return object;
        }),
    },
  ),
})).value;

/** Set a field as a parser of JSON does: `__proto__` is a name like others. */
export function put(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

export const hostileName = fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 8 }));
