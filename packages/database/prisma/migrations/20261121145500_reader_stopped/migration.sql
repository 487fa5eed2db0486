-- The block of an event that the reader can neither apply nor pass; empty while it goes on.
ALTER TABLE "ReaderCursor" ADD COLUMN "stoppedAt" INTEGER;
