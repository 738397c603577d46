import type { AccessChange, AccessRule, Subject } from "../../sessions/access.ts";
import type { StoppedWork } from "../../sessions/runs.ts";
import { formatPlace } from "../chat-place.ts";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { count, listed } from "../words.ts";
import { atTheKeyboard } from "./by.ts";
import { report } from "./report.ts";
import {
  allowedBy,
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

/** Every rule about who is answered, of the configuration too. */
export async function list(around: Surroundings, options: JsonOption): Promise<number> {
  const config = loadConfig(around);
  const entries = await visit(config.dataDir, (store) => store.accessEntries());
  const rules = [...configuredRules(config), ...entries.map(storedRule)];
  return report(around, options, {
    value: rules,
    lines: () => (rules.length === 0 ? ["There are no rules."] : table(RULE_COLUMNS, ruleRows(rules))),
  });
}

/** A person in private, a chat, or a server with all its chats, is answered from now on. */
export function allow(around: Surroundings, kind: Subject["kind"], ref: string, options: JsonOption): Promise<number> {
  const subject = parseSubject(kind, ref, { made: true });
  return change(around, options, subject, "approved", {
    refuse(rule) {
      const shown = shownSubject(subject);
      if (rule === "blocked")
        return `${shown} is blocked: \`parley access unblock ${formatPlace(subject)}\` comes first.`;
      if (rule === "owner") return `${shown} is an owner, and answered everywhere already.`;
      return undefined;
    },
    done: ({ changed }) => `${shownSubject(subject)} is ${changed ? "allowed" : "allowed already"}.`,
  });
}

/** What was allowed is not any more. What waits or runs is answered. */
export function revoke(around: Surroundings, kind: Subject["kind"], ref: string, options: JsonOption): Promise<number> {
  const subject = parseSubject(kind, ref);
  return change(around, options, subject, null, {
    refuse(rule, config, ids) {
      const shown = shownSubject(subject);
      const key = allowedBy(config, subject, ids);
      if (rule === "blocked")
        return `${shown} is blocked: \`parley access unblock ${formatPlace(subject)}\` ends that.`;
      if (rule === "owner") return `${shown} is an owner: \`parley owner remove ${formatPlace(subject)}\` ends that.`;
      if (rule === undefined && key !== undefined)
        return `${shown} is allowed by \`${key}\` of the configuration: take it out there.`;
      if (rule === undefined) return `${shown} was not allowed: \`parley access list\` shows what is.`;
      return undefined;
    },
    *done(_, config, ids) {
      yield `${shownSubject(subject)} is not allowed any more.`;
      const key = allowedBy(config, subject, ids);
      if (key !== undefined) yield `Note: \`${key}\` of the configuration still allows it.`;
    },
  });
}

/** Nobody answers a blocked person any more, anywhere; what they have waiting is dropped, what runs is stopped. */
export function block(around: Surroundings, ref: string, options: JsonOption): Promise<number> {
  const subject = parseSubject("user", ref, { made: true });
  return change(around, options, subject, "blocked", {
    refuse(rule, config, ids) {
      const shown = shownSubject(subject);
      if (isConfiguredOwner(config, subject, ids))
        return `${shown} is an owner by the configuration: take it out of \`owners\` there first.`;
      return rule === "owner" ? stillOwner(subject) : undefined;
    },
    *done({ changed, ...work }) {
      yield `${shownSubject(subject)} is blocked${changed ? "" : " already"}.`;
      if (work.runIds.length + work.dropped > 0) yield lost(work);
    },
  });
}

export function unblock(around: Surroundings, ref: string, options: JsonOption): Promise<number> {
  const subject = parseSubject("user", ref);
  return change(around, options, subject, null, {
    refuse: (rule) => (rule === "blocked" ? undefined : `${shownSubject(subject)} is not blocked.`),
    done: () => `${shownSubject(subject)} is not blocked any more, and is answered like anybody else.`,
  });
}

interface Wording {
  /** Why the change may not be made, by the rule that holds for any of the ids; undefined if it may. */
  refuse(rule: AccessRule | undefined, config: Config, ids: readonly string[]): string | undefined;
  done(change: AccessChange, config: Config, ids: readonly string[]): string | Iterable<string>;
}

async function change(
  around: Surroundings,
  options: JsonOption,
  subject: Subject,
  rule: AccessRule | null,
  { refuse, done }: Wording,
): Promise<number> {
  const config = loadConfig(around);
  return visit(config.dataDir, async (store) => {
    const ids = await idsOf(store, subject);
    const before = await ruleOf(store, subject, ids);
    const refusal = refuse(before?.rule, config, ids);
    if (refusal !== undefined) throw new CliError(`${refusal} ${UNCHANGED}`);
    const name = await knownName(store, subject);
    // What is taken away is the rule that there is, under whatever id.
    const meant = rule === null && before !== undefined ? before : { ...subject, name };
    const changed = await store.setAccess(meant, rule, atTheKeyboard());
    if (changed.refused === "owner") throw new CliError(`${stillOwner(subject)} ${UNCHANGED}`);
    const said = done(changed, config, ids);
    return report(around, options, {
      value: {
        kind: subject.kind,
        ref: formatPlace(subject),
        rule,
        changed: changed.changed,
        dropped: changed.dropped,
        stopped: changed.runIds.length,
      },
      lines: () => (typeof said === "string" ? [said] : said),
    });
  });
}

function stillOwner(subject: Subject): string {
  return `${shownSubject(subject)} is an owner: take the ownership away first, with \`parley owner remove ${formatPlace(subject)}\`.`;
}

function lost({ runIds, dropped }: StoppedWork): string {
  const parts = [
    ...(runIds.length > 0 ? [`${count(runIds.length, "answer")} stopped`] : []),
    ...(dropped > 0 ? [`${count(dropped, "waiting message")} dropped`] : []),
  ];
  return `${listed(parts)}.`;
}
