-- Up Migration
CREATE TABLE ledger.sweep_days (
  day date PRIMARY KEY,
  sweeps integer NOT NULL DEFAULT 0,
  held_back integer NOT NULL DEFAULT 0,
  proposed integer NOT NULL DEFAULT 0,
  expired integer NOT NULL DEFAULT 0,
  refused integer NOT NULL DEFAULT 0,
  reported_at timestamptz
);
COMMENT ON TABLE ledger.sweep_days IS 'What the sweeper did on each day, UTC; held_back: sweeps given up because a writer was behind.';

CREATE TABLE ledger.chores (
  name text COLLATE "C" PRIMARY KEY,
  done_at timestamptz NOT NULL
);
COMMENT ON TABLE ledger.chores IS 'When each regular chore was done last, by whichever process.';

-- Down Migration
DROP TABLE ledger.chores;
DROP TABLE ledger.sweep_days;
