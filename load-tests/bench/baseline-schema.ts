// The tables of the Postgres baseline and the one statement that places an order in them. It gives Postgres its best:
// no foreign keys, no index beyond the keys, room for in-page updates, and the contended row locked as late as possible.

/** Made in a database of its own. */
export const baselineSchema = `
CREATE TABLE api_keys (hash bytea PRIMARY KEY, key_id text NOT NULL, customer_id text NOT NULL);

CREATE TABLE products (
  product_id text PRIMARY KEY,
  price_amount bigint NOT NULL,
  price_currency text NOT NULL,
  on_hand bigint NOT NULL,
  held bigint NOT NULL DEFAULT 0,
  CHECK (held BETWEEN 0 AND on_hand)
) WITH (fillfactor = 50);

CREATE TABLE orders (
  order_id uuid PRIMARY KEY,
  caller text NOT NULL,
  idempotency_key text NOT NULL,
  fingerprint bytea NOT NULL,
  customer_id text NOT NULL,
  status text NOT NULL,
  total_amount bigint NOT NULL,
  currency text NOT NULL,
  priority text NOT NULL,
  payment text NOT NULL,
  reference text,
  metadata jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (caller, idempotency_key)
);

CREATE TABLE order_lines (
  order_id uuid NOT NULL,
  product_id text NOT NULL,
  quantity bigint NOT NULL,
  unit_price_amount bigint NOT NULL,
  priority text NOT NULL,
  PRIMARY KEY (order_id, product_id)
);

CREATE FUNCTION place_order(
  p_caller text, p_key text, p_fingerprint bytea, p_customer text, p_priority text, p_payment text,
  p_reference text, p_metadata jsonb, p_products text[], p_quantities bigint[], p_priorities text[]
) RETURNS TABLE (repeated boolean, id uuid, print bytea, at timestamptz, amounts bigint[], unit text)
LANGUAGE plpgsql AS $$
BEGIN
  id := uuidv7();
  at := now();
  print := p_fingerprint;
  repeated := false;
  SELECT array_agg(price_amount ORDER BY place), min(price_currency) INTO amounts, unit
    FROM unnest(p_products) WITH ORDINALITY AS wanted (product, place) JOIN products ON product_id = product;
  IF coalesce(array_length(amounts, 1), 0) < array_length(p_products, 1) THEN
    RAISE EXCEPTION 'unknown product' USING ERRCODE = 'OL404';
  END IF;
  INSERT INTO orders VALUES (
    id, p_caller, p_key, p_fingerprint, p_customer, 'PENDING',
    (SELECT sum(amount * quantity) FROM unnest(amounts, p_quantities) AS line (amount, quantity)),
    unit, p_priority, p_payment, p_reference, p_metadata, at
  ) ON CONFLICT (caller, idempotency_key) DO NOTHING;
  IF NOT FOUND THEN
    SELECT true, order_id, fingerprint, created_at INTO repeated, id, print, at
      FROM orders WHERE caller = p_caller AND idempotency_key = p_key;
    SELECT array_agg(unit_price_amount ORDER BY product_id) INTO amounts FROM order_lines WHERE order_id = id;
    RETURN NEXT;
    RETURN;
  END IF;
  INSERT INTO order_lines SELECT id, * FROM unnest(p_products, p_quantities, amounts, p_priorities);
  -- The caller sorts the products, so that two orders never wait for each other in a circle.
  FOR line IN 1 .. array_length(p_products, 1) LOOP
    UPDATE products SET held = held + p_quantities[line]
      WHERE product_id = p_products[line] AND on_hand - held >= p_quantities[line];
    IF NOT FOUND THEN
      RAISE EXCEPTION 'out of stock' USING ERRCODE = 'OL409';
    END IF;
  END LOOP;
  RETURN NEXT;
END $$;
`;

/** One round trip and one durable transaction. */
export const placeOrderStatement = {
  name: 'place_order',
  text: 'SELECT * FROM place_order($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)',
} as const;
