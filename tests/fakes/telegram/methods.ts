import { sizeOf } from "./attached.ts";
import type { FakeChat } from "./fake-chat.ts";
import { plainTextOf } from "./html.ts";
import { keyboardIn, objectIn } from "./keyboard.ts";
import { badRequest, Refusal, type WireMessage } from "./wire.ts";
import type { SentFile, World } from "./world.ts";

type Payload = Record<string, unknown>;
type Method = (tg: World, payload: Payload, gone: AbortSignal) => unknown;

const MAX_TEXT = 4096;
const MAX_FILE_BYTES = 20 * 1024 * 1024;
const MAX_UPLOAD_BYTES = 50 * 1024 * 1024;
const GENERAL = 1;

/** What the Bot API does for each method, and what it refuses. */
export const METHODS: Readonly<Record<string, Method>> = {
  getMe: (tg) => ({
    ...tg.bot,
    can_join_groups: true,
    can_read_all_group_messages: true,
    supports_inline_queries: false,
  }),

  getUpdates(tg, payload, gone) {
    if (tg.webhook !== undefined) {
      const why = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
      throw new Refusal(409, `Conflict: ${why}`);
    }
    allowUpdates(tg, payload);
    return tg.updates.poll(payload, gone);
  },

  setWebhook(tg, payload) {
    const { url, secret_token: secret } = payload;
    if (typeof secret === "string" && !/^[\w-]{1,256}$/.test(secret)) {
      throw badRequest("secret token contains unallowed characters");
    }
    if (typeof url !== "string" || !URL.canParse(url)) throw badRequest("bad webhook: invalid url");
    allowUpdates(tg, payload);
    tg.useWebhook({ url, ...(typeof secret === "string" && { secret_token: secret }) });
    return true;
  },

  deleteWebhook(tg) {
    tg.useWebhook(undefined);
    return true;
  },

  sendMessage(tg, payload) {
    const text = textOf(payload);
    return say(tg, payload, { text });
  },

  sendDocument(tg, payload) {
    const file = payload.document as SentFile | undefined;
    if (file?.bytes === undefined) throw badRequest("there is no document in the request");
    if (file.bytes.length === 0) throw badRequest("file must be non-empty");
    if (file.bytes.length > MAX_UPLOAD_BYTES) throw new Refusal(413, "Request Entity Too Large");
    return say(tg, payload, { text: "", file });
  },

  answerCallbackQuery(tg, { callback_query_id: id, text }) {
    const press = tg.presses.get(String(id));
    if (press === undefined || press.isAnswered) {
      throw badRequest("query is too old and response timeout expired or query ID is invalid");
    }
    if (text !== undefined && (text === "" || String(text).length > 200)) throw badRequest("MESSAGE_TOO_LONG");
    press.answer(text === undefined ? undefined : String(text));
    return true;
  },

  /** Unlike sending, looking somebody up works for those who have blocked the bot. */
  getChat(tg, { chat_id: id }) {
    const chat = tg.chats.get(Number(id));
    return chat?.wire.type === "private" ? chat.wire : chatOf(tg, id).wire;
  },

  editMessageText(tg, payload) {
    const chat = chatOf(tg, payload.chat_id);
    const message = chat.messages.get(Number(payload.message_id));
    if (message?.from?.id !== tg.bot.id) throw badRequest("message to edit not found");
    const text = textOf(payload);
    if (text === message.text) throw badRequest("message is not modified");
    const edited = { ...message, text, edit_date: tg.now() };
    chat.messages.set(message.message_id, edited);
    return edited;
  },

  sendChatAction(tg, payload) {
    const chat = chatOf(tg, payload.chat_id);
    // Unlike messages, actions may name General.
    if (!(chat.isForum && payload.message_thread_id === GENERAL)) threadOf(chat, payload.message_thread_id);
    return true;
  },

  getFile(tg, { file_id: id }) {
    const found = typeof id === "string" ? tg.files.byId(id) : undefined;
    if (found === undefined) throw badRequest("invalid file_id");
    const size = sizeOf(found.file);
    if (size > MAX_FILE_BYTES) throw badRequest("file is too big");
    return { file_id: id, file_unique_id: `unique-${id}`, file_size: size, file_path: found.path };
  },

  getChatMember(tg, payload) {
    const chat = chatOf(tg, payload.chat_id);
    const user = tg.users.get(Number(payload.user_id));
    if (user === undefined) throw badRequest("user not found");
    return { user, status: chat.members.get(user.id) ?? "member" };
  },

  createForumTopic(tg, payload) {
    const chat = chatOf(tg, payload.chat_id);
    if (!chat.isForum) throw badRequest("the chat is not a forum");
    if (!chat.botMayOpenTopics) throw badRequest("not enough rights to create a topic");
    const { name } = payload;
    if (typeof name !== "string" || name.length < 1 || name.length > 128) throw badRequest("TOPIC_TITLE_EMPTY");
    const topic = chat.openTopic(name);
    return { message_thread_id: topic.id, name, icon_color: 7322096 };
  },

  setMyCommands(tg, { commands }) {
    if (!Array.isArray(commands)) throw badRequest("commands must be an Array");
    if (!commands.every(({ command }) => /^[a-z0-9_]{1,32}$/.test(command))) throw badRequest("BOT_COMMAND_INVALID");
    tg.commands = commands;
    return true;
  },
};

