import { describe, expect, test } from "vitest";
import { asksIn } from "../stage/pairing.ts";
import type { Person, Said, Stage } from "../stage/stage.ts";
import type { Theatre } from "../stage/theatre.ts";
import { type Cast, cast } from "./cast.ts";
import { everyCommand, inGroup, inPrivate, type Names, type Role, type Row, rowsOn } from "./table.ts";
import { type Audited, anythingSince, changesSince, type Written, written } from "./written.ts";

const ROLES: readonly Role[] = ["member", "admin", "owner"];

/** What each role may do with each command, what is refused, and what is written; played on every platform. */
export function roles(openStage: () => Promise<Stage>): void {
  describe("what each role may do", () => {
    test("in a group: owners everything, admins what is the group's, members what is their own; a refusal writes nothing", async () => {
      await tryAll(await cast(await openStage()), inGroup, false);
    }, 60_000);

    test("in private: everybody what is their own, owners everything; a refusal writes nothing", async () => {
      await tryAll(await cast(await openStage()), inPrivate, true);
    });

    test("whoever is not let in is told so once and then nothing, whatever the command; nothing is written but the request", async () => {
      const { theatre, stage } = await cast(await openStage());
      const stranger = await stage.person("Stig");
      const before = written(theatre.dataDir);
      await asksIn(stranger);
      const asked = written(theatre.dataDir);
      expect(anythingSince(before, asked)).toEqual(["chunks", "deliveries", "inbox", "pairings"]);
      const commands = everyCommand(stage.platform);
      await theatre.taking(commands.length, async () => {
        for (const command of commands) await stranger.says(command, { inPrivate: true });
      });
      expect(anythingSince(asked, written(theatre.dataDir))).toEqual([]);
    });

    test("whoever is blocked is told nothing at all, in the group and in private, and nothing is written", async () => {
      const { theatre, stage, owner, member } = await cast(await openStage());
      const blocking = await owner.says(`/block ${member.id}`, { inPrivate: true });
      await owner.hears("Blocked:", { inPrivate: true, answering: blocking });
      const before = written(theatre.dataDir);
      const commands = everyCommand(stage.platform);
      await theatre.taking(2 * commands.length, async () => {
        for (const command of commands) {
          await member.says(command);
          await member.says(command, { inPrivate: true });
        }
      });
      expect(anythingSince(before, written(theatre.dataDir))).toEqual([]);
    });
  });
}

/** Every role tries every row; all outcomes are compared at once, so that a failure shows which of them differ. */
async function tryAll(players: Cast, rows: readonly Row[], isPrivate: boolean): Promise<void> {
  const { theatre, stage } = players;
  const stranger = await stage.person("Stig");
  const names: Names = { code: await asksIn(stranger), victim: players.other.id, owner: players.owner.id };
  const outcomes: string[] = [];
  const expected: string[] = [];
  for (const role of ROLES) {
    if (role === "admin" && stage.setAdmin === undefined) continue;
    for (const row of rowsOn(stage.platform, rows)) {
      const command = row.say(names);
      const isDone = mayDo(role, row);
      expected.push(line(role, command, isDone ? "done" : "refused", isDone ? row : {}));
      const end = await row.around?.(players);
      const tried = await attempt(theatre, players[role], command, isPrivate, async (answer) => {
        if (end !== undefined && isDone) await end();
        return fitting(answer, row, isDone);
      });
      if (end !== undefined && !isDone) await end();
      outcomes.push(line(role, command, tried.verdict, tried));
    }
  }
  expect(outcomes).toEqual(expected);
}

interface Outcome {
  writes?: readonly string[];
  audited?: string | undefined;
}

function line(role: Role, command: string, verdict: string, { writes = [], audited }: Outcome): string {
  return `${role} ${command}: ${verdict}; ${writes.join(" ") || "-"}; ${audited ?? "-"}`;
}

function mayDo(role: Role, row: Row): boolean {
  if (row.for === "owners") return role === "owner";
  return row.for !== "admins" || role !== "member";
}

function fitting(answer: string, { done, refused = done }: Row, isDone: boolean): string {
  if ((isDone ? done : refused).test(answer)) return isDone ? "done" : "refused";
  return answer;
}

/** Say it, and see what is written once it is answered and `judge` has looked at the answer. */
async function attempt(
  { dataDir, stage }: Theatre,
  person: Person,
  command: string,
  isPrivate: boolean,
  judge: (answer: string) => Promise<string>,
): Promise<Outcome & { verdict: string }> {
  const before = written(dataDir);
  const said: Said = await person.says(command, { inPrivate: isPrivate });
  const { text } = await person.hears(/./s, { inPrivate: isPrivate, answering: said });
  const verdict = await judge(text);
  const after = await quiet(dataDir);
  const by = `${stage.platform}:${person.id}`;
  const audited = after.audit.slice(before.audit.length).map((entry) => called(entry, by));
  return { verdict, writes: changesSince(before, after, person.id), audited: audited.join(", ") || undefined };
}

/** A setting is named by what comes behind `setting`; whoever else than the author is written down as one is told of. */
function called({ what, by }: Audited, author: string): string {
  return by === author ? what : `${what} by ${by}`;
}

/** What is written once nothing runs but what is held. */
async function quiet(dataDir: string): Promise<Written> {
  await expect
    .poll(() =>
      written(dataDir)
        .tables.get("runs")
        ?.filter((row) => row.includes('"stopped":1')),
    )
    .toEqual([]);
  return written(dataDir);
}
