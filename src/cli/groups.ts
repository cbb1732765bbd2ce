// CLI room: the consumer groups in which the processes of a ledger share its partitions.

export interface Groups {
  readonly writer: string;
  readonly projector: string;
}

export function groupsOf(topicPrefix: string): Groups {
  return { writer: `${topicPrefix}.writer`, projector: `${topicPrefix}.projector` };
}
