import { queueing } from "./dialogues/queueing.ts";
import { speakers } from "./dialogues/speakers.ts";
import { twoAtOnce } from "./dialogues/two-at-once.ts";
import { WebStage } from "./stage/web-stage.ts";

const open = async () => new WebStage();

// In the lobby every message is for the bot: "unaddressed" needs the rule that groups have elsewhere.
twoAtOnce(open);
queueing(open);
speakers(open);
