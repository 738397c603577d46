/** What a command works with, from outside. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  print(line: string): void;
  complain(line: string): void;
  /** Aborted when the person at the keyboard has had enough (Ctrl-C). Default: never. */
  interrupted?(): AbortSignal;
  /** Epoch ms. Default: the system's clock. */
  now?(): number;
}

/** Asks for one JSON value in place of text. */
export interface JsonOption {
  json?: boolean;
}

/** A failure that the person at the keyboard can do something about. */
export class CliError extends Error {
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.name = "CliError";
    this.exitCode = exitCode;
  }
}
