import type { AccessStore } from "./access.ts";
import type { AmbientStore } from "./ambient.ts";
import type { ApprovalStore } from "./approvals.ts";
import type { AuditStore } from "./audit.ts";
import type { ChatStore } from "./chats.ts";
import type { CleanUpStore } from "./clean-up.ts";
import type { CompactionStore } from "./compactions.ts";
import type { InboxStore } from "./inbox.ts";
import type { UsageStore } from "./limits.ts";
import type { OutboxStore } from "./outbox.ts";
import type { PrivacyStore } from "./privacy.ts";
import type { RecallStore } from "./recall.ts";
import type { RunStore } from "./runs.ts";
import type { VaultStore } from "./vault.ts";

/**
 * Everything that must survive. Asynchronous; a promise that resolved means "committed to disk", one that was rejected
 * means "nothing was written". `docs/stores.md` explains how to write another one; one contract suite runs over each.
 */
export interface Store
  extends InboxStore,
    RunStore,
    OutboxStore,
    ChatStore,
    VaultStore,
    AccessStore,
    AuditStore,
    UsageStore,
    PrivacyStore,
    AmbientStore,
    CompactionStore,
    ApprovalStore,
    RecallStore,
    CleanUpStore {
  /** Try to write something that nobody sees. Resolves if the store takes writes. @throws StoreError as other writes do */
  probe(): Promise<void>;
  /** Whether another process (the command line) has written since this was asked last. Cheap. */
  changedElsewhere(): boolean;
  /** Finish what is being committed and let go of the data; a second call does nothing. */
  close(): Promise<void>;
}

export type StoreErrorCode =
  /** Another process has the data folder, or goes on writing into it for longer than can be waited for. */
  | "locked"
  /** The folder or file cannot be written: permissions, read-only, full. */
  | "unwritable"
  /** The file is no database, damaged, or written by a newer version. Nothing is written any more until a restart. */
  | "unusable"
  /** The store was closed. */
  | "closed";

/** The store cannot do its work. The message says what to do; it holds no content. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "StoreError";
    this.code = code;
  }
}
