import type { Person } from "./stage.ts";

/** Somebody asks to be let in, for themselves or for the group, and the owner lets them. */
export async function letIn(owner: Person, person: Person, inPrivate: boolean): Promise<void> {
  const code = await asksIn(person, { inPrivate });
  const said = await owner.says(`/pair approve ${code}`, { inPrivate: true });
  await owner.hears("Let in", { inPrivate: true, answering: said });
  await person.hears("You are let in", { inPrivate });
}

/** @returns the code that somebody unknown is told */
export async function asksIn(person: Person, { inPrivate = true } = {}): Promise<string> {
  const said = await person.says("hello", { inPrivate });
  const { text } = await person.hears("/pair approve", { inPrivate, answering: said });
  const code = /\/pair approve (\S{4}-\S{4})/.exec(text)?.[1];
  if (code === undefined) throw new Error(`no code in: ${text}`);
  return code;
}
