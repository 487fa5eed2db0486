-- One sender for every capability, and one reader of what the chain says.

-- Whose way to the chain a batch goes: the anchoring's own, or with a transaction of another lane.
ALTER TABLE "AnchorBatch" ADD COLUMN "lane" TEXT NOT NULL DEFAULT 'anchoring';

-- The newest block when it was last handed to the node: stuck is what later blocks left out.
ALTER TABLE "ChainTransaction" ADD COLUMN "sentBlock" INTEGER;
CREATE INDEX "ChainTransaction_status_idx" ON "ChainTransaction"("status");

CREATE TABLE "ChainEvent" (
    "block" INTEGER NOT NULL,
    "index" INTEGER NOT NULL,
    "blockHash" TEXT NOT NULL,
    "blockTime" INTEGER NOT NULL,
    "txHash" TEXT NOT NULL,
    "contract" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "args" JSONB NOT NULL,
    CONSTRAINT "ChainEvent_pkey" PRIMARY KEY ("block", "index")
);

CREATE TABLE "ReaderCursor" (
    "id" INTEGER NOT NULL,
    "block" INTEGER NOT NULL,
    "blockHash" TEXT NOT NULL,
    "handles" TEXT[],
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "ReaderCursor_pkey" PRIMARY KEY ("id")
);
