// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @title The Merkle tree over a batch of redemptions
/// @dev The tree of @openzeppelin/merkle-tree, so that CredentialAnchor and the receipts of credentials understand it:
/// a complete binary tree in an array, leaf i at its end less i. The leaves keep the order of the batch.
library RedemptionTree {
    /// @notice An array for the tree over `count` leaves; its leaves are to be set with `setLeaf`.
    function allocate(uint256 count) internal pure returns (bytes32[] memory nodes) {
        return new bytes32[](2 * count - 1);
    }

    /// @notice What a redemption is under the root: its digest and the buckets that paid.
    function setLeaf(bytes32[] memory nodes, uint256 index, bytes32 leaf) internal pure {
        nodes[nodes.length - 1 - index] = leaf;
    }

    /// @notice Hashed twice more, so that an inner node (the hash of 64 bytes) can never pass as a leaf.
    function leafOf(bytes32 digest, uint256 epoch, uint256 fromPrevious) internal pure returns (bytes32) {
        bytes32 hash = keccak256(abi.encode(digest, epoch, fromPrevious));
        return keccak256(abi.encode(keccak256(abi.encode(hash))));
    }

    /// @notice Fills in the inner nodes and answers the root.
    function rootOf(bytes32[] memory nodes) internal pure returns (bytes32) {
        for (uint256 i = nodes.length / 2; i != 0; --i) {
            nodes[i - 1] = Hashes.commutativeKeccak256(nodes[2 * i - 1], nodes[2 * i]);
        }
        return nodes[0];
    }
}
