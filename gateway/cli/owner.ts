import { formatPlace } from "../chat-place.ts";
import { hashCode, newCode, showCode } from "../codes.ts";
import { loadConfig } from "../config/load.ts";
import { atTheKeyboard } from "./by.ts";
import { report } from "./report.ts";
import {
  configuredRules,
  idsOf,
  isConfiguredOwner,
  knownName,
  parseSubject,
  RULE_COLUMNS,
  ruleOf,
  ruleRows,
  shownSubject,
  storedRule,
} from "./rules.ts";
import { CliError, type JsonOption, type Surroundings } from "./surroundings.ts";
import { table } from "./table.ts";
import { visit } from "./visit.ts";

const UNCHANGED = "Nothing was changed.";

/** Owners, those of the configuration too. */
export async function list(around: Surroundings, options: JsonOption): Promise<number> {
  const config = loadConfig(around);
  const entries = await visit(config.dataDir, (store) => store.accessEntries());
  const owners = [...configuredRules(config), ...entries.map(storedRule)].filter(({ rule }) => rule === "owner");
  return report(around, options, {
    value: owners,
    lines: () =>
      owners.length === 0
        ? ["There is no owner: `parley owner code` makes a code with which the first one comes in."]
        : table(RULE_COLUMNS, ruleRows(owners)),
  });
}

/** Make somebody an owner, who is answered everywhere and may do everything. */
export async function add(around: Surroundings, ref: string, options: JsonOption): Promise<number> {
  const subject = parseSubject("user", ref, { made: true });
  const config = loadConfig(around);
  return visit(config.dataDir, async (store) => {
    if ((await ruleOf(store, subject, await idsOf(store, subject)))?.rule === "blocked") {
      throw new CliError(
        `${shownSubject(subject)} is blocked: \`parley access unblock ${formatPlace(subject)}\` comes first. ${UNCHANGED}`,
      );
    }
    const name = await knownName(store, subject);
    const { changed } = await store.setAccess({ ...subject, name }, "owner", atTheKeyboard());
    return report(around, options, {
      value: { ref: formatPlace(subject), rule: "owner", changed },
      lines: () => [`${shownSubject(subject)} is an owner${changed ? "" : " already"}.`],
    });
  });
}

/** Take an ownership away. Whoever had it is answered like anybody else. */
export async function remove(around: Surroundings, ref: string, options: JsonOption): Promise<number> {
  const subject = parseSubject("user", ref);
  const config = loadConfig(around);
  return visit(config.dataDir, async (store) => {
    const ids = await idsOf(store, subject);
    const configured = isConfiguredOwner(config, subject, ids);
    const owner = await ruleOf(store, subject, ids);
    if (owner?.rule !== "owner") {
      const why = configured
        ? "is an owner by the configuration: take it out of `owners` there"
        : "is no owner: `parley owner list` shows who is";
      throw new CliError(`${shownSubject(subject)} ${why}. ${UNCHANGED}`);
    }
    const { changed } = await store.setAccess(owner, null, atTheKeyboard());
    const others = (await store.accessEntries()).some(({ rule }) => rule === "owner");
    return report(around, options, {
      value: { ref: formatPlace(subject), rule: null, changed },
      *lines() {
        yield `${shownSubject(subject)} is no owner any more.`;
        if (configured) yield "Note: `owners` of the configuration still names it.";
        else if (!others && config.owners.length === 0) {
          yield "There is no owner now: `parley owner code` makes a code with which the first one comes in.";
        }
      },
    });
  });
}

/**
 * Make a new code with which the first owner is claimed, and print it this once: only its hash is kept. Any other is void
 * then; each start of the gateway makes a new one, too.
 */
export async function code(around: Surroundings, options: JsonOption & { force?: boolean }): Promise<number> {
  const config = loadConfig(around);
  return visit(config.dataDir, async (store) => {
    // With an owner in the store no code is taken, so none is printed, whatever was asked for.
    if ((await store.accessEntries()).some(({ rule }) => rule === "owner")) {
      throw new CliError(
        "There is an owner already, so nobody can be the first: `parley owner add` makes another. No code was made.",
      );
    }
    if (config.owners.length > 0 && !options.force) {
      throw new CliError("The configuration names an owner already: say --force for a code. No code was made.");
    }
    const made = newCode();
    await store.setClaim(hashCode(made));
    return report(around, options, {
      value: { code: showCode(made) },
      lines: () => [
        `Write this to the bot in private, on any platform:  /claim ${showCode(made)}`,
        "Whoever does so first is its owner. It is shown this once, any other code is void, and so is this one when the gateway is started anew.",
      ],
    });
  });
}
