import { hashCode, readCode } from "../codes.ts";
import { argumentsOf } from "./arguments.ts";
import { authorOf, type Command, forCommand, isReadByAuthorAlone } from "./command.ts";

/** Makes its author the first owner, with the code that the program printed. Once. */
export const claim: Command = {
  name: "claim",
  description: "Become this bot's first owner, with the code that it printed",
  for: "owners",
  options: () => [{ name: "code", description: "The code", choices: [] }],
  async run(call, { store, isOwner, noteChange }) {
    const { platform, account } = call.to;
    const code = readCode(argumentsOf(call).words.join(""));
    if (code === "") return "The code is printed where the program was started. Write it behind `/claim`, in private.";
    if (call.user.id === "") return "I cannot tell who you are here.";
    if (!isReadByAuthorAlone(call)) {
      // Others have read it: whoever is quickest would be the owner.
      await store.setClaim(null, hashCode(code), authorOf(call));
      return "Not where others read it: a code that was given here is void. `parley owner code` prints a new one; use it in private.";
    }
    const done =
      "You are an owner of this bot now: you are answered everywhere, and you may do what admins may. `/help` lists it.";
    const user = { kind: "user", platform, account, id: call.user.id, name: call.user.name } as const;
    const claiming = await store.claimOwner(hashCode(code), user, forCommand(call, done));
    switch (claiming.kind) {
      case "claimed":
        noteChange({ what: "owner", to: "claimed" });
        return done;
      case "unknown":
        return "That is not the code.";
      case "nothing-to-claim":
        if (await isOwner()) return "You are an owner of this bot.";
        return "No code is valid: either this bot has an owner, or the code is void and `parley owner code` prints a new one.";
      case "locked":
        return `Too many wrong codes: I take none from you until ${new Date(claiming.until).toISOString().slice(11, 16)} UTC.`;
    }
  },
};
