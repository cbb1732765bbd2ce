-- Up Migration
ALTER TABLE ledger.generations
  ADD COLUMN private boolean NOT NULL DEFAULT false,
  ADD COLUMN retired_at timestamptz,
  ADD COLUMN error text;
COMMENT ON COLUMN ledger.generations.private IS 'A named or bounded replay: to be queried, never activated, not followed.';
COMMENT ON COLUMN ledger.generations.retired_at IS 'When another generation took its place; it is followed for a while after that.';

CREATE TABLE ledger.replays (
  replay_id text COLLATE "C" PRIMARY KEY,
  -- Names the advisory lock that the process holds which works on it.
  lock_id integer GENERATED ALWAYS AS IDENTITY,
  projection text COLLATE "C" NOT NULL,
  generation integer NOT NULL,
  name text COLLATE "C" UNIQUE,
  request jsonb NOT NULL,
  ranges jsonb NOT NULL,
  events bigint NOT NULL DEFAULT 0,
  events_per_s double precision,
  started_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  expires_at timestamptz,
  manifest jsonb,
  UNIQUE (projection, generation),
  FOREIGN KEY (projection, generation) REFERENCES ledger.generations
);
COMMENT ON TABLE ledger.replays IS 'Generations that a replay built: what was asked for, how far it is, and its manifest.';

-- Down Migration
DROP TABLE ledger.replays;
ALTER TABLE ledger.generations DROP COLUMN private, DROP COLUMN retired_at, DROP COLUMN error;
