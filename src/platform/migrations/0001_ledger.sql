-- Up Migration
CREATE SCHEMA IF NOT EXISTS live;
COMMENT ON SCHEMA live IS 'What people may read: one view for each table of the active generations.';

CREATE TABLE ledger.generations (
  projection text COLLATE "C" NOT NULL,
  generation integer NOT NULL CHECK (generation > 0),
  schema_name text COLLATE "C" NOT NULL UNIQUE,
  version integer NOT NULL,
  definition_hash text NOT NULL,
  status text NOT NULL CHECK (status IN ('running', 'caught_up', 'active', 'retired', 'failed', 'dropped')),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (projection, generation)
);
COMMENT ON TABLE ledger.generations IS 'Every build of a projection, with the schema that holds its tables.';

CREATE TABLE ledger.active_generations (
  projection text COLLATE "C" PRIMARY KEY,
  generation integer NOT NULL,
  FOREIGN KEY (projection, generation) REFERENCES ledger.generations
);
COMMENT ON TABLE ledger.active_generations IS 'The generation that is read; changing the row is the activation.';

-- Rewritten with every batch: free space in each page lets the new version of a row stay beside the old one.
CREATE TABLE ledger.checkpoints (
  projection text COLLATE "C" NOT NULL,
  generation integer NOT NULL,
  partition integer NOT NULL,
  next_offset bigint NOT NULL CHECK (next_offset >= 0),
  PRIMARY KEY (projection, generation, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE ledger.checkpoints IS 'Next journal offset to apply; changes in the same transaction as the rows.';

CREATE TABLE ledger.api_keys (
  key_id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  role text NOT NULL,
  customer_id text,
  hash bytea NOT NULL UNIQUE,
  prefix text NOT NULL,
  scopes text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);
COMMENT ON TABLE ledger.api_keys IS 'Credentials; the key itself is kept nowhere, only its SHA-256.';

-- Down Migration
DROP TABLE ledger.api_keys;
DROP TABLE ledger.checkpoints;
DROP TABLE ledger.active_generations;
DROP TABLE ledger.generations;
DROP SCHEMA live;
