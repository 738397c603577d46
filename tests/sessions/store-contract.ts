import { afterEach, beforeEach, describe } from "vitest";
import { accepting } from "./contract/accepting.ts";
import { answers } from "./contract/answers.ts";
import { chats } from "./contract/chats.ts";
import { merging } from "./contract/merging.ts";
import { people } from "./contract/people.ts";
import { runs } from "./contract/runs.ts";
import { StoreScene, type StoreUnderTest } from "./contract/scene.ts";
import { turns } from "./contract/turns.ts";
import { vault } from "./contract/vault.ts";

/** What every store has to keep to; `clock.now` is what the store takes for the time. */
export function storeContract(name: string, open: (clock: { now: number }) => Promise<StoreUnderTest>): void {
  describe(`store ${name}`, () => {
    const scene = new StoreScene(open);
    beforeEach(() => scene.begin());
    afterEach(() => scene.end());

    accepting(scene);
    turns(scene);
    runs(scene);
    answers(scene);
    chats(scene);
    people(scene);
    merging(scene);
    vault(scene);
  });
}
