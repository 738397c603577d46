import { describe, expect, test } from "vitest";
import type { Person, Stage } from "../stage/stage.ts";
import { type Cast, cast } from "./cast.ts";
import { anythingSince, changesSince, type Written, written } from "./written.ts";

/** What matters of what is written. */
const RIGHTS = ["access", "audit", "offers", "owner_claim", "pairings", "sessions", "settings"];

interface Choosers extends Cast {
  chooser: Person;
  /** The chooser is none any more. */
  dismissed(): Promise<void>;
  /** Somebody else is one, too. */
  promoted(person: Person): Promise<void>;
}

/** Rights are looked up when something is done, not when it was offered; played on every platform. */
export function consent(openStage: () => Promise<Stage>, { hasAdmins = true } = {}): void {
  /** Who may choose the group's strategy, and how that right is taken away. */
  async function chooser(): Promise<Choosers> {
    const players = await cast(await openStage(), "open");
    const { stage, theatre, admin, owner } = players;
    if (stage.setAdmin !== undefined) {
      const dismissed = async () => stage.setAdmin?.(admin, false);
      return { ...players, chooser: admin, dismissed, promoted: async (person) => stage.setAdmin?.(person, true) };
    }
    const ruled = (person: Person, rule: "owner" | null) =>
      theatre.store(async (store) => {
        const [entry] = (await store.accessEntries()).filter(({ id }) => id === owner.id);
        if (entry !== undefined) await store.setAccess({ ...entry, id: person.id }, rule, "cli:test");
      });
    const dismissed = () => ruled(owner, null);
    return { ...players, chooser: owner, dismissed, promoted: (person) => ruled(person, "owner") };
  }

  describe("what is offered", () => {
    test("is nobody else's to do: not the button, not the number, not /confirm", async () => {
      const { theatre, chooser: admin, member } = await chooser();
      const asked = await admin.says("/strategy per-user", { writtenOut: true });
      const offer = await admin.hears("Nothing is changed yet", { answering: asked });
      const before = written(theatre.dataDir);
      if ((offer.choices ?? []).length > 0) {
        const pressed = await member.picks(offer, "Confirm");
        await member.hears("Only an admin", { answering: pressed });
      } else {
        await theatre.taking(1, () => member.picks(offer, "Confirm"));
      }
      const tried = await member.says("/confirm");
      await member.hears("nothing to confirm", { answering: tried });
      expect(rightsChanged(before, written(theatre.dataDir))).toEqual([]);
      await admin.picks(offer, "Confirm");
      await admin.hears("From the next message on");
      expect(rightsChanged(before, written(theatre.dataDir))).toEqual(["audit", "offers", "settings"]);
    });

    test("is refused to an admin who has lost the role since, by button, by number and by /confirm", async () => {
      const { theatre, chooser: admin, dismissed } = await chooser();
      const asked = await admin.says("/strategy per-user");
      const offer = await admin.hears("Nothing is changed yet", { answering: asked });
      await dismissed();
      const before = written(theatre.dataDir);
      const confirming = await admin.says("/confirm");
      await admin.hears("Only an admin", { answering: confirming });
      if ((offer.choices ?? []).length > 0) {
        const pressed = await admin.picks(offer, "Confirm");
        await admin.hears("Only an admin", { answering: pressed });
      }
      // The offer is void once it was tried.
      expect(rightsChanged(before, written(theatre.dataDir))).toEqual(["offers"]);
    });

    test("is asked of another admin as well, who can then agree to it", async () => {
      const { theatre, chooser: admin, other, promoted } = await chooser();
      const offer = await theatre.ask(admin, "/strategy per-user", "Nothing is changed yet", { writtenOut: true });
      await promoted(other);
      const before = written(theatre.dataDir);
      if ((offer.choices ?? []).length > 0) {
        const pressed = await other.picks(offer, "Confirm");
        await other.hears("Nothing is changed yet", { answering: pressed });
        expect(rightsChanged(before, written(theatre.dataDir))).toEqual(["offers"]);
      } else {
        await theatre.taking(1, () => other.picks(offer, "Confirm"));
        expect(rightsChanged(before, written(theatre.dataDir))).toEqual([]);
        await theatre.ask(other, "/strategy per-user", "Nothing is changed yet");
      }
      await theatre.ask(other, "/confirm", "From the next message on");
      expect(rightsChanged(before, written(theatre.dataDir))).toContain("settings");
      const [last] = await theatre.store((store) => store.audit());
      expect(last).toMatchObject({ what: "setting strategy", by: `${theatre.stage.platform}:${other.id}` });
    });

    test("is asked again once it was cancelled, or something else was offered; looking at something takes nothing back", async () => {
      const { theatre, chooser: admin } = await chooser();
      const first = await theatre.ask(admin, "/strategy per-user", "Nothing is changed yet");
      const hasButtons = (first.choices ?? []).length > 0;
      await admin.picks(first, "Cancel");
      await admin.hears("Nothing was changed");
      const before = written(theatre.dataDir);
      await theatre.ask(admin, "/confirm", "nothing to confirm");
      if (hasButtons) {
        const pressed = await admin.picks(first, "Confirm");
        await admin.hears("Nothing is changed yet", { answering: pressed });
      } else await theatre.taking(1, () => admin.picks(first, "Confirm"));
      const other = await theatre.ask(admin, "/forget", "This erases your own");
      if (hasButtons) {
        const pressed = await admin.picks(first, "Confirm");
        await admin.hears("Nothing is changed yet", { answering: pressed });
        const erasing = await admin.picks(other, "Erase");
        await admin.hears("This erases your own", { answering: erasing });
      }
      expect(rightsChanged(before, written(theatre.dataDir))).toEqual(["offers"]);

      const again = await theatre.ask(admin, "/strategy per-user", "Nothing is changed yet");
      await theatre.ask(admin, "/queue", "Nobody waits");
      if (hasButtons) await theatre.ask(admin, "/confirm", "From the next message on");
      else {
        await admin.picks(again, "Confirm");
        await admin.hears("From the next message on");
      }
      expect(rightsChanged(before, written(theatre.dataDir))).toContain("settings");
    });

    test("by number is what was offered last, and nothing more once it was done", async () => {
      const { theatre, chooser: admin } = await chooser();
      const asked = await admin.says("/strategy per-user");
      const first = await admin.hears("Nothing is changed yet", { answering: asked });
      const again = await admin.says("/strategy tagged-hybrid");
      await admin.hears("Nothing is changed yet", { answering: again });
      await admin.says("/confirm");
      await admin.hears(/From the next message on: .?tagged-hybrid/);
      const before = written(theatre.dataDir);
      const more = await admin.says("/confirm");
      await admin.hears("nothing to confirm", { answering: more });
      expect(rightsChanged(before, written(theatre.dataDir))).toEqual([]);
      if ((first.choices ?? []).length > 0) return;
      // Where choices are numbers, an old one is a number like any other.
      await theatre.taking(1, () => admin.picks(first, "Confirm"));
      expect(rightsChanged(before, written(theatre.dataDir))).toEqual([]);
    });
  });

  if (!hasAdmins) return;
  test("where the platform does not say who administers a group, its admins are refused, which is said, and nothing is written", async () => {
    const { theatre, stage, admin } = await cast(await openStage(), "open");
    const commands = ["/settings busy steer", "/strategy per-user --confirm", "/stop all", "/new", "/usage chat"];
    // What is said into a group that WhatsApp does not describe is tried again a second later.
    for (const command of commands.slice(0, stage.platform === "whatsapp" ? 2 : commands.length)) {
      const before = written(theatre.dataDir);
      stage.failAdminLookups?.(true);
      const said = await admin.says(command, { writtenOut: true });
      const isDone = () => written(theatre.dataDir).tables.get("inbox")?.[before.messages]?.includes('"done"') ?? false;
      await expect.poll(isDone, { timeout: 10_000 }).toBe(true);
      stage.failAdminLookups?.(false);
      const { text } = await admin.hears(/only an admin/i, { answering: said });
      expect(text).toContain("I could not find out whether you are an admin here");
      expect(changesSince(before, written(theatre.dataDir), admin.id), command).toEqual([]);
    }
  });
}

function rightsChanged(before: Written, now: Written): string[] {
  return anythingSince(before, now).filter((table) => RIGHTS.includes(table));
}