/** A message of the bot. @throws Refusal */
function say(tg: World, payload: Payload, { text, file }: { text: string; file?: SentFile }): WireMessage {
  const chat = chatOf(tg, payload.chat_id);
  const thread = threadOf(chat, payload.message_thread_id);
  const reply = replyOf(chat, payload.reply_parameters);
  const keyboard = keyboardIn(payload.reply_markup);
  const message = chat.add({
    from: tg.bot,
    ...(file === undefined ? { text } : tg.files.document(file)),
    ...(thread !== undefined && { message_thread_id: thread, is_topic_message: true }),
    ...(reply !== undefined && { reply_to_message: reply }),
    ...(keyboard.length > 0 && { reply_markup: objectIn(payload.reply_markup) }),
  });
  tg.noteSent({
    chatId: chat.id,
    messageId: message.message_id,
    text,
    replyTo: reply?.message_id,
    topic: thread,
    choices: keyboard.flat(),
    files: file === undefined ? [] : [file],
    payload,
    message,
  });
  return message;
}

/** A list that is left out leaves the one from before. */
function allowUpdates(tg: World, { allowed_updates: kinds }: Payload): void {
  if (Array.isArray(kinds)) tg.allowedUpdates = kinds;
}

/** @throws Refusal as Telegram words it for chats that are unknown, closed to the bot, or elsewhere by now */
function chatOf(tg: World, id: unknown): FakeChat {
  const chat = tg.chats.get(Number(id));
  if (chat === undefined) throw badRequest("chat not found");
  if (chat.barred !== undefined) throw new Refusal(403, `Forbidden: ${chat.barred}`);
  if (chat.movedTo !== undefined) {
    const parameters = { migrate_to_chat_id: chat.movedTo.id };
    throw badRequest("group chat was upgraded to a supergroup chat", parameters);
  }
  return chat;
}

function threadOf(chat: FakeChat, id: unknown): number | undefined {
  if (id === undefined) return undefined;
  const topic = chat.topics.get(Number(id));
  if (topic === undefined || topic.state === "deleted") throw badRequest("message thread not found");
  if (topic.state === "closed") throw badRequest("TOPIC_CLOSED");
  return topic.id;
}

function textOf({ text, parse_mode: mode }: Payload): string {
  if (typeof text !== "string") throw badRequest("message text is empty");
  const plain = mode === "HTML" ? plainTextOf(text) : text;
  if (plain.trim() === "") throw badRequest("message text is empty");
  if (plain.length > MAX_TEXT) throw badRequest("message is too long");
  return plain;
}

function replyOf(chat: FakeChat, parameters: unknown): WireMessage | undefined {
  if (parameters === undefined) return undefined;
  const { message_id: id, allow_sending_without_reply: optional } = objectIn(parameters);
  const message = chat.messages.get(Number(id));
  if (message === undefined && optional !== true) throw badRequest("message to be replied not found");
  return message;
}
