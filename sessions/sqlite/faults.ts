import { StoreError } from "../store.ts";
import { asStoreError } from "./database.ts";

/** A disk that cannot be read has to say so this often: once may be a cable. */
const MOST_READ_FAULTS = 3;

/**
 * What a connection's failures come to. They are put into words for an operator, and damage is remembered: whoever goes
 * on writing into a damaged file makes it worse.
 */
export class Faults {
  readonly #file: string;
  #damage: StoreError | undefined;
  #readFaults = 0;
  #latest: { code: string; fault: StoreError } | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** Why nothing may be written any more, until the process starts anew; undefined as long as nothing is damaged. */
  get damage(): StoreError | undefined {
    return this.#damage;
  }

  /** Take note of an error. @returns what is to be thrown in its place */
  of(error: unknown): unknown {
    const code = codeOf(error);
    if (error instanceof StoreError && error.code === "unusable") this.#damage ??= error;
    if (code === undefined || error instanceof StoreError) return error;
    // While a disk is full everybody fails, and finding out why costs calls to the system.
    const fault = code === this.#latest?.code ? this.#latest.fault : asStoreError(error, this.#file);
    if (!(fault instanceof StoreError)) return error;
    this.#latest = { code, fault };
    if (fault.code === "unusable") this.#damage ??= fault;
    if (/^SQLITE_IOERR_(SHORT_)?READ$/.test(code)) this.#readFault(fault);
    return this.#damage ?? fault;
  }

  /** Something was written: the next failure may have another cause. */
  passed(): void {
    this.#latest = undefined;
  }

  #readFault(fault: StoreError): void {
    this.#readFaults += 1;
    if (this.#readFaults < MOST_READ_FAULTS) return;
    this.#damage ??= new StoreError("unusable", fault.message, { cause: fault.cause });
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** The same functions, whose promises are rejected with what their failures come to. */
export function guarded<T extends object>(faults: Faults, functions: T): T {
  const guard = ([name, call]: [string, unknown]) => {
    if (typeof call !== "function") return [name, call];
    const guardedCall = (...args: unknown[]): unknown => {
      const result: unknown = call(...args);
      if (!(result instanceof Promise)) return result;
      return result.catch((error) => {
        throw faults.of(error);
      });
    };
    return [name, guardedCall];
  };
  return Object.fromEntries(Object.entries(functions).map(guard)) as T;
}
