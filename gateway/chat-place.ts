import { DEFAULT_ACCOUNT } from "../strategies/key.ts";

/** A chat as people name it: `platform:id`, or `platform@account:id`. */
export function formatPlace({ platform, account, id }: { platform: string; account: string; id: string }): string {
  return `${platform}${account === DEFAULT_ACCOUNT ? "" : `@${account}`}:${id}`;
}
