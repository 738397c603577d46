/** An answer that refuses, with Discord's code for why. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: number;
  readonly errors: Record<string, unknown> | undefined;

  constructor(status: number, code: number, message: string, errors?: Record<string, unknown>) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

export const unauthorized = () => new Refusal(401, 0, "401: Unauthorized");
export const notFound = () => new Refusal(404, 0, "404: Not Found");
export const unknownChannel = () => new Refusal(404, 10003, "Unknown Channel");
export const unknownGuild = () => new Refusal(404, 10004, "Unknown Guild");
export const unknownMember = () => new Refusal(404, 10007, "Unknown Member");
export const unknownMessage = () => new Refusal(404, 10008, "Unknown Message");
export const unknownUser = () => new Refusal(404, 10013, "Unknown User");
export const unknownWebhook = () => new Refusal(404, 10015, "Unknown Webhook");
export const unknownInteraction = () => new Refusal(404, 10062, "Unknown interaction");
export const unknownCommand = () => new Refusal(404, 10063, "Unknown application command");
export const tooLarge = () => new Refusal(413, 40005, "Request entity too large");
export const tooManyFollowUps = () =>
  new Refusal(400, 40094, "This interaction has reached its maximum number of follow-up messages.");
export const alreadyAcknowledged = () => new Refusal(400, 40060, "Interaction has already been acknowledged.");
export const missingAccess = () => new Refusal(403, 50001, "Missing Access");
export const notYours = () => new Refusal(403, 50005, "Cannot edit a message authored by another user");
export const emptyMessage = () => new Refusal(400, 50006, "Cannot send an empty message");
export const cannotDm = () => new Refusal(403, 50007, "Cannot send messages to this user");
export const notForText = () => new Refusal(400, 50008, "Cannot send messages in a non-text channel");
export const missingPermissions = () => new Refusal(403, 50013, "Missing Permissions");
export const systemMessage = () => new Refusal(403, 50021, "Cannot execute action on a system message");
export const wrongChannelType = () => new Refusal(400, 50024, "Cannot execute action on this channel type");
export const expiredToken = () => new Refusal(401, 50027, "Invalid Webhook Token");
export const entryPointRemoved = () =>
  new Refusal(400, 50240, "You cannot remove this app's Entry Point command in a bulk update operation.");
export const threadArchived = () => new Refusal(400, 50083, "Thread is archived");
export const overloaded = () =>
  new Refusal(503, 130000, "API resource is currently overloaded. Try again a little later.");
export const cannotReply = () =>
  new Refusal(400, 160002, "You cannot reply without permission to read message history");
export const threadExists = () => new Refusal(400, 160004, "A thread has already been created for this message");
export const threadLocked = () => new Refusal(403, 160005, "This thread is locked");

/** A field of the body that Discord does not take. */
export function invalidField(field: string, code: string, message: string): Refusal {
  return new Refusal(400, 50035, "Invalid Form Body", { [field]: { _errors: [{ code, message }] } });
}

export const tooLong = (field: string, max: number) =>
  invalidField(field, "BASE_TYPE_MAX_LENGTH", `Must be ${max} or fewer in length.`);
export const badLength = (field: string, min: number, max: number) =>
  invalidField(field, "BASE_TYPE_BAD_LENGTH", `Must be between ${min} and ${max} in length.`);
export const badChoice = (field: string, choices: readonly unknown[]) =>
  invalidField(field, "BASE_TYPE_CHOICES", `Value must be one of (${choices.join(", ")}).`);
