/**
 * Which calls are meant: a method and a path below `/api/v10` ("POST /channels/:channel/messages"), where a segment that
 * begins with a colon is any id or token; without a method, any method; or an expression over "METHOD /path".
 */
export type RoutePattern = string | RegExp;

export function fits(pattern: RoutePattern, method: string, path: string): boolean {
  if (pattern instanceof RegExp) return pattern.test(`${method} ${path}`);
  const wanted = pattern.startsWith("/") ? `${method} ${pattern}` : pattern;
  return matchPath(wanted, `${method} ${path}`) !== null;
}

/** The segments of the path that the pattern names, or null if it does not fit. */
export function matchPath(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const named: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? "";
    if (segment.startsWith(":")) named[segment.slice(1)] = decodeURIComponent(value);
    else if (segment !== value) return null;
  }
  return named;
}
