// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

/// @title Who may issue what, and since when
/// @notice An issuer is named by the keccak256 of its DID, a credential type by the keccak256 of its identifier,
/// a key by the RFC 7638 thumbprint of its public JWK. No personal data enters here.
/// @dev What held at a time before the current block never changes afterwards: no call takes a time that lies
/// before `block.timestamp`, and nothing is ever deleted. Times are seconds since 1970.
interface IIssuerRegistry {
    /// @notice A time span: `from` belongs to it, `until` does not. An open end is the greatest uint64.
    struct Period {
        uint64 from;
        uint64 until;
    }

    /// @notice Answer of `standingOf`: the first thing that was missing, or `Accredited`.
    enum Standing {
        UnknownIssuer,
        Suspended,
        KeyNotValid,
        TypeNotAccredited,
        Accredited
    }

    event IssuerRegistered(bytes32 indexed issuer, string did);
    event IssuerSuspended(bytes32 indexed issuer, uint64 from);
    event IssuerReinstated(bytes32 indexed issuer, uint64 until);
    event KeyAdded(bytes32 indexed issuer, bytes32 indexed keyHash, uint64 from, uint64 until);
    event KeyEnded(bytes32 indexed issuer, bytes32 indexed keyHash, uint64 until);
    event TypeAccredited(bytes32 indexed issuer, bytes32 indexed credentialType, uint64 from, uint64 until);
    event AccreditationEnded(bytes32 indexed issuer, bytes32 indexed credentialType, uint64 until);

    error EmptyDid();
    error IssuerAlreadyRegistered(bytes32 issuer);
    error IssuerNotRegistered(bytes32 issuer);
    error IssuerAlreadySuspended(bytes32 issuer);
    error IssuerNotSuspended(bytes32 issuer);
    error KeyAlreadyAdded(bytes32 issuer, bytes32 keyHash);
    error KeyNotAdded(bytes32 issuer, bytes32 keyHash);
    error AlreadyAccredited(bytes32 issuer, bytes32 credentialType);
    error NotAccredited(bytes32 issuer, bytes32 credentialType);
    /// @notice The past may not be rewritten: `time` lies before the current block's `current`.
    error TimeInPast(uint64 time, uint64 current);
    /// @notice A period must end after it begins.
    error EmptyPeriod(uint64 from, uint64 until);
    /// @notice An end can only come earlier than the one set before, which has not passed.
    error EndNotEarlier(uint64 until, uint64 currentUntil);

    /// @notice Makes an issuer known. It issues nothing until it has a key and an accreditation.
    /// @param did The issuer's DID, as it stands in `kid` before the fragment.
    /// @return issuer keccak256 of the DID.
    function registerIssuer(string calldata did) external returns (bytes32 issuer);

    /// @notice Stops the issuer from now on. What counted before goes on counting.
    function suspendIssuer(bytes32 issuer) external;

    /// @notice Ends the suspension from now on. The suspended time stays on record.
    function reinstateIssuer(bytes32 issuer) external;

    /// @notice Adds a signing key. A key has one period and never comes back after its end.
    /// @param from First second in which it counts; 0 means now.
    /// @param until First second in which it no longer counts; 0 means an open end.
    function addKey(bytes32 issuer, bytes32 keyHash, uint64 from, uint64 until) external;

    /// @notice Sets an earlier end to a key.
    /// @param until First second in which it no longer counts; 0 means now.
    function endKey(bytes32 issuer, bytes32 keyHash, uint64 until) external;

    /// @notice Accredits the issuer for a type. After one accreditation has ended another may follow.
    /// @param from First second in which it counts; 0 means now.
    /// @param until First second in which it no longer counts; 0 means an open end.
    function accredit(bytes32 issuer, bytes32 credentialType, uint64 from, uint64 until) external;

    /// @notice Sets an earlier end to the current (or coming) accreditation for a type.
    /// @param until First second in which it no longer counts; 0 means now.
    function endAccreditation(bytes32 issuer, bytes32 credentialType, uint64 until) external;

    /// @notice Whether this key of this issuer counted for this type at the given time.
    /// @dev Final for `time < block.timestamp`; for later times it says what is planned as things stand.
    function wasAccredited(bytes32 issuer, bytes32 keyHash, bytes32 credentialType, uint64 time)
        external
        view
        returns (bool);

    /// @notice As `wasAccredited`, with the reason.
    function standingOf(bytes32 issuer, bytes32 keyHash, bytes32 credentialType, uint64 time)
        external
        view
        returns (Standing);

    /// @notice When the issuer was registered; 0 if never.
    function registeredAt(bytes32 issuer) external view returns (uint64);

    /// @notice Every suspension, oldest first; the last is open while it lasts.
    function suspensionsOf(bytes32 issuer) external view returns (Period[] memory);

    /// @notice Every key ever added, with its period.
    function keysOf(bytes32 issuer) external view returns (bytes32[] memory keyHashes, Period[] memory periods);

    /// @notice Every type the issuer was ever accredited for.
    function typesOf(bytes32 issuer) external view returns (bytes32[] memory credentialTypes);

    /// @notice Every accreditation for a type, oldest first.
    function accreditationsOf(bytes32 issuer, bytes32 credentialType) external view returns (Period[] memory);
}
