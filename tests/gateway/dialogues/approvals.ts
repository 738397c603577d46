import { describe, expect, test } from "vitest";
import type { Tool } from "../../../agents/agent.ts";
import { toolResults } from "../../fakes/anthropic/request.ts";
import { message, text, toolUse } from "../../fakes/anthropic/steps.ts";
import type { Heard, Person, Stage } from "../stage/stage.ts";
import { Theatre, type TheatreOptions } from "../stage/theatre.ts";

/** Tools that ask whoever is being answered; played on every platform. */
export function approvals(openStage: () => Promise<Stage>): void {
  async function play(options: TheatreOptions = {}) {
    const { mail, sent } = mailing();
    const theatre = await Theatre.open(await openStage(), { strategy: "shared", tools: [mail], ...options });
    const { claude, stage } = theatre;
    claude.respond(({ body }) => {
      const [result] = toolResults(body);
      return result === undefined
        ? message([text("Let me see."), toolUse("send_mail", { to: "bob@example.org", body: "**hi** `there`" })])
        : `The tool said: ${resultText(result)}`;
    });
    const [alice, bob] = [await stage.person("Alice"), await stage.person("Bob")];
    return { theatre, claude, stage, sent, alice, bob };
  }

  /** Somebody else tries to decide: by button, by number or by word. */
  async function tries(theatre: Theatre, person: Person, question: Heard, code: string): Promise<void> {
    if ((question.choices ?? []).length > 0) {
      const pressed = await person.picks(question, "Allow");
      await person.hears("That is not yours to decide", { answering: pressed });
    }
    await theatre.ask(person, `/approve ${code}`, "That is not yours to decide", { writtenOut: true });
    await theatre.ask(person, "/approve", "There is nothing of yours to decide", { writtenOut: true });
    await theatre.ask(person, `/deny ${code}`, "That is not yours to decide", { writtenOut: true });
  }

  describe("a tool that asks", () => {
    test("runs once its asker allows it with a button or a number, and nobody else: no admin, no owner", async () => {
      const { theatre, stage, sent, alice, bob } = await play();
      await theatre.admin(bob);
      if (stage.setAdmin !== undefined) await theatre.owner(bob);
      const said = await alice.says("mail bob");
      const question = await alice.hears("may I use", { answering: said });
      expect(question.text).toContain("bob@example.org");
      expect(question.text).toContain("**hi** `there`");
      const code = codeIn(question);
      await tries(theatre, bob, question, code);
      expect(sent).toEqual([]);
      const picked = await alice.picks(question, "Allow");
      await alice.hears("Allowed.", { answering: picked });
      const answer = await alice.hears("The tool said: it is on its way");
      expect(answer.quotes).toBe(said.id);
      expect(sent).toEqual([{ to: "bob@example.org", body: "**hi** `there`" }]);
      // A second press comes too late.
      await theatre.ask(alice, `/deny ${code}`, "no open question with that code", { writtenOut: true });
      expect(sent).toHaveLength(1);
    });

    test("does not run when its asker refuses, by word, while everybody else's messages wait", async () => {
      const { theatre, claude, sent, alice, bob } = await play();
      await alice.says("mail bob");
      await alice.hears("may I use");
      await theatre.taking(1, () => bob.says("and me?"));
      expect(claude.requests).toHaveLength(1);
      await theatre.ask(alice, "/deny", "Refused", { writtenOut: true });
      await alice.hears(/The tool said: .*refused/);
      const question = await bob.hears("Bob, may I use");
      await theatre.ask(bob, `/deny ${codeIn(question).toLowerCase()}`, "Refused", { writtenOut: true });
      await bob.hears(/The tool said: .*refused/);
      expect(sent).toEqual([]);
    });

    test("in private is asked about there; time that runs out is a no, and a late word is told so", async () => {
      const { theatre, sent, alice } = await play({ settings: { approvals: { timeoutMs: 1_000 } } });
      await alice.says("mail bob", { inPrivate: true });
      const question = await alice.hears("May I use", { inPrivate: true });
      await alice.hears(/The tool said: .*did not answer in time/, { inPrivate: true });
      const late = await alice.says(`/approve ${codeIn(question)}`, { inPrivate: true, writtenOut: true });
      await alice.hears("its time ran out", { inPrivate: true, answering: late });
      expect(sent).toEqual([]);
      const metrics = await (await fetch(`${theatre.gateway.url}/metrics`)).text();
      expect(metrics).toContain('parley_approvals_total{outcome="expired"} 1');
      expect(theatre.logged.join()).not.toContain("bob@example.org");
    });

    test("asks again for the next one: a yes that is said twice is a yes to the first alone", async () => {
      const { theatre, claude, sent, alice } = await play();
      claude.respond(({ body }) => {
        const results = toolResults(body);
        if (results.length > 0) return `The tools said: ${results.map(resultText).join(" / ")}`;
        return message([
          toolUse("send_mail", { to: "bob@example.org" }),
          toolUse("send_mail", { to: "carol@example.org" }),
        ]);
      });
      await alice.says("mail them");
      const first = await alice.hears("bob@example.org");
      await alice.picks(first, "Allow");
      const second = await alice.hears("carol@example.org");
      const twice = await alice.picks(first, "Allow");
      await alice.hears("not open any more", { answering: twice });
      expect(sent).not.toContainEqual({ to: "carol@example.org" });
      await alice.picks(second, "Refuse");
      await alice.hears(/The tools said: it is on its way \/ .*refused/);
      expect(sent).toEqual([{ to: "bob@example.org" }]);
      expect(theatre.logged.join()).not.toContain("carol@example.org");
    });

    test("is given up with /stop, and waits over a restart", async () => {
      const { theatre, claude, sent, alice, bob } = await play();
      await alice.says("mail bob");
      await alice.hears("may I use");
      await theatre.ask(alice, "/stop", "Stopped.", { writtenOut: true });
      await bob.says("mail alice");
      const question = await bob.hears("Bob, may I use");
      await theatre.restart();
      await theatre.ask(bob, `/approve ${codeIn(question)}`, "Allowed.", { writtenOut: true });
      await bob.hears("The tool said: it is on its way");
      expect(sent).toHaveLength(1);
      // Neither the question nor the reply that led to it comes twice.
      expect(claude.requests).toHaveLength(3);
      expect(theatre.stage.botSaid().filter(({ text: said }) => said.startsWith("Bob, may I"))).toHaveLength(1);
    });
  });
}

/** A tool that asks, and what it was given when it ran. */
export function mailing(): { mail: Tool; sent: unknown[] } {
  const sent: unknown[] = [];
  const mail: Tool = {
    name: "send_mail",
    description: "Send a mail",
    inputSchema: { type: "object", properties: { to: { type: "string" } } },
    idempotent: false,
    asks: true,
    run: async (input) => {
      sent.push(input);
      return "it is on its way";
    },
  };
  return { mail, sent };
}

export function codeIn({ text: said }: Heard): string {
  const code = /\/approve (\w{4}-\w{4})/.exec(said)?.[1];
  if (code === undefined) throw new Error(`no code in: ${said}`);
  return code;
}

function resultText({ content }: ReturnType<typeof toolResults>[number]): string {
  if (typeof content === "string") return content;
  return (content ?? []).map((block) => (block.type === "text" ? block.text : "")).join("");
}
