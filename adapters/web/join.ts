import { createHash, timingSafeEqual } from "node:crypto";
import { WebError } from "./errors.ts";
import { newId } from "./ids.ts";
import type { Log } from "./log/log.ts";
import type { Person } from "./log/people.ts";
import type { WebSettings } from "./options.ts";
import { Rate } from "./rate.ts";

const NAME_CHARS = 64;
/** Control characters, lone surrogates, line and paragraph separators, and what turns the direction of writing. */
const UNFIT = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;
/** Characters that show nothing, but for the joiners that scripts and emoji are written with. */
const INVISIBLE = /[\p{Cf}--[\u200c\u200d]]/gv;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** Lets people in, at a bounded rate, and gives each an id and a token that nobody can guess. */
export class Join {
  readonly #log: Log;
  readonly #settings: WebSettings;
  readonly #rate: Rate;

  constructor(log: Log, settings: WebSettings) {
    this.#log = log;
    this.#settings = settings;
    this.#rate = new Rate(settings.limits.joinsPerMinute, settings.environment.now);
  }

  /** @throws WebError `invalid`, `access-token`, `too-many` */
  async join(name: string, accessToken: string | undefined): Promise<Person & { token: string }> {
    const { access, environment } = this.#settings;
    if (access.kind === "token" && !same(accessToken ?? "", access.token)) {
      throw new WebError("access-token", "The access token is missing or wrong. Ask whoever runs this server for it.");
    }
    const person = { id: newId("u", environment.randomBytes), name: this.nameFrom(name) };
    this.#rate.count("all", "Too many people are joining at once. Try again in a minute.");
    const token = Buffer.from(environment.randomBytes(32)).toString("base64url");
    await this.#log.write(() => this.#log.people.add(person, token, environment.now()));
    return { ...person, token };
  }

  /** @throws WebError `invalid` */
  async rename(id: string, name: string): Promise<Person> {
    const person = { id, name: this.nameFrom(name) };
    await this.#log.write(() => this.#log.people.rename(id, person.name));
    return person;
  }

  /** A name as it is kept. @throws WebError `invalid` */
  nameFrom(text: string): string {
    const name = text.replace(INVISIBLE, "").trim();
    if (UNFIT.test(text.trim()) || !VISIBLE.test(name) || Array.from(name).length > NAME_CHARS) {
      throw new WebError("invalid", `A name has 1 to ${NAME_CHARS} characters and no control characters.`);
    }
    if (shown(name) === shown(this.#settings.botName)) {
      throw new WebError("invalid", `"${this.#settings.botName}" is the bot's name. Please choose another.`);
    }
    return name;
  }
}

/** Two names that look the same are the same to people. */
function shown(name: string): string {
  return name
    .normalize("NFKC")
    .replace(/\p{Cf}/gu, "")
    .toLowerCase();
}

/** Compare without telling by the time it takes how much of it is right. */
function same(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
