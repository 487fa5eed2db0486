// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {CityTest} from "../CityTest.sol";

/// @notice What each call costs the chain. `hardhat test solidity --snapshot` writes the numbers to snapshots/,
/// `--snapshot-check` fails when one has changed. Without the 21,000 of a transaction and its calldata.
contract GasTest is CityTest {
    bytes32 private constant ISSUER = keccak256("did:example:a");
    bytes32 private constant KEY = keccak256("key");
    bytes32 private constant RESIDENT = keccak256("resident");

    function setUp() public override {
        super.setUp();
        vm.prank(anchorer);
        anchors.anchor(keccak256("first"), 1000);
        vm.prank(anchorer);
        anchors.commitStatusList(keccak256("list"), 1, keccak256("token"));
        vm.startPrank(registrar);
        registry.registerIssuer("did:example:a");
        registry.addKey(ISSUER, KEY, 0, 0);
        registry.accredit(ISSUER, RESIDENT, 0, 0);
        vm.stopPrank();
    }

    function test_Anchor() public {
        vm.prank(anchorer);
        anchors.anchor(keccak256("second"), 1000);
        vm.snapshotGasLastCall("CredentialAnchor", "anchor");
    }

    function test_CommitStatusList() public {
        vm.prank(anchorer);
        anchors.commitStatusList(keccak256("list"), 2, keccak256("next token"));
        vm.snapshotGasLastCall("CredentialAnchor", "commitStatusList");
    }

    function test_Verify() public {
        bytes32[] memory path = new bytes32[](10);
        anchors.verify(keccak256("hash"), path, keccak256("first"));
        vm.snapshotGasLastCall("CredentialAnchor", "verify, depth 10");
    }

    function test_RegisterIssuer() public {
        vm.prank(registrar);
        registry.registerIssuer("did:ethr:0x205a:0x1111111111111111111111111111111111111111");
        vm.snapshotGasLastCall("IssuerRegistry", "registerIssuer");
    }

    function test_AddKey() public {
        vm.prank(registrar);
        registry.addKey(ISSUER, keccak256("next key"), 0, 0);
        vm.snapshotGasLastCall("IssuerRegistry", "addKey");
    }

    function test_EndKey() public {
        vm.prank(registrar);
        registry.endKey(ISSUER, KEY, 0);
        vm.snapshotGasLastCall("IssuerRegistry", "endKey");
    }

    function test_Accredit() public {
        vm.prank(registrar);
        registry.accredit(ISSUER, keccak256("veteran"), 0, 0);
        vm.snapshotGasLastCall("IssuerRegistry", "accredit");
    }

    function test_SuspendIssuer() public {
        vm.prank(registrar);
        registry.suspendIssuer(ISSUER);
        vm.snapshotGasLastCall("IssuerRegistry", "suspendIssuer");
    }

    function test_WasAccredited() public {
        registry.wasAccredited(ISSUER, KEY, RESIDENT, uint64(block.timestamp));
        vm.snapshotGasLastCall("IssuerRegistry", "wasAccredited");
    }
}
