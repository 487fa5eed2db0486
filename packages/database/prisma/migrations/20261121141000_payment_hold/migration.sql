-- Holding a payment, in one round trip. It is the hottest write there is, and as statements of their own its steps would
-- hold the account's lock over five of them. In PL/pgSQL each step sees what was committed when it began: the balance is
-- read after the lock was taken, so that two payments at once, or a payment and its settlement, cannot both count on
-- the same points. (As one big statement it would be read as of before the wait.)

-- What a holder may spend now. The years are those whose points are still good; the caller knows the calendar.
CREATE FUNCTION "spendable"(p_address TEXT, p_oldest INTEGER, p_newest INTEGER, p_held BIGINT) RETURNS BIGINT
LANGUAGE sql STABLE AS $$
  SELECT GREATEST(0, COALESCE(SUM("points"), 0)::BIGINT - p_held)
  FROM "HolderEpoch" WHERE "address" = p_address AND "epoch" BETWEEN p_oldest AND p_newest
$$;

CREATE FUNCTION "hold_payment"(
  p_id UUID, p_address TEXT, p_payee INTEGER, p_amount BIGINT, p_nonce INTEGER, p_deadline BIGINT, p_signature BYTEA,
  p_digest TEXT, p_request UUID, p_via TEXT,
  p_now TIMESTAMPTZ, p_oldest INTEGER, p_newest INTEGER, p_expiring INTEGER, p_today TIMESTAMPTZ, p_codes_per_day INTEGER,
  -- 'held' | 'repeated', or the code of the refusal
  OUT outcome TEXT, OUT payment UUID, OUT "spendable" BIGINT, OUT "heldAt" TIMESTAMPTZ, OUT "status" TEXT,
  OUT "payeeKind" TEXT, OUT "payeeKo" TEXT, OUT "payeeEn" TEXT
)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  account "WalletAccount"%ROWTYPE;
  payee "Payee"%ROWTYPE;
  request "PaymentRequest"%ROWTYPE;
  earlier "Redemption"%ROWTYPE;
BEGIN
  SELECT * INTO account FROM "WalletAccount" WHERE "address" = p_address FOR UPDATE;
  IF NOT FOUND THEN outcome := 'wallet_unknown'; RETURN; END IF;
  "spendable" := "spendable"(p_address, p_oldest, p_newest, account."held");
  SELECT * INTO payee FROM "Payee" WHERE "id" = p_payee;
  "payeeKind" := payee."kind"; "payeeKo" := payee."nameKo"; "payeeEn" := payee."nameEn";

  IF p_nonce <= account."lastNonce" THEN
    SELECT * INTO earlier FROM "Redemption" WHERE "accountId" = account."id" AND "nonce" = p_nonce;
    payment := earlier."id"; "heldAt" := earlier."heldAt"; "status" := earlier."status";
    outcome := CASE WHEN earlier."digest" = p_digest AND earlier."requestId" IS NOT DISTINCT FROM p_request
      THEN 'repeated' ELSE 'code_used' END;
    RETURN;
  END IF;
  IF account."status" <> 'open' THEN outcome := 'account_frozen'; RETURN; END IF;
  IF EXISTS (SELECT 1 FROM "Setting" WHERE "key" = 'points.paused') THEN outcome := 'points_paused'; RETURN; END IF;

  IF payee."id" IS NULL OR payee."status" IN ('applied', 'approved', 'rejected') THEN
    outcome := 'payee_unknown'; RETURN;
  END IF;
  IF payee."status" <> 'active' THEN outcome := 'payee_frozen'; RETURN; END IF;

  IF payee."kind" = 'merchant' AND p_request IS NULL THEN outcome := 'request_needed'; RETURN; END IF;
  IF p_request IS NOT NULL THEN
    SELECT * INTO request FROM "PaymentRequest" WHERE "id" = p_request FOR UPDATE;
    outcome := CASE
      WHEN NOT FOUND THEN 'request_unknown'
      WHEN request."payeeId" <> p_payee THEN 'request_unknown'
      WHEN request."accountId" <> account."id" THEN 'request_of_another'
      WHEN request."state" = 'paid' THEN 'request_paid'
      WHEN request."state" <> 'open' THEN 'request_cancelled'
      WHEN request."expiresAt" <= p_now THEN 'request_expired'
      WHEN request."amount" <> p_amount THEN 'amount_differs'
    END;
    IF outcome IS NOT NULL THEN RETURN; END IF;
  END IF;

  IF p_via = 'code' AND p_codes_per_day <= (
    SELECT COUNT(*) FROM "Redemption"
    WHERE "accountId" = account."id" AND "heldAt" >= p_today AND "via" = 'code' AND "Redemption"."status" <> 'failed'
  ) THEN outcome := 'offline_limit'; RETURN; END IF;

  IF "spendable" < p_amount THEN
    outcome := CASE WHEN "spendable"(p_address, p_expiring, p_newest, account."held") >= p_amount
      THEN 'year_end' ELSE 'points_too_few' END;
    RETURN;
  END IF;

  INSERT INTO "Redemption" ("id", "accountId", "address", "payeeId", "kind", "amount", "nonce", "deadline", "signature",
    "digest", "requestId", "via", "status", "heldAt")
  VALUES (p_id, account."id", p_address, p_payee, payee."kind", p_amount, p_nonce, p_deadline, p_signature,
    p_digest, p_request, p_via, 'held', p_now);
  UPDATE "WalletAccount" SET "held" = "held" + p_amount, "lastNonce" = p_nonce WHERE "id" = account."id";
  IF p_request IS NOT NULL THEN
    UPDATE "PaymentRequest" SET "state" = 'paid', "redemptionId" = p_id WHERE "id" = p_request;
  END IF;
  IF payee."kind" = 'exchange' THEN
    INSERT INTO "CurrencyTransfer" ("redemptionId", "accountId", "amount", "status", "createdAt")
    VALUES (p_id, account."id", p_amount, 'pending', p_now);
  END IF;
  outcome := 'held'; payment := p_id; "spendable" := "spendable" - p_amount; "heldAt" := p_now; "status" := 'held';
END
$$;

-- A payee's statement is compared with the chain's own events.
CREATE INDEX "ChainEvent_payee_idx" ON "ChainEvent" (("args"->>'payee')) WHERE "name" IN ('Redeemed', 'Refunded');
