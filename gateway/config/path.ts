/** The way to a setting: names of keys and positions in lists. */
export type Path = readonly (string | number)[];

/** Stands in a path for whatever name people choose there. */
export const ANY_NAME = "<name>";

/** `telegram.mode`, `owners[1]`; a key with other characters than a setting's name has is quoted: `["a.b"]`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number" || !/^([\w-]+|<name>)$/.test(step)) return `${text}[${JSON.stringify(step)}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");
}

/** A value as people write it, with keys and items still to be checked. Its objects have no prototype. */
export type RawSection = { [key: string]: unknown };

export function isSection(value: unknown): value is RawSection {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object on which every key, `__proto__` too, is an ordinary key. */
export function emptySection(): RawSection {
  return Object.create(null);
}

export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (Array.isArray(value)) value = value[Number(step)];
    else if (isSection(value) && Object.hasOwn(value, step)) value = value[step];
    else return undefined;
  }
  return value;
}

/** The sections of both, key by key; where they disagree `upper` counts. */
export function mergeSections(lower: RawSection, upper: RawSection): RawSection {
  const merged = Object.assign(emptySection(), lower);
  for (const [key, value] of Object.entries(upper)) {
    const below = merged[key];
    merged[key] = isSection(below) && isSection(value) ? mergeSections(below, value) : value;
  }
  return merged;
}
