ALTER TABLE "WalletAccount" ADD COLUMN "adultProvenAt" TIMESTAMPTZ(3);

ALTER TABLE "Activity" ADD COLUMN "movedAt" TIMESTAMPTZ(3);

ALTER TABLE "VolunteerHours"
  ADD COLUMN "pointsDue" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "pointsGiven" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "withheld" TEXT,
  ADD COLUMN "outdatedOfferId" UUID;

-- What the sweeps look for is rare among all hours.
CREATE INDEX "VolunteerHours_withheld_idx" ON "VolunteerHours" ("createdAt") WHERE "withheld" IS NOT NULL;
CREATE INDEX "VolunteerHours_outdated_idx" ON "VolunteerHours" ("id") WHERE "outdatedOfferId" IS NOT NULL;
