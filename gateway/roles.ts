import type { Destination, User } from "../adapters/record.ts";
import type { AccessStore } from "../sessions/access.ts";
import { type Clock, systemClock } from "../sessions/clock.ts";
import { type AccessRules, isConfiguredOwner } from "./access.ts";
import type { Log } from "./log.ts";
import type { Platforms } from "./platforms.ts";
import { within } from "./within.ts";

export interface RolesOptions {
  store: AccessStore;
  platforms: Platforms;
  access(platform: Destination["platform"]): AccessRules;
  log: Log;
  clock?: Clock;
}

/** So long a platform may take to say who administers a chat. */
const LOOK_UP_MS = 10_000;

/** Somebody in a place. */
export interface Person {
  at: Destination;
  /** Id of the command that is to be carried out for them. */
  command?: string;
  user: Pick<User, "id" | "aliases">;
}

/**
 * What somebody may do, looked up at the time of the question: nothing is remembered, and nothing that a message says of
 * its author counts.
 */
export class Roles {
  readonly #options: RolesOptions;

  constructor(options: RolesOptions) {
    this.#options = options;
  }

  /** Whether the configuration names the person, by whatever id, as an owner. */
  isConfigured({ at, user }: Person): boolean {
    return isConfiguredOwner({ platform: at.platform, user }, this.#options.access(at.platform));
  }

  /** @throws StoreError */
  async isOwner({ at, user }: Person): Promise<boolean> {
    if (this.isConfigured({ at, user })) return true;
    const { owner, blocked } = await this.#options.store.standing(at, namesOf(user));
    return owner && !blocked;
  }

  /**
   * Whether the person is an owner or administers the chat.
   *
   * @returns `unknown` if the platform did not say: whoever asks has to refuse
   */
  async isAdmin(person: Person): Promise<boolean | "unknown"> {
    const { platforms, log, clock = systemClock } = this.#options;
    if (await this.isOwner(person)) return true;
    const { at, user, command } = person;
    if (user.id === "") return false;
    try {
      const lookUp = platforms.at(at)?.isAdmin?.(at, user.id, command);
      return lookUp !== undefined && (await within(clock, LOOK_UP_MS, lookUp));
    } catch (error) {
      log.warn({ err: error, platform: at.platform }, "who administers a chat could not be looked up");
      return "unknown";
    }
  }
}

export function namesOf({ id, aliases = [] }: Person["user"]): string[] {
  return [id, ...aliases].filter((name) => name !== "");
}
