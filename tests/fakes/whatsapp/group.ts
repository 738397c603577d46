import { type Addressing, jidOf, type Person } from "./people.ts";

/** A group, as the server has it. */
export interface Group {
  /** `…@g.us` */
  readonly id: string;
  subject: string;
  /** Which form of JID its members have in it. */
  readonly addressing: Addressing;
  readonly createdAt: number;
  members: Person[];
  admins: Set<Person>;
  hasBot: boolean;
  botIsAdmin?: boolean;
  /** Only admins write. */
  announces?: boolean;
}

/** The attributes of a member in lists of members. */
export function memberAttributes(group: Group, person: Person): Record<string, string | undefined> {
  const { addressing } = group;
  const other = person.tellsOther ? jidOf(person, addressing === "lid" ? "phone" : "lid") : undefined;
  return {
    jid: jidOf(person, addressing),
    ...(addressing === "lid" ? { phone_number: other } : { lid: other }),
    type: roleOf(group, person),
  };
}

function roleOf(group: Group, person: Person): string | undefined {
  if (!group.admins.has(person)) return undefined;
  return person === [...group.admins][0] ? "superadmin" : "admin";
}
