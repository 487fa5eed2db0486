-- Sums of points since the beginning, as the chain has them.
CREATE TABLE "PointTotal" (
    "name" TEXT NOT NULL,
    "points" BIGINT NOT NULL,
    CONSTRAINT "PointTotal_pkey" PRIMARY KEY ("name")
);

-- What waits for the chain is little beside what has been there: these stay small.
CREATE INDEX "Award_unsettled" ON "Award" ("programmeId", "day", "createdAt") WHERE "status" IN ('pending', 'batched');
CREATE INDEX "Redemption_unsettled" ON "Redemption" ("heldAt", "id") WHERE "status" IN ('held', 'batched');
-- The events of one transaction, for the tree over a batch of payments.
CREATE INDEX "ChainEvent_txHash_idx" ON "ChainEvent" ("txHash");
