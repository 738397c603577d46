import { afterEach, beforeEach, describe } from "vitest";
import { accepting } from "./contract/accepting.ts";
import { access } from "./contract/access.ts";
import { answers } from "./contract/answers.ts";
import { audit } from "./contract/audit.ts";
import { chats } from "./contract/chats.ts";
import { cleanUp } from "./contract/clean-up.ts";
import { effects } from "./contract/effects.ts";
import { files } from "./contract/files.ts";
import { forks } from "./contract/forks.ts";
import { identities } from "./contract/identities.ts";
import { merging } from "./contract/merging.ts";
import { offers } from "./contract/offers.ts";
import { outbox } from "./contract/outbox.ts";
import { pairing } from "./contract/pairing.ts";
import { people } from "./contract/people.ts";
import { privacy } from "./contract/privacy.ts";
import { probing } from "./contract/probing.ts";
import { runs } from "./contract/runs.ts";
import { StoreScene, type StoreUnderTest } from "./contract/scene.ts";
import { stopping } from "./contract/stopping.ts";
import { takingIn } from "./contract/taking-in.ts";
import { turns } from "./contract/turns.ts";
import { usage } from "./contract/usage.ts";
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
    stopping(scene);
    answers(scene);
    outbox(scene);
    takingIn(scene);
    forks(scene);
    usage(scene);
    privacy(scene);
    cleanUp(scene);
    chats(scene);
    people(scene);
    merging(scene);
    access(scene);
    identities(scene);
    pairing(scene);
    audit(scene);
    offers(scene);
    effects(scene);
    files(scene);
    vault(scene);
    probing(scene);
  });
}
