/** Where a setting was written. Without a line it comes from the environment or from nowhere. */
export interface Place {
  /** As people know the setting: `telegram.mode`, `owners[1]`, or the environment variable that set it. */
  readonly path: string;
  /** Relative to the working directory where it lies inside it. */
  readonly file?: string;
  /** Counted from 1, like `column`. */
  readonly line?: number;
  readonly column?: number;
}

/** One thing wrong with the configuration. Holds no secret. */
export interface Problem extends Place {
  /** A sentence without its full stop: what is wrong, or what was expected and what was found. */
  readonly message: string;
  /** What would have been right, for programs that show it apart. */
  readonly expected?: string;
}

/** Everything that is wrong with the configuration, in the order of the file; exit code 2. */
export class ConfigError extends Error {
  readonly code = "config-invalid";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], options?: ErrorOptions) {
    super(problems.map(formatProblem).join("\n"), options);
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** One line for each problem: `parley.yaml:12:3  telegram.mode: expected "polling" or "webhook", found "pull"`. */
export function formatConfigError(error: ConfigError): string {
  return error.problems.map(formatProblem).join("\n");
}

function formatProblem({ file, line, column, path, message }: Problem): string {
  const where = [file, line, column].filter((part) => part !== undefined).join(":");
  return [where, path === "" ? message : `${path}: ${message}`].filter((part) => part !== "").join("  ");
}

/** Sort by place, the environment last and by name; of several problems of one setting the first one counts. */
export function orderProblems(problems: readonly Problem[]): Problem[] {
  const bySetting = new Map<string, Problem>();
  for (const problem of problems) {
    const setting = [problem.file, problem.line, problem.column, problem.path].join("\n");
    if (!bySetting.has(setting)) bySetting.set(setting, problem);
  }
  const last = Number.MAX_SAFE_INTEGER;
  return [...bySetting.values()].sort(
    (a, b) =>
      (a.line ?? last) - (b.line ?? last) ||
      (a.column ?? last) - (b.column ?? last) ||
      Number(a.path > b.path) - Number(a.path < b.path),
  );
}
