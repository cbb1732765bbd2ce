// What the doctor looks at.
import type { Pool } from 'pg';
import type { GroupAdmin } from '../../log/kafka/group-admin.ts';
import type { Reading } from '../../log/reading.ts';
import type { Config } from '../../platform/config.ts';
import type { LogParts } from '../parts.ts';

export interface Patient extends LogParts {
  readonly config: Config;
  readonly reading: Reading;
  readonly groups: GroupAdmin;
  readonly pool: Pool;
  readonly signal: AbortSignal;
}
