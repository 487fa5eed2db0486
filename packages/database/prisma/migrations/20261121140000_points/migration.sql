-- Points, payments and volunteering.

CREATE TABLE "WalletAccount" (
  "id" UUID NOT NULL,
  "number" TEXT NOT NULL,
  "subjectId" UUID NOT NULL,
  "address" TEXT NOT NULL,
  "publicJwk" JSONB NOT NULL,
  "jkt" TEXT NOT NULL,
  "status" TEXT NOT NULL,
  "held" BIGINT NOT NULL DEFAULT 0,
  "lastNonce" INTEGER NOT NULL DEFAULT 0,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "WalletAccount_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "HolderEpoch" (
  "address" TEXT NOT NULL,
  "epoch" INTEGER NOT NULL,
  "points" BIGINT NOT NULL,
  CONSTRAINT "HolderEpoch_pkey" PRIMARY KEY ("address", "epoch")
);

CREATE TABLE "Recovery" (
  "id" UUID NOT NULL,
  "fromAccountId" UUID NOT NULL,
  "toAccountId" UUID NOT NULL,
  "status" TEXT NOT NULL,
  "leftover" BOOLEAN NOT NULL DEFAULT false,
  "requestedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "readyAt" TIMESTAMPTZ(3),
  "endedAt" TIMESTAMPTZ(3),
  CONSTRAINT "Recovery_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Programme" (
  "id" INTEGER NOT NULL,
  "slug" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "nameKo" TEXT NOT NULL,
  "nameEn" TEXT NOT NULL,
  "descriptionKo" TEXT NOT NULL,
  "descriptionEn" TEXT NOT NULL,
  "ownerKo" TEXT NOT NULL,
  "ownerEn" TEXT NOT NULL,
  "budget" BIGINT NOT NULL,
  "periodDays" INTEGER NOT NULL,
  "dayLimit" INTEGER NOT NULL,
  "startDay" INTEGER NOT NULL,
  "endDay" INTEGER NOT NULL,
  "rules" JSONB NOT NULL,
  "status" TEXT NOT NULL,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "Programme_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Award" (
  "id" UUID NOT NULL,
  "programmeId" INTEGER NOT NULL,
  "accountId" UUID NOT NULL,
  "address" TEXT NOT NULL,
  "points" INTEGER NOT NULL,
  "ruleId" TEXT NOT NULL,
  "reasonKo" TEXT NOT NULL,
  "reasonEn" TEXT NOT NULL,
  "source" TEXT NOT NULL,
  "idempotencyKey" TEXT NOT NULL,
  "requestHash" TEXT NOT NULL,
  "day" INTEGER NOT NULL,
  "salt" BYTEA NOT NULL,
  "hash" TEXT NOT NULL,
  "status" TEXT NOT NULL DEFAULT 'pending',
  "root" TEXT,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "confirmedAt" TIMESTAMPTZ(3),
  CONSTRAINT "Award_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "AwardBatch" (
  "root" TEXT NOT NULL,
  "programmeId" INTEGER NOT NULL,
  "day" INTEGER NOT NULL,
  "leafCount" INTEGER NOT NULL,
  "entries" TEXT[],
  "total" BIGINT NOT NULL,
  "status" TEXT NOT NULL,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "AwardBatch_pkey" PRIMARY KEY ("root")
);

CREATE TABLE "ProgrammeSpending" (
  "programmeId" INTEGER NOT NULL,
  "day" INTEGER NOT NULL,
  "points" BIGINT NOT NULL,
  CONSTRAINT "ProgrammeSpending_pkey" PRIMARY KEY ("programmeId", "day")
);

CREATE TABLE "Correction" (
  "id" BIGSERIAL NOT NULL,
  "awardId" UUID,
  "accountId" UUID NOT NULL,
  "address" TEXT NOT NULL,
  "programmeId" INTEGER NOT NULL,
  "amount" BIGINT NOT NULL,
  "reason" TEXT NOT NULL,
  "reasonHash" TEXT NOT NULL,
  "proposedBy" TEXT NOT NULL,
  "approvedBy" TEXT,
  "status" TEXT NOT NULL,
  "debited" BIGINT,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "settledAt" TIMESTAMPTZ(3),
  CONSTRAINT "Correction_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "ChainCommand" (
  "id" BIGSERIAL NOT NULL,
  "key" TEXT NOT NULL,
  "signer" TEXT NOT NULL,
  "call" TEXT NOT NULL,
  "args" JSONB NOT NULL,
  "status" TEXT NOT NULL DEFAULT 'pending',
  "reason" TEXT,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "ChainCommand_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Payee" (
  "id" SERIAL NOT NULL,
  "kind" TEXT NOT NULL,
  "nameKo" TEXT NOT NULL,
  "nameEn" TEXT NOT NULL,
  "descriptionKo" TEXT NOT NULL DEFAULT '',
  "descriptionEn" TEXT NOT NULL DEFAULT '',
  "businessNo" TEXT,
  "category" TEXT,
  "districtCode" TEXT,
  "address" TEXT,
  "phone" TEXT,
  "status" TEXT NOT NULL,
  "decision" TEXT,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "Payee_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "PaymentRequest" (
  "id" UUID NOT NULL,
  "payeeId" INTEGER NOT NULL,
  "amount" BIGINT NOT NULL,
  "accountId" UUID,
  "createdBy" TEXT NOT NULL,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expiresAt" TIMESTAMPTZ(3) NOT NULL,
  "state" TEXT NOT NULL DEFAULT 'open',
  "redemptionId" UUID,
  CONSTRAINT "PaymentRequest_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Redemption" (
  "id" UUID NOT NULL,
  "accountId" UUID NOT NULL,
  "address" TEXT NOT NULL,
  "payeeId" INTEGER NOT NULL,
  "kind" TEXT NOT NULL,
  "amount" BIGINT NOT NULL,
  "nonce" INTEGER NOT NULL,
  "deadline" BIGINT NOT NULL,
  "signature" BYTEA NOT NULL,
  "digest" TEXT NOT NULL,
  "requestId" UUID,
  "via" TEXT NOT NULL,
  "status" TEXT NOT NULL DEFAULT 'held',
  "failure" TEXT,
  "batchId" UUID,
  "heldAt" TIMESTAMPTZ(3) NOT NULL,
  "settledAt" TIMESTAMPTZ(3),
  "epoch" INTEGER,
  "fromPrevious" BIGINT,
  "hash" TEXT,
  "refunded" BIGINT NOT NULL DEFAULT 0,
  CONSTRAINT "Redemption_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "RedemptionBatch" (
  "id" UUID NOT NULL,
  "ids" TEXT[],
  "status" TEXT NOT NULL,
  "root" TEXT,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "RedemptionBatch_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Refund" (
  "id" UUID NOT NULL,
  "redemptionId" UUID NOT NULL,
  "payeeId" INTEGER NOT NULL,
  "amount" BIGINT NOT NULL,
  "reason" TEXT NOT NULL,
  "createdBy" TEXT NOT NULL,
  "idempotencyKey" TEXT NOT NULL,
  "status" TEXT NOT NULL,
  "credited" BIGINT,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "settledAt" TIMESTAMPTZ(3),
  CONSTRAINT "Refund_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Settlement" (
  "id" UUID NOT NULL,
  "payeeId" INTEGER NOT NULL,
  "fromDate" TEXT NOT NULL,
  "toDate" TEXT NOT NULL,
  "payments" INTEGER NOT NULL,
  "gross" BIGINT NOT NULL,
  "refunded" BIGINT NOT NULL,
  "net" BIGINT NOT NULL,
  "status" TEXT NOT NULL,
  "fileHash" TEXT NOT NULL,
  "closedBy" TEXT NOT NULL,
  "closedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "paidAt" TIMESTAMPTZ(3),
  "reference" TEXT,
  CONSTRAINT "Settlement_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "CurrencyTransfer" (
  "redemptionId" UUID NOT NULL,
  "accountId" UUID NOT NULL,
  "amount" BIGINT NOT NULL,
  "status" TEXT NOT NULL,
  "reference" TEXT,
  "attempts" INTEGER NOT NULL DEFAULT 0,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "sentAt" TIMESTAMPTZ(3),
  CONSTRAINT "CurrencyTransfer_pkey" PRIMARY KEY ("redemptionId")
);

CREATE TABLE "Organisation" (
  "id" UUID NOT NULL,
  "nameKo" TEXT NOT NULL,
  "nameEn" TEXT NOT NULL,
  "registrationNo" TEXT NOT NULL,
  "phone" TEXT,
  "status" TEXT NOT NULL,
  "decision" TEXT,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "Organisation_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Activity" (
  "id" UUID NOT NULL,
  "organisationId" UUID NOT NULL,
  "seriesId" UUID,
  "titleKo" TEXT NOT NULL,
  "titleEn" TEXT NOT NULL,
  "descriptionKo" TEXT NOT NULL,
  "descriptionEn" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "place" TEXT NOT NULL,
  "address" TEXT NOT NULL,
  "latitude" DOUBLE PRECISION NOT NULL,
  "longitude" DOUBLE PRECISION NOT NULL,
  "districtCode" TEXT NOT NULL,
  "startsAt" TIMESTAMPTZ(3) NOT NULL,
  "endsAt" TIMESTAMPTZ(3) NOT NULL,
  "places" INTEGER NOT NULL,
  "minAge" INTEGER,
  "maxAge" INTEGER,
  "template" TEXT,
  "params" JSONB,
  "minutes" INTEGER NOT NULL,
  "programmeId" INTEGER,
  "pointsPerHour" INTEGER NOT NULL DEFAULT 0,
  "school" BOOLEAN NOT NULL DEFAULT false,
  "status" TEXT NOT NULL,
  "cancelReason" TEXT,
  "createdBy" TEXT NOT NULL,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "publishedAt" TIMESTAMPTZ(3),
  CONSTRAINT "Activity_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Signup" (
  "id" UUID NOT NULL,
  "activityId" UUID NOT NULL,
  "accountId" UUID NOT NULL,
  "groupId" UUID,
  "status" TEXT NOT NULL,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "changedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "Signup_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "GuardianConsent" (
  "id" UUID NOT NULL,
  "signupId" UUID NOT NULL,
  "tokenHash" TEXT NOT NULL,
  "guardianId" UUID,
  "status" TEXT NOT NULL,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expiresAt" TIMESTAMPTZ(3) NOT NULL,
  "answeredAt" TIMESTAMPTZ(3),
  CONSTRAINT "GuardianConsent_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Attendance" (
  "signupId" UUID NOT NULL,
  "activityId" UUID NOT NULL,
  "accountId" UUID NOT NULL,
  "checkedInAt" TIMESTAMPTZ(3) NOT NULL,
  "checkedInBy" TEXT NOT NULL,
  "checkedOutAt" TIMESTAMPTZ(3),
  "checkedOutBy" TEXT,
  "minutes" INTEGER,
  "status" TEXT NOT NULL,
  "note" TEXT,
  "disputeReason" TEXT,
  "disputedAt" TIMESTAMPTZ(3),
  "decidedBy" TEXT,
  CONSTRAINT "Attendance_pkey" PRIMARY KEY ("signupId")
);

CREATE TABLE "VolunteerHours" (
  "id" UUID NOT NULL,
  "accountId" UUID,
  "subjectId" UUID NOT NULL,
  "activityId" UUID,
  "organisationKo" TEXT NOT NULL,
  "titleKo" TEXT NOT NULL,
  "titleEn" TEXT NOT NULL,
  "date" TEXT NOT NULL,
  "minutes" INTEGER NOT NULL,
  "school" BOOLEAN NOT NULL DEFAULT false,
  "source" TEXT NOT NULL,
  "awardId" UUID,
  "offerId" UUID,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "VolunteerHours_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "VolunteerGroup" (
  "id" UUID NOT NULL,
  "name" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "joinCode" TEXT NOT NULL,
  "leaderId" UUID NOT NULL,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "VolunteerGroup_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "GroupMember" (
  "groupId" UUID NOT NULL,
  "accountId" UUID NOT NULL,
  "joinedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "GroupMember_pkey" PRIMARY KEY ("groupId", "accountId")
);

CREATE TABLE "HoursImport" (
  "id" UUID NOT NULL,
  "fileHash" TEXT NOT NULL,
  "createdBy" TEXT NOT NULL,
  "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "rows" JSONB,
  "added" INTEGER NOT NULL,
  "unchanged" INTEGER NOT NULL,
  "appliedAt" TIMESTAMPTZ(3),
  CONSTRAINT "HoursImport_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "WalletAccount_number_key" ON "WalletAccount" ("number");
CREATE UNIQUE INDEX "WalletAccount_address_key" ON "WalletAccount" ("address");
CREATE UNIQUE INDEX "WalletAccount_jkt_key" ON "WalletAccount" ("jkt");
CREATE INDEX "WalletAccount_subjectId_idx" ON "WalletAccount" ("subjectId");
CREATE INDEX "Recovery_fromAccountId_idx" ON "Recovery" ("fromAccountId");
CREATE INDEX "Recovery_toAccountId_idx" ON "Recovery" ("toAccountId");
CREATE UNIQUE INDEX "Programme_slug_key" ON "Programme" ("slug");
CREATE UNIQUE INDEX "Award_hash_key" ON "Award" ("hash");
CREATE UNIQUE INDEX "Award_programmeId_idempotencyKey_key" ON "Award" ("programmeId", "idempotencyKey");
CREATE INDEX "Award_accountId_createdAt_idx" ON "Award" ("accountId", "createdAt");
CREATE INDEX "Award_programmeId_createdAt_idx" ON "Award" ("programmeId", "createdAt");
CREATE INDEX "Award_root_idx" ON "Award" ("root");
CREATE INDEX "AwardBatch_status_idx" ON "AwardBatch" ("status");
CREATE INDEX "Correction_accountId_idx" ON "Correction" ("accountId");
CREATE INDEX "Correction_status_idx" ON "Correction" ("status");
CREATE UNIQUE INDEX "ChainCommand_key_key" ON "ChainCommand" ("key");
CREATE INDEX "ChainCommand_status_id_idx" ON "ChainCommand" ("status", "id");
CREATE UNIQUE INDEX "Payee_businessNo_key" ON "Payee" ("businessNo");
CREATE INDEX "Payee_kind_status_idx" ON "Payee" ("kind", "status");
CREATE INDEX "PaymentRequest_payeeId_createdAt_idx" ON "PaymentRequest" ("payeeId", "createdAt");
CREATE INDEX "PaymentRequest_accountId_createdAt_idx" ON "PaymentRequest" ("accountId", "createdAt");
CREATE UNIQUE INDEX "Redemption_digest_key" ON "Redemption" ("digest");
CREATE UNIQUE INDEX "Redemption_requestId_key" ON "Redemption" ("requestId");
CREATE UNIQUE INDEX "Redemption_accountId_nonce_key" ON "Redemption" ("accountId", "nonce");
CREATE INDEX "Redemption_accountId_heldAt_idx" ON "Redemption" ("accountId", "heldAt");
CREATE INDEX "Redemption_payeeId_heldAt_idx" ON "Redemption" ("payeeId", "heldAt");
CREATE INDEX "Redemption_status_heldAt_idx" ON "Redemption" ("status", "heldAt");
CREATE INDEX "Redemption_batchId_idx" ON "Redemption" ("batchId");
CREATE INDEX "RedemptionBatch_status_idx" ON "RedemptionBatch" ("status");
CREATE UNIQUE INDEX "Refund_payeeId_idempotencyKey_key" ON "Refund" ("payeeId", "idempotencyKey");
CREATE INDEX "Refund_redemptionId_idx" ON "Refund" ("redemptionId");
CREATE INDEX "Refund_payeeId_createdAt_idx" ON "Refund" ("payeeId", "createdAt");
CREATE UNIQUE INDEX "Settlement_payeeId_fromDate_key" ON "Settlement" ("payeeId", "fromDate");
CREATE INDEX "CurrencyTransfer_status_idx" ON "CurrencyTransfer" ("status");
CREATE UNIQUE INDEX "Organisation_registrationNo_key" ON "Organisation" ("registrationNo");
CREATE INDEX "Activity_organisationId_startsAt_idx" ON "Activity" ("organisationId", "startsAt");
CREATE INDEX "Activity_status_startsAt_idx" ON "Activity" ("status", "startsAt");
CREATE INDEX "Activity_seriesId_idx" ON "Activity" ("seriesId");
CREATE UNIQUE INDEX "Signup_activityId_accountId_key" ON "Signup" ("activityId", "accountId");
CREATE INDEX "Signup_accountId_idx" ON "Signup" ("accountId");
CREATE UNIQUE INDEX "GuardianConsent_signupId_key" ON "GuardianConsent" ("signupId");
CREATE UNIQUE INDEX "GuardianConsent_tokenHash_key" ON "GuardianConsent" ("tokenHash");
CREATE INDEX "Attendance_activityId_idx" ON "Attendance" ("activityId");
CREATE INDEX "Attendance_accountId_checkedInAt_idx" ON "Attendance" ("accountId", "checkedInAt");
CREATE UNIQUE INDEX "VolunteerHours_source_key" ON "VolunteerHours" ("source");
CREATE INDEX "VolunteerHours_subjectId_date_idx" ON "VolunteerHours" ("subjectId", "date");
CREATE INDEX "VolunteerHours_accountId_date_idx" ON "VolunteerHours" ("accountId", "date");
CREATE UNIQUE INDEX "VolunteerGroup_joinCode_key" ON "VolunteerGroup" ("joinCode");
CREATE INDEX "VolunteerGroup_leaderId_idx" ON "VolunteerGroup" ("leaderId");
CREATE INDEX "GroupMember_accountId_idx" ON "GroupMember" ("accountId");
CREATE INDEX "HoursImport_fileHash_idx" ON "HoursImport" ("fileHash");
ALTER TABLE "GroupMember" ADD CONSTRAINT "GroupMember_groupId_fkey" FOREIGN KEY ("groupId") REFERENCES "VolunteerGroup" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "Staff" ADD COLUMN "organisationId" UUID, ADD COLUMN "payeeId" INTEGER, ADD COLUMN "programmeId" INTEGER;
ALTER TABLE "ApiKey" ADD COLUMN "organisationId" UUID, ADD COLUMN "payeeId" INTEGER, ADD COLUMN "programmeId" INTEGER;
ALTER TABLE "Offer" ALTER COLUMN "txCodeHash" DROP NOT NULL, ADD COLUMN "accountId" UUID, ADD COLUMN "sealedFacts" BYTEA;
CREATE INDEX "Offer_accountId_idx" ON "Offer" ("accountId");

-- What the columns must never say, whoever writes them.
CREATE UNIQUE INDEX "WalletAccount_one_open" ON "WalletAccount" ("subjectId") WHERE "status" = 'open';
ALTER TABLE "WalletAccount" ADD CONSTRAINT "WalletAccount_held_not_negative" CHECK ("held" >= 0);
ALTER TABLE "Redemption" ADD CONSTRAINT "Redemption_refunded_within" CHECK ("refunded" BETWEEN 0 AND "amount");
ALTER TABLE "Redemption" ADD CONSTRAINT "Redemption_amount_positive" CHECK ("amount" > 0);
ALTER TABLE "Award" ADD CONSTRAINT "Award_points_range" CHECK ("points" BETWEEN 1 AND 65535);
