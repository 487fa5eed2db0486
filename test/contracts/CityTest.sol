// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {CredentialAnchor} from "../../contracts/anchor/CredentialAnchor.sol";
import {IssuerRegistry} from "../../contracts/registry/IssuerRegistry.sol";
import {Test} from "./Test.sol";

/// @notice The contracts with their roles, as deployCity sets them up.
abstract contract CityTest is Test {
    uint64 internal constant REGISTRAR = 1;
    uint64 internal constant ANCHORER = 2;

    address internal constant deployer = address(0xD0);
    address internal constant registrar = address(0xD1);
    address internal constant anchorer = address(0xD2);

    AccessManager internal access;
    IssuerRegistry internal registry;
    CredentialAnchor internal anchors;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        access = new AccessManager(deployer);
        registry = new IssuerRegistry(address(access));
        anchors = new CredentialAnchor(address(access));

        bytes4[] memory registrarCalls = registrarSelectors();
        bytes4[] memory anchorerCalls = anchorerSelectors();
        vm.startPrank(deployer);
        access.setTargetFunctionRole(address(registry), registrarCalls, REGISTRAR);
        access.setTargetFunctionRole(address(anchors), anchorerCalls, ANCHORER);
        access.grantRole(REGISTRAR, registrar, 0);
        access.grantRole(ANCHORER, anchorer, 0);
        vm.stopPrank();
    }

    function registrarSelectors() internal pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](7);
        selectors[0] = IssuerRegistry.registerIssuer.selector;
        selectors[1] = IssuerRegistry.suspendIssuer.selector;
        selectors[2] = IssuerRegistry.reinstateIssuer.selector;
        selectors[3] = IssuerRegistry.addKey.selector;
        selectors[4] = IssuerRegistry.endKey.selector;
        selectors[5] = IssuerRegistry.accredit.selector;
        selectors[6] = IssuerRegistry.endAccreditation.selector;
    }

    function anchorerSelectors() internal pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](2);
        selectors[0] = CredentialAnchor.anchor.selector;
        selectors[1] = CredentialAnchor.commitStatusList.selector;
    }

    function unauthorized(address caller) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller);
    }

    function leafOf(bytes32 hash) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(hash))));
    }

    function pairOf(bytes32 a, bytes32 b) internal pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }
}
