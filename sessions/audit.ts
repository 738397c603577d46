/** Who changed what: written in the transaction of the change itself, and never changed or removed by the program. */
export interface AuditEntry {
  /** Grows with time. */
  id: number;
  /** Epoch ms. */
  at: number;
  /** `platform:user`, or `cli:name`; `platform` where ids turned out to be one person's. */
  by: string;
  /** Such as `setting strategy`, `access`, `pairing`, `owner`, `owner code`, `answers stopped`, `sessions forgotten`, `delivery 12`. */
  what: string;
  /** `platform[@account]:chat`, with `#thread` behind it; a user, a server or a platform for what concerns those. */
  where: string;
  /** `null`: there was nothing. */
  from: string | null;
  /** `null`: it was taken away. */
  to: string | null;
}

/** Whose doing something is, and where. */
export type AuditOrigin = Pick<AuditEntry, "by" | "where">;

export interface AuditStore {
  /** Newest first. `where` selects a place with everything in it. Default limit 100. */
  audit(filter?: { where?: string; limit?: number }): Promise<AuditEntry[]>;
  /** For what is no change of settings or access; those write their entries themselves. */
  addAudit(entry: Omit<AuditEntry, "id" | "at">): Promise<void>;
}
