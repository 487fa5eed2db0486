// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

/// @title The city's journal of issued credentials and published status lists
/// @notice Holds Merkle roots over hashes of credentials, and hashes of status lists. A credential's hash covers
/// random salts and a random key, so nothing can be guessed from it.
interface ICredentialAnchor {
    /// @notice What is remembered of a root. `sequence` counts from 1; 0 means that the root is not known.
    struct Anchor {
        uint64 sequence;
        uint64 blockNumber;
        uint64 time;
        uint32 leafCount;
    }

    /// @notice `head` is the running hash after this root, see `head()`.
    event RootAnchored(
        bytes32 indexed root, uint64 indexed sequence, uint32 leafCount, uint64 blockNumber, uint64 time, bytes32 head
    );
    event StatusListCommitted(bytes32 indexed listId, uint64 indexed version, bytes32 hash, uint64 time);

    error EmptyRoot();
    error EmptyBatch();
    error RootAlreadyAnchored(bytes32 root);
    error EmptyStatusListHash();
    error VersionNotIncreasing(bytes32 listId, uint64 version, uint64 currentVersion);

    /// @notice Takes a root, once and for ever.
    /// @param root Merkle root over leaves `keccak256(keccak256(hash))`, with OpenZeppelin's sorted pairs.
    /// @param leafCount How many credentials it stands for.
    /// @return sequence The number that the root got.
    function anchor(bytes32 root, uint32 leafCount) external returns (uint64 sequence);

    /// @notice Records the hash of a published version of a status list. Versions only go up; each stays readable.
    /// @param listId keccak256 of the list's identifier.
    /// @param hash SHA-256 of the signed status list token.
    function commitStatusList(bytes32 listId, uint64 version, bytes32 hash) external;

    /// @notice What is known of a root; all zero when it was never anchored.
    function anchorOf(bytes32 root) external view returns (Anchor memory);

    /// @notice Whether `hash` (SHA-256 of the issuer-signed part) is a leaf under the anchored `root`.
    function verify(bytes32 hash, bytes32[] calldata proof, bytes32 root) external view returns (bool);

    /// @notice How many roots have been anchored.
    function count() external view returns (uint64);

    /// @notice Running hash over all roots in their order: two copies of the journal with the same head are the same.
    /// @dev Begins as keccak256(abi.encode(chainid, this)); each root makes it
    /// keccak256(abi.encode(head, root, leafCount, blockNumber, time)).
    function head() external view returns (bytes32);

    /// @notice Newest committed version of a list, and when; zeros when there is none.
    function statusListOf(bytes32 listId) external view returns (uint64 version, uint64 time);

    /// @notice Hash of one committed version; zero when it was not committed.
    function statusListHash(bytes32 listId, uint64 version) external view returns (bytes32);
}
