import { Argument, Command, Option } from "commander";
import { logFormats } from "../simulate/format-names.ts";
import { shells } from "./completion.ts";
import type { Surroundings } from "./surroundings.ts";
import { version } from "./version.ts";

const FURTHER_HELP = `
Settings come from parley.yaml, or the file that PARLEY_CONFIG names, and from the environment.
What is kept lies in ./data, or the folder that PARLEY_DATA names.
docs/configuration.md explains every setting.

Commands work while a gateway runs on that folder and while none does; what they change holds there within a second.
A chat is written as platform:id, as \`parley chats\` shows it. Exit codes: 0 fine, 1 failed, 2 the configuration is invalid.`;

const CHAT = "a chat as `parley chats` shows it, for example telegram:-100123";
const REF = "platform:id, for example telegram:123";
const THREAD = ["--thread <id>", "a thread in the chat"] as const;

type Action = (around: Surroundings, ...args: never[]) => Promise<number>;

/**
 * The command tree. The code of a command is loaded only for whoever uses it.
 *
 * @param ended told the exit code of the command that was run
 */
export function buildProgram(around: Surroundings, ended: (exitCode: number) => void): Command {
  /** Commander hands over arguments, options and the command. */
  const run =
    (load: () => Promise<Action>) =>
    async (...given: unknown[]): Promise<void> => {
      const command = given.pop() as Command;
      const args = [...given.slice(0, -1), command.optsWithGlobals()];
      ended(await (await load())(around, ...(args as never[])));
    };
  const program = new Command("parley")
    .description(
      "A gateway that puts an LLM agent into chats and gives every chat the session shape its admins choose.",
    )
    .version(version())
    .addHelpText("after", FURTHER_HELP)
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => around.print(text.trimEnd()),
      writeErr: (text) => around.complain(text.trimEnd()),
    })
    .exitOverride();

  program
    .command("start")
    .description("start the gateway")
    .action(run(async () => (await import("./start.ts")).start));
  program
    .command("check")
    .description("check the configuration and show what it means")
    .action(run(async () => (await import("./check.ts")).check));
  inJson(
    program
      .command("tools")
      .description("connect to the configured tool servers and list the tools; exit code 1 if one is out of reach"),
    "{ tools, servers }",
  ).action(run(async () => (await import("./tools.ts")).tools));

  const chats = program.command("chats").description("list the chats that have written").enablePositionalOptions();
  inJson(chats, "[{ chat, kind, name, server, strategy, sessions, waiting, failed }]").action(
    run(async () => (await import("./chats.ts")).chats),
  );
  inJson(
    chats
      .command("show")
      .description("show everything that holds in a chat, and where it comes from")
      .argument("<chat>", CHAT)
      .option(...THREAD),
    "{ chat, kind, name, server, thread, access, settings, lanes }",
  ).action(run(async () => (await import("./show.ts")).show));
  inJson(
    program.command("sessions").description("list the open conversations"),
    "[{ key, strategy, startedAt, messages, inputTokens, outputTokens }]",
  ).action(run(async () => (await import("./sessions.ts")).sessions));

  const context = program
    .command("context")
    .description("show how long conversations are for the model, and how they were made shorter")
    .argument("[conversation]", "a chat, or a conversation as `parley sessions` shows it; all unless you say")
    .enablePositionalOptions();
  inJson(
    context,
    "[{ key, tokens, share, compactions, method, at }]",
    "of one conversation { key, tokens, share, compactions }",
  ).action(run(async () => (await import("./context.ts")).context));
  inJson(
    context
      .command("show")
      .description("show a summary: what people said is in it")
      .argument("<id>", "a compaction as `parley context` shows it of a conversation")
      .option("--messages", "with all that it stands for"),
    "{ id, at, method, model, tokensBefore, tokensAfter, askedBy, key, upTo, clearedTo, summary, messages }",
  ).action(run(async () => (await import("./context.ts")).show));

  inJson(
    program
      .command("settings")
      .description("show the settings of a place, or set one there")
      .argument("<place>", "a chat, a platform by its name alone, or with --guild a server")
      .argument("[setting]", "which one; all unless you say")
      .argument("[value...]", "what shall hold there from the next message on")
      .option("--reset", "back to what wider levels say")
      .option(...THREAD)
      .option("--guild", "the place is a server, with all its chats"),
    "{ place, level, settings }",
    "for a platform also inPrivate; with a setting { place, level, name, value, from, summary, expected }; after a change { place, level, name, value }",
  ).action(run(async () => (await import("./settings.ts")).settings));
  inJson(
    program
      .command("strategy")
      .description("show or set a chat's strategy: who shares a conversation with whom")
      .argument("<chat>", CHAT)
      .argument("[strategy]", "a strategy, or `reset` to go back to what wider levels say")
      .option("--fork", "everybody's own conversation begins with a copy of the one that was shared")
      .option("--fresh", "everybody's own conversation begins with nothing (default)")
      .option(...THREAD),
    "{ place, strategy, from, choices }",
    "after a change { place, strategy, fork, meaning }",
  ).action(run(async () => (await import("./strategy.ts")).strategy));

  const pair = program.command("pair").description("let in what asks to be let in");
  inJson(
    pair.command("list").description("list who asks"),
    "[{ code, kind, chat, chatName, server, user, name, createdAt, expiresAt }]",
  ).action(run(async () => (await import("./pair.ts")).list));
  inJson(
    pair
      .command("approve")
      .description("let in what asked with a code")
      .argument("<code>", "the code that the chat was told")
      .option("--whole-server", "the whole server that holds the chat"),
    "{ approved, wholeServer }",
  ).action(run(async () => (await import("./pair.ts")).approve));
  inJson(
    pair.command("dismiss").description("take a request away").argument("<code>", "the code that the chat was told"),
    "{ dismissed }",
  ).action(run(async () => (await import("./pair.ts")).dismiss));

  const access = program.command("access").description("say who is answered");
  const kind = () => new Argument("<kind>", "what is named").choices(["user", "chat", "guild"]);
  const CHANGED = "{ kind, ref, rule, changed, dropped, stopped }";
  inJson(
    access.command("list").description("list the rules that owners made, and those of the configuration"),
    "[{ kind, ref, rule, name, by, at }]",
  ).action(run(async () => (await import("./access.ts")).list));
  inJson(
    access
      .command("allow")
      .description("answer a person in private, a chat, or a server with all its chats")
      .addArgument(kind())
      .argument("<ref>", REF),
    CHANGED,
  ).action(run(async () => (await import("./access.ts")).allow));
  inJson(
    access.command("revoke").description("take that back").addArgument(kind()).argument("<ref>", REF),
    CHANGED,
  ).action(run(async () => (await import("./access.ts")).revoke));
  inJson(
    access
      .command("block")
      .description("answer a person no more, anywhere; what runs and waits for them is stopped")
      .argument("<ref>", REF),
    CHANGED,
  ).action(run(async () => (await import("./access.ts")).block));
  inJson(access.command("unblock").description("take that back").argument("<ref>", REF), CHANGED).action(
    run(async () => (await import("./access.ts")).unblock),
  );

  const owner = program.command("owner").description("say who may do everything");
  inJson(
    owner.command("list").description("list the owners, those of the configuration too"),
    "[{ kind, ref, rule, name, by, at }]",
  ).action(run(async () => (await import("./owner.ts")).list));
  inJson(
    owner.command("add").description("make a person an owner").argument("<ref>", REF),
    "{ ref, rule, changed }",
  ).action(run(async () => (await import("./owner.ts")).add));
  inJson(
    owner.command("remove").description("take an ownership away").argument("<ref>", REF),
    "{ ref, rule, changed }",
  ).action(run(async () => (await import("./owner.ts")).remove));
  inJson(
    owner
      .command("code")
      .description("make and print a new code with which the first owner comes in")
      .option("--force", "also if the configuration names an owner"),
    "{ code }",
  ).action(run(async () => (await import("./owner.ts")).code));

  inJson(
    program
      .command("usage")
      .description("show the tokens and answers of a day by person")
      .argument("[chat]", `${CHAT}; all unless you say`)
      .option("--day <day>", "a day in UTC, as 2026-01-31; today unless you say"),
    "{ day, chat, users, total, limits }",
  ).action(run(async () => (await import("./usage.ts")).usage));
  inJson(
    program
      .command("audit")
      .description("show who changed what, newest first")
      .argument("[place]", "a chat, a server, a person or a platform; everything unless you say")
      .option("--limit <number>", "how many entries; 100 unless you say"),
    "[{ id, at, by, what, where, from, to }]",
  ).action(run(async () => (await import("./audit.ts")).audit));
  inJson(
    program
      .command("queue")
      .description("show who is being answered and who waits")
      .argument("[chat]", `${CHAT}; all unless you say`),
    "[{ chat, lane, running, waiting }]",
  ).action(run(async () => (await import("./queue.ts")).queue));
  const outbox = program
    .command("outbox")
    .description("list what could not be sent and is parked, and what waits to be sent")
    .argument("[chat]", `${CHAT}; all unless you say`)
    .enablePositionalOptions();
  inJson(outbox, "[{ id, chat, thread, user, state, code, failures, since, sent, chunks }]").action(
    run(async () => (await import("./outbox.ts")).list),
  );
  const ID = ["[id]", "a delivery as `parley outbox` shows it"] as const;
  inJson(
    outbox
      .command("retry")
      .description("send what is parked after all")
      .argument(...ID)
      .option("--all", "everything that is parked")
      .option("--chat <chat>", "with --all: in this chat alone"),
    "{ retried, refused }",
  ).action(run(async () => (await import("./outbox.ts")).retry));
  inJson(
    outbox
      .command("drop")
      .description("never send what is parked, or one that waits, and erase it for good")
      .argument(...ID)
      .option("--all", "everything that is parked")
      .option("--chat <chat>", "with --all: in this chat alone"),
    "{ dropped, refused }",
  ).action(run(async () => (await import("./outbox.ts")).drop));
  inJson(
    program
      .command("why")
      .description("explain which conversation and queue a person's next message gets, and who is ahead")
      .argument("<chat>", CHAT)
      .argument("<user>", "the person's id")
      .option(...THREAD),
    "{ chat, user, thread, strategy, from, session, lane, shared, running, waiting, ahead }",
  ).action(run(async () => (await import("./why.ts")).why));
  inJson(
    program
      .command("stop")
      .description("stop what runs in a chat, and drop what waits")
      .argument("<chat>", CHAT)
      .option("--user <id>", "this person's alone"),
    "{ chat, user, stopped, dropped }",
  ).action(run(async () => (await import("./stop.ts")).stop));
  inJson(
    program
      .command("forget")
      .description("erase a person's own conversations in a chat, for good")
      .argument("<chat>", CHAT)
      .argument("<user>", "the person's id")
      .option("--yes", "do it"),
    "{ chat, user, sessions, dropped, stopped }",
  ).action(run(async () => (await import("./privacy.ts")).forget));
  inJson(
    program
      .command("export")
      .description("print a person's conversations in a chat, as Markdown")
      .argument("<chat>", CHAT)
      .argument("<user>", "the person's id")
      .option("--out <file>", "into a new file"),
    "{ chat, user, sessions }",
  ).action(run(async () => (await import("./privacy.ts")).exportConversations));

  inJson(
    program
      .command("simulate")
      .description("replay a chat log under each strategy: tokens, costs and waiting; nothing is sent anywhere")
      .argument("[log]", "a log; docs/simulate.md says in which formats")
      .addOption(new Option("--from <format>", "its format, if it cannot be told").choices(logFormats))
      .option("--bot <names>", "names or ids of the bot in the log, with commas in between")
      .option("--ask-share <share>", "what share of messages is for a bot, in a log without one; 0.2 unless you say")
      .option("--task-share <share>", "what share of questions takes tools; 0.1 unless you say")
      .option("--strategies <names>", "these alone, with commas in between")
      .option("--context-tokens <number>", "the model's window; the configuration's unless you say")
      .option(
        "--compaction-tokens <number>",
        "what a conversation may grow to; the configuration's share and number unless you say",
      )
      .option("--prices <prices>", "dollars per million tokens: input,output,cache write,cache read")
      .option("--plot <file>", "draw how large requests become, as SVG")
      .option("--seed <number>", "of everything that is left to chance; 1 unless you say")
      .option("--generate", "a busy channel that is made up, in place of a log")
      .option("--people <number>", "with --generate: how many people; 12 unless you say")
      .option("--hours <number>", "with --generate: how many hours; 8 unless you say")
      .option("--write <file>", "with --generate: write the log and replay nothing"),
    "{ messages, people, questions, aboutOthers, chosenBy, contextTokens, prices, results, advice }",
  ).action(run(async () => (await import("./simulate.ts")).simulate));

  const whatsapp = program.command("whatsapp").description("link a WhatsApp account, or unlink it");
  whatsapp
    .command("link")
    .description("show the code with which a phone links this device")
    .option("--phone <number>", "show a code to type instead, for this phone number with its country code")
    .action(run(async () => (await import("./whatsapp.ts")).link));
  whatsapp
    .command("unlink")
    .description("take this device off the account and forget its credentials")
    .action(run(async () => (await import("./whatsapp.ts")).unlink));

  inJson(
    program
      .command("backup")
      .description("put everything that is kept into one file, while the gateway runs")
      .argument("<file>", "a new file; credentials are in it")
      .option("--force", "overwrite it if it is there"),
    "{ file, bytes, createdAt, parts }",
  ).action(run(async () => (await import("./backup.ts")).backup));
  program
    .command("restore")
    .description("put a backup in the place of what is kept; no gateway may be running")
    .argument("<file>", "a backup")
    .option("--yes", "also if there is something already, which is moved away")
    .action(run(async () => (await import("./restore.ts")).restore));
  inJson(
    program
      .command("db")
      .description("look after the databases")
      .command("check")
      .description("look for damage, while the gateway runs or not; exit code 1 if there is any"),
    "{ folder, fine, schema, problems, files, counts }",
  ).action(run(async () => (await import("./db.ts")).check));

  program
    .command("completion")
    .description("print the script with which a shell completes all this")
    .addArgument(new Argument("<shell>", "which shell").choices(shells))
    .action(run(async () => (await import("./completion.ts")).completion));
  program
    .command("complete", { hidden: true })
    .description("what a completion script asks")
    .argument("[words...]")
    .action(
      run(async () => {
        const { complete } = await import("./complete.ts");
        return (surroundings: Surroundings, words: string[]) => complete(surroundings, program, words);
      }),
    );
  return program;
}

/** @param shape keys of the result, which stay the same from version to version */
function inJson(command: Command, shape: string, more = ""): Command {
  return command
    .option("--json", "as JSON")
    .addHelpText("after", `\nAs JSON: ${shape}${more === "" ? "" : `; ${more}`}`);
}
