-- Up Migration
CREATE TABLE ledger.customers (
  customer_id text COLLATE "C" PRIMARY KEY,
  name text,
  email text,
  contact_point text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE ledger.customers IS 'Personal data, which is here and nowhere else; erasing a row leaves the ledger whole.';

CREATE TABLE ledger.dead_letters (
  dead_letter_id uuid PRIMARY KEY,
  consumer text COLLATE "C" NOT NULL,
  order_id text COLLATE "C",
  attempts integer NOT NULL,
  first_at timestamptz NOT NULL,
  last_at timestamptz NOT NULL,
  error text NOT NULL,
  partition integer NOT NULL,
  journal_offset bigint NOT NULL,
  status text COLLATE "C" NOT NULL CHECK (status IN ('parked', 'retrying', 'discarding', 'resolved', 'discarded', 'refused')),
  reason text
);
COMMENT ON TABLE ledger.dead_letters IS 'What a worker gave up, as the topic of dead letters tells it.';
CREATE INDEX dead_letters_newest ON ledger.dead_letters (last_at DESC, dead_letter_id DESC);
CREATE INDEX dead_letters_open ON ledger.dead_letters (consumer, last_at DESC) WHERE status = 'parked';

CREATE TABLE ledger.dead_letters_checkpoint (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  next_offset bigint NOT NULL CHECK (next_offset >= 0)
);
COMMENT ON TABLE ledger.dead_letters_checkpoint IS 'Next offset of the topic of dead letters; changes in the same transaction as the rows.';
INSERT INTO ledger.dead_letters_checkpoint (next_offset) VALUES (0);

-- Down Migration
DROP TABLE ledger.dead_letters_checkpoint;
DROP TABLE ledger.dead_letters;
DROP TABLE ledger.customers;
