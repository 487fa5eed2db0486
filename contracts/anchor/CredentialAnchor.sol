// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {ICredentialAnchor} from "../interfaces/ICredentialAnchor.sol";

/// @title The city's journal of issued credentials and published status lists
/// @notice See ICredentialAnchor.
contract CredentialAnchor is ICredentialAnchor, AccessManaged {
    struct Latest {
        uint64 version;
        uint64 time;
    }

    /// @dev First, so that it shares the slot of AccessManaged's authority, which every write reads anyway.
    uint64 public count;
    bytes32 public head;

    mapping(bytes32 root => Anchor) private _anchors;
    mapping(bytes32 listId => Latest) private _latest;
    mapping(bytes32 listId => mapping(uint64 version => bytes32)) public statusListHash;

    constructor(address authority) AccessManaged(authority) {
        head = keccak256(abi.encode(block.chainid, this));
    }

    /// @inheritdoc ICredentialAnchor
    function anchor(bytes32 root, uint32 leafCount) external restricted returns (uint64 sequence) {
        if (root == 0) revert EmptyRoot();
        if (leafCount == 0) revert EmptyBatch();
        if (_anchors[root].sequence != 0) revert RootAlreadyAnchored(root);

        sequence = ++count;
        uint64 blockNumber = uint64(block.number);
        uint64 time = uint64(block.timestamp);
        _anchors[root] = Anchor(sequence, blockNumber, time, leafCount);
        bytes32 newHead = keccak256(abi.encode(head, root, leafCount, blockNumber, time));
        head = newHead;
        emit RootAnchored(root, sequence, leafCount, blockNumber, time, newHead);
    }

    /// @inheritdoc ICredentialAnchor
    function commitStatusList(bytes32 listId, uint64 version, bytes32 hash) external restricted {
        if (hash == 0) revert EmptyStatusListHash();
        uint64 current = _latest[listId].version;
        if (version <= current) revert VersionNotIncreasing(listId, version, current);

        uint64 time = uint64(block.timestamp);
        _latest[listId] = Latest(version, time);
        statusListHash[listId][version] = hash;
        emit StatusListCommitted(listId, version, hash, time);
    }

    /// @inheritdoc ICredentialAnchor
    function anchorOf(bytes32 root) external view returns (Anchor memory) {
        return _anchors[root];
    }

    /// @inheritdoc ICredentialAnchor
    function verify(bytes32 hash, bytes32[] calldata proof, bytes32 root) external view returns (bool) {
        if (_anchors[root].sequence == 0) return false;
        // Hashed twice, so that an inner node (the hash of 64 bytes) can never pass as a leaf.
        bytes32 leaf = keccak256(abi.encode(keccak256(abi.encode(hash))));
        return MerkleProof.verifyCalldata(proof, root, leaf);
    }

    /// @inheritdoc ICredentialAnchor
    function statusListOf(bytes32 listId) external view returns (uint64 version, uint64 time) {
        Latest storage latest = _latest[listId];
        return (latest.version, latest.time);
    }
}
