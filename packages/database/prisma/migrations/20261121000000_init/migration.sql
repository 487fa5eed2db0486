CREATE TABLE "EncryptedKey" (
    "alias" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "ciphertext" BYTEA NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "EncryptedKey_pkey" PRIMARY KEY ("alias")
);

CREATE TABLE "ManagedKey" (
    "kid" TEXT NOT NULL,
    "kms" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "publicKeyHex" TEXT NOT NULL,
    "meta" JSONB NOT NULL,
    "identifierDid" TEXT,
    CONSTRAINT "ManagedKey_pkey" PRIMARY KEY ("kid")
);

CREATE TABLE "ManagedIdentifier" (
    "did" TEXT NOT NULL,
    "alias" TEXT,
    "provider" TEXT NOT NULL,
    "controllerKeyId" TEXT,
    "services" JSONB NOT NULL,
    CONSTRAINT "ManagedIdentifier_pkey" PRIMARY KEY ("did")
);

CREATE TABLE "Agency" (
    "id" TEXT NOT NULL,
    "nameKo" TEXT NOT NULL,
    "nameEn" TEXT NOT NULL,
    "did" TEXT NOT NULL,
    "types" TEXT[],
    "suspendedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Agency_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "SigningKey" (
    "id" UUID NOT NULL,
    "agencyId" TEXT NOT NULL,
    "keyRef" TEXT NOT NULL,
    "didUrl" TEXT NOT NULL,
    "publicJwk" JSONB NOT NULL,
    "keyHash" TEXT NOT NULL,
    "x5c" TEXT[],
    "validFrom" TIMESTAMPTZ(3) NOT NULL,
    "validUntil" TIMESTAMPTZ(3),
    CONSTRAINT "SigningKey_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Verifier" (
    "id" TEXT NOT NULL,
    "nameKo" TEXT NOT NULL,
    "nameEn" TEXT NOT NULL,
    "keyRef" TEXT NOT NULL,
    "publicJwk" JSONB NOT NULL,
    "x5c" TEXT[],
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Verifier_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Setting" (
    "key" TEXT NOT NULL,
    "value" JSONB NOT NULL,
    CONSTRAINT "Setting_pkey" PRIMARY KEY ("key")
);

CREATE TABLE "Resident" (
    "id" UUID NOT NULL,
    "registerNo" TEXT NOT NULL,
    "nameKo" TEXT NOT NULL,
    "nameEn" TEXT NOT NULL,
    "birthDate" TEXT NOT NULL,
    "districtCode" TEXT NOT NULL,
    "neighbourhoodCode" TEXT NOT NULL,
    "residentSince" TEXT NOT NULL,
    "attributes" JSONB NOT NULL DEFAULT '{}',
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Resident_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "RegisterImport" (
    "id" UUID NOT NULL,
    "fileHash" TEXT NOT NULL,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "rows" JSONB,
    "added" INTEGER NOT NULL,
    "changed" INTEGER NOT NULL,
    "unchanged" INTEGER NOT NULL,
    "appliedAt" TIMESTAMPTZ(3),
    CONSTRAINT "RegisterImport_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Offer" (
    "id" UUID NOT NULL,
    "agencyId" TEXT NOT NULL,
    "typeId" TEXT NOT NULL,
    "subjectId" UUID NOT NULL,
    "codeHash" TEXT NOT NULL,
    "txCodeHash" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "lockedAt" TIMESTAMPTZ(3),
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "sealedCode" BYTEA,
    "redeemedAt" TIMESTAMPTZ(3),
    "dpopJkt" TEXT,
    "dpopJtis" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "tokenHash" TEXT,
    "tokenExpiresAt" TIMESTAMPTZ(3),
    "issuedAt" TIMESTAMPTZ(3),
    CONSTRAINT "Offer_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Credential" (
    "id" UUID NOT NULL,
    "agencyId" TEXT NOT NULL,
    "typeId" TEXT NOT NULL,
    "subjectId" UUID NOT NULL,
    "keyId" UUID NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'valid',
    "statusReason" TEXT,
    "statusAt" TIMESTAMPTZ(3),
    "issuedAt" TIMESTAMPTZ(3) NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "requestHash" TEXT NOT NULL,
    "sealedResponse" BYTEA,
    CONSTRAINT "Credential_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "CredentialCopy" (
    "hash" TEXT NOT NULL,
    "credentialId" UUID NOT NULL,
    "statusListId" TEXT NOT NULL,
    "statusIndex" INTEGER NOT NULL,
    CONSTRAINT "CredentialCopy_pkey" PRIMARY KEY ("hash")
);

CREATE TABLE "StatusList" (
    "id" TEXT NOT NULL,
    "agencyId" TEXT NOT NULL,
    "bits" INTEGER NOT NULL,
    "size" INTEGER NOT NULL,
    "used" INTEGER NOT NULL DEFAULT 0,
    "version" INTEGER NOT NULL DEFAULT 0,
    "bitmap" BYTEA NOT NULL,
    "token" TEXT,
    "tokenHash" TEXT,
    "tokenExpiresAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "StatusList_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Outbox" (
    "id" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Outbox_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "AnchorBatch" (
    "root" TEXT NOT NULL,
    "leafCount" INTEGER NOT NULL,
    "status" TEXT NOT NULL,
    "sequence" INTEGER,
    "txHash" TEXT,
    "blockNumber" INTEGER,
    "blockTime" INTEGER,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "confirmedAt" TIMESTAMPTZ(3),
    CONSTRAINT "AnchorBatch_pkey" PRIMARY KEY ("root")
);

CREATE TABLE "AnchorLeaf" (
    "hash" TEXT NOT NULL,
    "root" TEXT NOT NULL,
    "path" TEXT[],
    CONSTRAINT "AnchorLeaf_pkey" PRIMARY KEY ("hash")
);

CREATE TABLE "StatusCommit" (
    "listId" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "hash" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "txHash" TEXT,
    "blockNumber" INTEGER,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "StatusCommit_pkey" PRIMARY KEY ("listId", "version")
);

CREATE TABLE "ChainTransaction" (
    "key" TEXT NOT NULL,
    "signer" TEXT NOT NULL,
    "nonce" INTEGER NOT NULL,
    "raw" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "ChainTransaction_pkey" PRIMARY KEY ("key")
);

CREATE TABLE "Verification" (
    "id" UUID NOT NULL,
    "verifierId" TEXT NOT NULL,
    "createdBy" TEXT NOT NULL,
    "template" TEXT,
    "purposeKo" TEXT,
    "purposeEn" TEXT,
    "anchorPolicy" TEXT NOT NULL,
    "dcql" JSONB NOT NULL,
    "nonce" TEXT NOT NULL,
    "sealedKey" BYTEA NOT NULL,
    "publicKey" JSONB NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'created',
    "checks" JSONB,
    "refusal" TEXT,
    "sealedClaims" BYTEA,
    "claimsReadAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "answeredAt" TIMESTAMPTZ(3),
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "Verification_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Staff" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "agencyId" TEXT,
    "verifierId" TEXT,
    "disabledAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Staff_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "Passkey" (
    "id" TEXT NOT NULL,
    "staffId" UUID NOT NULL,
    "publicKey" BYTEA NOT NULL,
    "counter" BIGINT NOT NULL,
    "transports" TEXT[],
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "Passkey_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "EnrolmentLink" (
    "tokenHash" TEXT NOT NULL,
    "staffId" UUID NOT NULL,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    "usedAt" TIMESTAMPTZ(3),
    CONSTRAINT "EnrolmentLink_pkey" PRIMARY KEY ("tokenHash")
);

CREATE TABLE "StaffSession" (
    "tokenHash" TEXT NOT NULL,
    "staffId" UUID NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "StaffSession_pkey" PRIMARY KEY ("tokenHash")
);

CREATE TABLE "WebauthnChallenge" (
    "id" TEXT NOT NULL,
    "challenge" TEXT NOT NULL,
    "staffId" UUID,
    "expiresAt" TIMESTAMPTZ(3) NOT NULL,
    CONSTRAINT "WebauthnChallenge_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "ApiKey" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "keyHash" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "agencyId" TEXT,
    "verifierId" TEXT,
    "revokedAt" TIMESTAMPTZ(3),
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CONSTRAINT "ApiKey_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "AuditEntry" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "detail" JSONB NOT NULL DEFAULT '{}',
    CONSTRAINT "AuditEntry_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "ManagedIdentifier_provider_alias_key" ON "ManagedIdentifier"("provider", "alias");
CREATE UNIQUE INDEX "Agency_did_key" ON "Agency"("did");
CREATE UNIQUE INDEX "SigningKey_keyRef_key" ON "SigningKey"("keyRef");
CREATE UNIQUE INDEX "SigningKey_keyHash_key" ON "SigningKey"("keyHash");
CREATE INDEX "SigningKey_agencyId_idx" ON "SigningKey"("agencyId");
CREATE UNIQUE INDEX "Verifier_keyRef_key" ON "Verifier"("keyRef");
CREATE UNIQUE INDEX "Resident_registerNo_key" ON "Resident"("registerNo");
CREATE INDEX "Resident_nameKo_idx" ON "Resident"("nameKo");
CREATE INDEX "Resident_districtCode_neighbourhoodCode_idx" ON "Resident"("districtCode", "neighbourhoodCode");
CREATE INDEX "RegisterImport_fileHash_idx" ON "RegisterImport"("fileHash");
CREATE UNIQUE INDEX "Offer_codeHash_key" ON "Offer"("codeHash");
CREATE UNIQUE INDEX "Offer_tokenHash_key" ON "Offer"("tokenHash");
CREATE INDEX "Offer_subjectId_idx" ON "Offer"("subjectId");
CREATE INDEX "Offer_createdAt_idx" ON "Offer"("createdAt");
CREATE INDEX "Credential_subjectId_idx" ON "Credential"("subjectId");
CREATE INDEX "Credential_agencyId_issuedAt_idx" ON "Credential"("agencyId", "issuedAt");
CREATE INDEX "Credential_issuedAt_idx" ON "Credential"("issuedAt");
CREATE UNIQUE INDEX "CredentialCopy_statusListId_statusIndex_key" ON "CredentialCopy"("statusListId", "statusIndex");
CREATE INDEX "CredentialCopy_credentialId_idx" ON "CredentialCopy"("credentialId");
CREATE INDEX "StatusList_agencyId_idx" ON "StatusList"("agencyId");
CREATE UNIQUE INDEX "Outbox_kind_key_key" ON "Outbox"("kind", "key");
CREATE INDEX "Outbox_kind_id_idx" ON "Outbox"("kind", "id");
CREATE INDEX "AnchorBatch_status_idx" ON "AnchorBatch"("status");
CREATE INDEX "AnchorBatch_createdAt_idx" ON "AnchorBatch"("createdAt");
CREATE INDEX "AnchorLeaf_root_idx" ON "AnchorLeaf"("root");
CREATE INDEX "StatusCommit_status_idx" ON "StatusCommit"("status");
CREATE UNIQUE INDEX "ChainTransaction_signer_nonce_key" ON "ChainTransaction"("signer", "nonce");
CREATE INDEX "Verification_verifierId_createdAt_idx" ON "Verification"("verifierId", "createdAt");
CREATE INDEX "Verification_createdAt_idx" ON "Verification" USING BRIN ("createdAt");
CREATE UNIQUE INDEX "Staff_name_role_key" ON "Staff"("name", "role");
CREATE INDEX "Passkey_staffId_idx" ON "Passkey"("staffId");
CREATE UNIQUE INDEX "ApiKey_keyHash_key" ON "ApiKey"("keyHash");
CREATE INDEX "AuditEntry_at_idx" ON "AuditEntry" USING BRIN ("at");
CREATE INDEX "AuditEntry_target_idx" ON "AuditEntry"("target");

ALTER TABLE "SigningKey" ADD CONSTRAINT "SigningKey_agencyId_fkey" FOREIGN KEY ("agencyId") REFERENCES "Agency"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "CredentialCopy" ADD CONSTRAINT "CredentialCopy_credentialId_fkey" FOREIGN KEY ("credentialId") REFERENCES "Credential"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "AnchorLeaf" ADD CONSTRAINT "AnchorLeaf_root_fkey" FOREIGN KEY ("root") REFERENCES "AnchorBatch"("root") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Passkey" ADD CONSTRAINT "Passkey_staffId_fkey" FOREIGN KEY ("staffId") REFERENCES "Staff"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "EnrolmentLink" ADD CONSTRAINT "EnrolmentLink_staffId_fkey" FOREIGN KEY ("staffId") REFERENCES "Staff"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "StaffSession" ADD CONSTRAINT "StaffSession_staffId_fkey" FOREIGN KEY ("staffId") REFERENCES "Staff"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The audit log is append-only, whoever connects.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '"%" is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER "AuditEntry_append_only" BEFORE UPDATE OR DELETE ON "AuditEntry"
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER "AuditEntry_no_truncate" BEFORE TRUNCATE ON "AuditEntry"
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
