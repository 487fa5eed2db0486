// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

/// @title What a holder's key signs, and whether it did
/// @dev A device signs bytes with ES256, which hashes them with SHA-256. So the 66 bytes of EIP-712 (0x1901, domain
/// separator, struct hash) are the message, and their SHA-256 is the digest that P256 checks.
abstract contract Authorisations {
    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant NAME = keccak256("Mileage");
    bytes32 private constant VERSION = keccak256("1");
    bytes32 private constant REDEMPTION =
        keccak256("Redemption(address holder,uint32 payee,uint40 amount,uint32 nonce,uint48 deadline)");
    bytes32 private constant OBJECTION = keccak256("Objection(address holder,uint32 nonce,uint48 deadline)");

    function _holderOf(uint256 x, uint256 y) internal pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode(x, y)))));
    }

    function _redemptionDigest(address holder, uint32 payee, uint40 amount, uint32 nonce, uint48 deadline)
        internal
        view
        returns (bytes32)
    {
        return _digest(keccak256(abi.encode(REDEMPTION, holder, payee, amount, nonce, deadline)));
    }

    function _objectionDigest(address holder, uint32 nonce, uint48 deadline) internal view returns (bytes32) {
        return _digest(keccak256(abi.encode(OBJECTION, holder, nonce, deadline)));
    }

    function _isSigned(bytes32 digest, uint256 x, uint256 y, uint256 r, uint256 s) internal view returns (bool) {
        return P256.verify(digest, bytes32(r), bytes32(s), bytes32(x), bytes32(y));
    }

    /// @dev Computed each time, so that a chain that forks into two has two domains.
    function _digest(bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(abi.encode(DOMAIN, NAME, VERSION, block.chainid, address(this)));
        return sha256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
