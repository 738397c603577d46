import { AgentError, type AgentErrorCode } from "../../agents/agent.ts";
import { apologyFor } from "../../gateway/apologies.ts";
import type { Said } from "./platform.ts";
import type { PlatformRecord } from "./record.ts";
import { read, tokensIn } from "./wording.ts";

/** One part of an answer as often as it stands. */
export interface StandingPart {
  part: number;
  /** Positions among all that the bot said on the platform. */
  at: number[];
}

/** An answer as it stands in one place. */
export interface StandingAnswer extends Pick<Said, "place" | "person"> {
  tokens: readonly string[];
  of: number;
  /** In the order in which they first came to stand. */
  parts: StandingPart[];
}

export interface Standing {
  answers: StandingAnswer[];
  /** Excuses for turns that could not be answered, with what they quote. */
  apologies: Said[];
  /** What nobody can have asked for, or what is left of it. */
  unexpected: Said[];
}

/** What is said for a model that does not answer. */
const CODES: readonly AgentErrorCode[] = ["overloaded", "unavailable"];
const APOLOGIES = CODES.map((code) => apologyFor(new AgentError(code, "")).text);

/** Read what stands on a platform as answers. */
export function standing(said: PlatformRecord["said"]): Standing {
  const answers = new Map<string, StandingAnswer>();
  const apologies: Said[] = [];
  const unexpected: Said[] = [];
  for (const [index, each] of said.entries()) {
    const { parts, rest } = readOnce(each.text);
    for (const { tokens, part, of } of parts) {
      const name = `${each.place} ${each.person} ${tokens} ${of}`;
      const found = answers.get(name) ?? { tokens, of, place: each.place, person: each.person, parts: [] };
      answers.set(name, found);
      const known = found.parts.find((other) => other.part === part);
      if (known === undefined) found.parts.push({ part, at: [index] });
      else known.at.push(index);
    }
    if (APOLOGIES.includes(rest) && parts.length === 0) apologies.push(each);
    else if (rest !== "") unexpected.push({ ...each, text: rest });
  }
  return { answers: [...answers.values()], apologies, unexpected };
}

/** All parts are there, however often. */
export function isComplete({ parts, of }: StandingAnswer): boolean {
  return parts.length === of && parts.every(({ part }) => part >= 1 && part <= of);
}

/** The messages that need no more answer, given which turns were asked. */
export function settled({ answers, apologies }: Standing, turnOf: (token: string) => readonly string[]): Set<string> {
  const excused = apologies.flatMap(({ quotes = "" }) => tokensIn(quotes).flatMap(turnOf));
  return new Set([...answers.filter(isComplete).flatMap(({ tokens }) => tokens), ...excused]);
}

const cache = new Map<string, ReturnType<typeof read>>();

/** What stands there is looked at again and again, and hardly ever changes. */
function readOnce(text: string): ReturnType<typeof read> {
  const known = cache.get(text) ?? read(text);
  if (cache.size > 10_000) cache.clear();
  cache.set(text, known);
  return known;
}
