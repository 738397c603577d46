import { createAnthropicAgent } from "../../agents/anthropic.ts";
import { createOfflineAgent } from "../../agents/offline.ts";
import { FakeAnthropic } from "../fakes/anthropic/fake.ts";
import { agentContract } from "./contract.ts";

agentContract("the offline agent", async () => ({
  agent: createOfflineAgent(),
  async [Symbol.asyncDispose]() {},
}));

agentContract("the Anthropic agent", async () => {
  const claude = await FakeAnthropic.start();
  return {
    agent: createAnthropicAgent({ apiKey: "fake-key", baseURL: claude.baseURL }),
    [Symbol.asyncDispose]: () => claude.close(),
  };
});
