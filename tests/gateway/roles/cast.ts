import { letIn } from "../stage/pairing.ts";
import type { Person, Stage } from "../stage/stage.ts";
import { Theatre } from "../stage/theatre.ts";

/** Who plays: an owner who claimed it, an admin of the group, and two of its members. All are answered, and so is the group. */
export interface Cast {
  theatre: Theatre;
  stage: Stage;
  owner: Person;
  admin: Person;
  member: Person;
  other: Person;
}

/** @param access `pairing`: everybody has to be let in, and those who play were; `open`: all are answered, which is quicker */
export async function cast(stage: Stage, access: "pairing" | "open" = "pairing"): Promise<Cast> {
  const theatre = await Theatre.open(stage, { strategy: "shared", env: { PARLEY_ACCESS: access } });
  const owner = await stage.person("Olga");
  const admin = await stage.person("Adam");
  const member = await stage.person("Mia");
  const other = await stage.person("Tom");
  await theatre.owner(owner);
  stage.setAdmin?.(admin, true);
  const players = { theatre, stage, owner, admin, member, other };
  if (access === "open") return players;
  await letIn(owner, member, false);
  for (const person of [admin, member, other]) await letIn(owner, person, true);
  return players;
}
