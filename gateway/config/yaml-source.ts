import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from "yaml";
import type { Position } from "./origins.ts";
import { emptySection, formatPath, type Path } from "./path.ts";
import type { Problem } from "./problems.ts";
import { showKey } from "./show.ts";
import { describeFault } from "./yaml-faults.ts";

/** What a file says, before anybody asks whether it makes sense. */
export interface YamlSource {
  /** `undefined` for a file that says nothing, whose syntax is broken, or which says too much. */
  readonly value: unknown;
  /** Of every key and list item, by formatted path. */
  readonly positions: ReadonlyMap<string, Position>;
  readonly problems: readonly Problem[];
}

/** Aliases can make a short file stand for an endless value; these bounds end it. */
const MOST_ALIASES = 100;
const MOST_VALUES = 20_000;
const DEEPEST = 100;

/**
 * Read YAML 1.2 with the position of every key. Never throws.
 *
 * @param file its name in problems
 */
export function readYaml(text: string, file: string): YamlSource {
  const lines = new LineCounter();
  const options = { lineCounter: lines, uniqueKeys: false, prettyErrors: false, logLevel: "silent" } as const;
  const document: Document = parseDocument(text, options);
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    const problems = faults.map((fault) => ({
      file,
      ...positionAt(lines, fault.pos[0]),
      path: "",
      message: describeFault(fault),
    }));
    return { value: undefined, positions: new Map(), problems: firstOfEachLine(problems) };
  }
  return new Reader(document, lines, file).read();
}

class Reader {
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #file: string;
  readonly #positions = new Map<string, Position>();
  readonly #problems: Problem[] = [];
  #values = 0;
  #aliases = 0;
  #full = false;

  constructor(document: Document, lines: LineCounter, file: string) {
    this.#document = document;
    this.#lines = lines;
    this.#file = file;
  }

  read(): YamlSource {
    const value = this.#value(this.#document.contents, []);
    return {
      value: this.#full ? undefined : (value ?? undefined),
      positions: this.#positions,
      problems: this.#problems,
    };
  }

  #value(node: unknown, path: Path): unknown {
    if (++this.#values > MOST_VALUES || path.length > DEEPEST) {
      if (!this.#full) this.#report(node, "too many values, or nested too deeply");
      this.#full = true;
      return undefined;
    }
    if (isAlias(node)) return this.#anchored(node, path);
    if (isMap(node)) return this.#section(node, path);
    if (isSeq(node)) return node.items.map((item, index) => this.#placed(item, item, [...path, index]));
    return isScalar(node) ? node.value : null;
  }

  #section(node: Node & { items: readonly { key: unknown; value?: unknown }[] }, path: Path): unknown {
    const section = emptySection();
    for (const { key, value } of node.items) {
      if (!isScalar(key)) {
        this.#report(key ?? node, "a key has to be plain text");
        continue;
      }
      const name = String(key.value ?? "");
      if (Object.hasOwn(section, name)) {
        const first = this.#positions.get(formatPath([...path, name]));
        this.#report(key, `key ${showKey(name)} stands twice; the first is on line ${first?.line}`);
      } else {
        section[name] = this.#placed(key, value, [...path, name]);
      }
    }
    return section;
  }

  #placed(start: unknown, value: unknown, path: Path): unknown {
    const position = this.#position(start);
    if (position !== undefined) this.#positions.set(formatPath(path), position);
    return this.#value(value, path);
  }

  #anchored(alias: Alias, path: Path): unknown {
    const target = ++this.#aliases > MOST_ALIASES ? undefined : alias.resolve(this.#document);
    if (target !== undefined) return this.#value(target, path);
    const why = this.#aliases > MOST_ALIASES ? "too many aliases" : "an alias (*name) of an anchor that does not exist";
    this.#report(alias, why);
    return undefined;
  }

  #report(node: unknown, message: string): void {
    this.#problems.push({ file: this.#file, ...this.#position(node), path: "", message });
  }

  #position(node: unknown): Position | undefined {
    const offset = (node as Node | null | undefined)?.range?.[0];
    return offset === undefined ? undefined : positionAt(this.#lines, offset);
  }
}

function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

/** One mistake often makes the parser stumble several times in its line. */
function firstOfEachLine(problems: readonly Problem[]): Problem[] {
  const byLine = new Map<number | undefined, Problem>();
  for (const problem of problems) if (!byLine.has(problem.line)) byLine.set(problem.line, problem);
  return [...byLine.values()].slice(0, 10);
}
