import { describe, expect, test } from "vitest";
import { lastUserText } from "../../fakes/anthropic/request.ts";
import type { Stage } from "../stage/stage.ts";
import { Theatre } from "../stage/theatre.ts";
import { withinOneDay, wordsOf } from "./words.ts";

/** What people and chats may use in a day; played on every platform. */
export function limits(openStage: () => Promise<Stage>): void {
  describe("limits for a day", () => {
    test("of a person: a warning at the share, a refusal with the time, nobody else is touched, and /usage shows it", () =>
      withinOneDay(async () => {
        const theatre = await Theatre.open(await openStage(), {
          strategy: "shared",
          settings: { limits: { warnAt: 0.5 } },
        });
        const { claude, stage } = theatre;
        claude.respond(({ body }) => `Answer to: ${wordsOf(lastUserText(body))}`);
        const [olga, ann, bob] = [await stage.person("Olga"), await stage.person("Ann"), await stage.person("Bob")];
        await theatre.owner(olga);
        await theatre.ask(olga, "/settings userRunsPerDay 2", "From now");
        await theatre.ask(ann, "one", "Answer to: one");
        // How much it is she reads in private: what she uses elsewhere counts as well.
        expect((await ann.hears("you come close to what you may use in a day")).text).not.toMatch(/\d/);
        await theatre.ask(ann, "two", "Answer to: two");
        const { text } = await theatre.ask(ann, "three", "You have used up");
        expect(text).toMatch(
          /what there is for a day: 2 answers\. I can answer again at 00:00 UTC, in (\d+ h )?\d+ min\./,
        );
        // The limit counts for a person in all chats together; where none is set, nothing is refused.
        await theatre.ask(ann, "four, in private", "Answer to: four", { inPrivate: true });
        await theatre.ask(bob, "five", "Answer to: five");
        expect((await theatre.ask(ann, "/usage", "You, in all chats")).text).toContain("3 of 2 answers");
        expect((await theatre.ask(bob, "/usage", "You, in all chats")).text).toContain("1 of 2 answers");
        const everybody = await theatre.ask(olga, "/usage chat", "This chat, today");
        expect(everybody.text).toMatch(/Ann.* 2 answers/);
        expect(everybody.text).toMatch(/Bob.* 1 answer/);
        expect(everybody.text).toContain(ann.id);
        const sent = claude.requests.map(({ body }) => wordsOf(lastUserText(body)));
        expect(sent).toEqual(["one", "two", "four, in private", "five"]);

        await theatre.ask(olga, "/settings userRunsPerDay none", "From now");
        await theatre.ask(ann, "six", "Answer to: six");
        // Of the chat: whoever asks.
        await theatre.ask(olga, "/settings chatTokensPerDay 1", "From now");
        await theatre.ask(bob, "seven", /This chat has used up what there is for a day: 1 tokens?/);
        await theatre.ask(olga, "eight", "This chat has used up");
        expect((await theatre.ask(bob, "/usage", "This chat:")).text).toMatch(/of 1 tokens/);
        await theatre.ask(olga, "/settings chatTokensPerDay reset", "not set in this chat");
        await theatre.ask(bob, "nine", "Answer to: nine");
      }));
  });
}
