import { queueing } from "./dialogues/queueing.ts";
import { speakers } from "./dialogues/speakers.ts";
import { twoAtOnce } from "./dialogues/two-at-once.ts";
import { TelegramStage } from "./stage/telegram-stage.ts";

twoAtOnce(TelegramStage.open);
queueing(TelegramStage.open);
speakers(TelegramStage.open);
