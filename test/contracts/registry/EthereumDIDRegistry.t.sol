// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {EthereumDIDRegistry} from "../../../contracts/registry/EthereumDIDRegistry.sol";
import {Test} from "../Test.sol";

/// @notice What did:ethr needs of ERC-1056.
contract EthereumDIDRegistryTest is Test {
    EthereumDIDRegistry private registry;
    address private constant agency = address(0xA1);
    address private constant stranger = address(0xBAD);
    bytes32 private constant NAME = "did/pub/Secp256r1/veriKey/hex";

    function setUp() public {
        registry = new EthereumDIDRegistry();
        vm.roll(100);
    }

    function test_AnAgencyPublishesAKey() public {
        vm.expectEmit();
        emit EthereumDIDRegistry.DIDAttributeChanged(agency, NAME, hex"02", block.timestamp + 1 days, 0);
        vm.prank(agency);
        registry.setAttribute(agency, NAME, hex"02", 1 days);
        vm.assertEq(registry.changed(agency), 100);
    }

    function test_AStrangerCanNeitherPublishNorTakeOver() public {
        vm.startPrank(stranger);
        vm.expectRevert("bad_actor");
        registry.setAttribute(agency, NAME, hex"03", 1 days);
        vm.expectRevert("bad_actor");
        registry.revokeAttribute(agency, NAME, hex"02");
        vm.expectRevert("bad_actor");
        registry.addDelegate(agency, "veriKey", stranger, 1 days);
        vm.expectRevert("bad_actor");
        registry.changeOwner(agency, stranger);
        vm.stopPrank();
        vm.assertEq(registry.identityOwner(agency), agency);
    }

    function testFuzz_ASignedChangeWorksOnceAndOnlyWithTheOwnersKey(uint256 ownerKey, uint256 otherKey) public {
        ownerKey = bound(ownerKey, 1, type(uint128).max);
        otherKey = bound(otherKey, 1, type(uint128).max);
        vm.assume(ownerKey != otherKey);
        address owner = vm.addr(ownerKey);
        bytes32 digest = keccak256(
            abi.encodePacked(
                bytes1(0x19), bytes1(0), registry, registry.nonce(owner), owner, "setAttribute", NAME, bytes(hex"02"), uint256(60)
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(otherKey, digest);
        vm.expectRevert("bad_signature");
        registry.setAttributeSigned(owner, v, r, s, NAME, hex"02", 60);

        (v, r, s) = vm.sign(ownerKey, digest);
        registry.setAttributeSigned(owner, v, r, s, NAME, hex"02", 60);
        vm.expectRevert("bad_signature");
        registry.setAttributeSigned(owner, v, r, s, NAME, hex"02", 60);
    }
}
