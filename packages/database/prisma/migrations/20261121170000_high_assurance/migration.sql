-- The person as the sign-in provider knows them.
ALTER TABLE "Resident" ADD COLUMN "identityMac" TEXT;
CREATE UNIQUE INDEX "Resident_identityMac_key" ON "Resident"("identityMac");

-- An offer is a right to one credential, however it was come by. Tokens and proofs are the authorization server's.
ALTER TABLE "Offer" ADD COLUMN "grant" TEXT NOT NULL DEFAULT 'pre-authorized_code';
ALTER TABLE "Offer" ALTER COLUMN "codeHash" DROP NOT NULL;
ALTER TABLE "Offer" DROP COLUMN "dpopJtis", DROP COLUMN "tokenHash", DROP COLUMN "tokenExpiresAt";

-- A credential gets fresh copies over the years: each batch is an answer of its own.
ALTER TABLE "Credential" DROP COLUMN "requestHash", DROP COLUMN "sealedResponse";

CREATE TABLE "CredentialBatch" (
    "id" UUID NOT NULL,
    "credentialId" UUID NOT NULL,
    "tokenHash" TEXT NOT NULL,
    "requestHash" TEXT NOT NULL,
    "sealedResponse" BYTEA,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "event" TEXT,
    "eventAt" TIMESTAMPTZ(3),
    CONSTRAINT "CredentialBatch_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "CredentialBatch_credentialId_tokenHash_key" ON "CredentialBatch"("credentialId", "tokenHash");
CREATE INDEX "CredentialBatch_createdAt_idx" ON "CredentialBatch"("createdAt");

CREATE TABLE "DeferredIssuance" (
    "id" UUID NOT NULL,
    "transactionHash" TEXT NOT NULL,
    "offerId" UUID NOT NULL,
    "agencyId" TEXT NOT NULL,
    "typeId" TEXT NOT NULL,
    "subjectId" UUID NOT NULL,
    "keys" JSONB NOT NULL,
    "requestHash" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "decidedBy" TEXT,
    "decidedAt" TIMESTAMPTZ(3),
    "reason" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "DeferredIssuance_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "DeferredIssuance_transactionHash_key" ON "DeferredIssuance"("transactionHash");
CREATE UNIQUE INDEX "DeferredIssuance_offerId_key" ON "DeferredIssuance"("offerId");
CREATE INDEX "DeferredIssuance_agencyId_state_createdAt_idx" ON "DeferredIssuance"("agencyId", "state", "createdAt");

CREATE TABLE "OauthRecord" (
    "kind" TEXT NOT NULL,
    "idHash" TEXT NOT NULL,
    "uidHash" TEXT,
    "grantId" TEXT,
    "sealed" BYTEA NOT NULL,
    "consumedAt" TIMESTAMPTZ(3),
    "expiresAt" TIMESTAMPTZ(3),
    CONSTRAINT "OauthRecord_pkey" PRIMARY KEY ("kind", "idHash")
);
CREATE INDEX "OauthRecord_grantId_idx" ON "OauthRecord"("grantId");
CREATE INDEX "OauthRecord_uidHash_idx" ON "OauthRecord"("uidHash");
CREATE INDEX "OauthRecord_expiresAt_idx" ON "OauthRecord"("expiresAt");

CREATE TABLE "SeenProof" (
    "id" TEXT NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "SeenProof_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "SeenProof_expiresAt_idx" ON "SeenProof"("expiresAt");

CREATE TABLE "WalletInstance" (
    "id" UUID NOT NULL,
    "thumbprint" TEXT NOT NULL,
    "accountId" UUID,
    "createdAt" TIMESTAMPTZ(3) NOT NULL,
    "lastSeenAt" TIMESTAMPTZ(3) NOT NULL,
    "revokedAt" TIMESTAMPTZ(3),
    "revokedBy" TEXT,
    "reason" TEXT,
    CONSTRAINT "WalletInstance_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "WalletInstance_thumbprint_key" ON "WalletInstance"("thumbprint");
CREATE INDEX "WalletInstance_accountId_idx" ON "WalletInstance"("accountId");
CREATE INDEX "WalletInstance_createdAt_idx" ON "WalletInstance"("createdAt");

CREATE TABLE "WalletAttestation" (
    "thumbprint" TEXT NOT NULL,
    "instanceId" UUID NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "WalletAttestation_pkey" PRIMARY KEY ("thumbprint")
);
CREATE INDEX "WalletAttestation_instanceId_idx" ON "WalletAttestation"("instanceId");
CREATE INDEX "WalletAttestation_expiresAt_idx" ON "WalletAttestation"("expiresAt");

-- Copies of one credential get different roots.
ALTER TABLE "Outbox" ADD COLUMN "slot" INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN "notBefore" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;
DROP INDEX "Outbox_kind_id_idx";
CREATE INDEX "Outbox_kind_slot_id_idx" ON "Outbox"("kind", "slot", "id");

ALTER TABLE "Verification"
    ADD COLUMN "clientIdPrefix" TEXT NOT NULL DEFAULT 'x509_hash',
    ADD COLUMN "channel" TEXT NOT NULL DEFAULT 'redirect',
    ADD COLUMN "origins" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
    ADD COLUMN "transactionData" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
    ADD COLUMN "redirectUri" TEXT,
    ADD COLUMN "responseCodeHash" TEXT,
    ADD COLUMN "returnedAt" TIMESTAMPTZ(3);
