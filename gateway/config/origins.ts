import { formatPath, type Path } from "./path.ts";
import type { Place } from "./problems.ts";

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Remembers for every setting whether the file or the environment gave it, and where. */
export class Origins {
  readonly #file: string | undefined;
  readonly #positions: ReadonlyMap<string, Position>;
  readonly #variables = new Map<string, string>();

  /**
   * @param file as shown to people
   * @param positions by formatted path
   */
  constructor(file?: string, positions: ReadonlyMap<string, Position> = new Map()) {
    this.#file = file;
    this.#positions = positions;
  }

  /** Record that an environment variable decides the setting, whatever the file says. */
  setVariable(path: Path, variable: string): void {
    this.#variables.set(formatPath(path), variable);
  }

  /** @returns where the setting stands; where it does not, the closest section around it; else its path alone */
  place(path: string): Place {
    for (const around of [path, ...enclosing(path)]) {
      const variable = this.#variables.get(around);
      if (variable !== undefined) return { path: variable };
      const position = this.#positions.get(around);
      if (position !== undefined && this.#file !== undefined) return { path, file: this.#file, ...position };
    }
    return { path };
  }
}

function* enclosing(path: string): Generator<string> {
  for (let at = path.length - 1; at > 0; at--) {
    if (path[at] === "." || path[at] === "[") yield path.slice(0, at);
  }
}
