import fc from "fast-check";
import { hostileName, hostileValue, put } from "./hostile.ts";

type Change =
  | { kind: "replace"; value: unknown }
  | { kind: "remove" }
  | { kind: "rename"; name: string }
  | { kind: "repeat"; times: number }
  | { kind: "wrap"; list: boolean; depth: number }
  | { kind: "add"; name: string; value: unknown }
  /** Takes the place of another part of the same payload. */
  | { kind: "graft"; from: number };

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("replace" as const), value: hostileValue }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("remove" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rename" as const), name: hostileName }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("repeat" as const), times: fc.constantFrom(2, 25, 300) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("wrap" as const), list: fc.boolean(), depth: fc.constantFrom(1, 2, 50) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("add" as const), name: hostileName, value: hostileValue }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("graft" as const), from: fc.nat(10_000) }) },
);

/** Real payloads of which one to five parts are something else, gone, elsewhere or there many times. */
export function mutated<T>(payloads: readonly T[]): fc.Arbitrary<unknown> {
  const changes = fc.array(fc.tuple(fc.nat(10_000), change), { minLength: 1, maxLength: 5 });
  return fc.tuple(fc.constantFrom(...payloads), changes).map(([payload, all]) => {
    const holder = { payload: cloned(payload) };
    for (const [at, each] of all) apply(holder, at, each);
    return holder.payload;
  });
}

interface Place {
  holder: object;
  name: string;
}

function apply(root: object, at: number, each: Change): void {
  const places = placesIn(root);
  const place = places[at % places.length];
  if (place === undefined) return;
  const { holder, name } = place;
  const value = (holder as Record<string, unknown>)[name];
  switch (each.kind) {
    case "replace":
      put(holder, name, cloned(each.value));
      break;
    case "remove":
      remove(place);
      break;
    case "rename":
      if (!Array.isArray(holder)) {
        remove(place);
        put(holder, each.name, value);
      }
      break;
    case "repeat":
      if (sizeOf(value) * each.times > MAX_SIZE) break;
      if (Array.isArray(holder)) holder.push(...Array(each.times).fill(value));
      else put(holder, name, typeof value === "string" ? value.repeat(each.times) : Array(each.times).fill(value));
      break;
    case "wrap": {
      let wrapped = value;
      for (let n = 0; n < each.depth; n++) wrapped = each.list ? [wrapped] : { [name]: wrapped };
      put(holder, name, wrapped);
      break;
    }
    case "add":
      if (isHolder(value)) put(value, Array.isArray(value) ? String(value.length) : each.name, cloned(each.value));
      break;
    case "graft": {
      const source = places[each.from % places.length];
      const part = (source?.holder as Record<string, unknown> | undefined)?.[source?.name ?? ""];
      if (sizeOf(root) + sizeOf(part) <= MAX_SIZE) put(holder, name, cloned(part));
    }
  }
}

function remove({ holder, name }: Place): void {
  if (Array.isArray(holder)) holder.splice(Number(name), 1);
  else Reflect.deleteProperty(holder, name);
}

/** What comes out stays as large as something that a platform could send. */
const MAX_SIZE = 300_000;

/** About as many characters as its JSON would have, or more than `MAX_SIZE`. */
function sizeOf(value: unknown): number {
  let size = 0;
  const rest = [value];
  while (rest.length > 0 && size <= MAX_SIZE) {
    const next = rest.pop();
    size += typeof next === "string" ? next.length : 8;
    if (isHolder(next)) rest.push(...Object.values(next));
  }
  return size;
}

/** Most that are looked at: payloads grow with what is put into them. */
const MOST_PLACES = 2_000;

function placesIn(root: object): Place[] {
  const places: Place[] = [];
  const holders: object[] = [root];
  for (let next = holders.pop(); next !== undefined && places.length < MOST_PLACES; next = holders.pop()) {
    for (const name of Object.keys(next)) {
      places.push({ holder: next, name });
      const value = (next as Record<string, unknown>)[name];
      if (isHolder(value)) holders.push(value);
    }
  }
  return places;
}

/** What has parts that can be changed; bytes have none. */
function isHolder(value: unknown): value is object {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array);
}

/** Deep copies that keep bytes, down to a depth that no payload has. */
function cloned<T>(value: T, depth = 0): T {
  if (!isHolder(value)) return value;
  if (depth > 1_000) return null as T;
  if (Array.isArray(value)) return value.map((entry) => cloned(entry, depth + 1)) as T;
  const copy = {};
  for (const name of Object.keys(value)) {
    put(copy, name, cloned((value as Record<string, unknown>)[name], depth + 1));
  }
  return copy as T;
}
