// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {CredentialAnchor} from "../../contracts/anchor/CredentialAnchor.sol";
import {IMileage} from "../../contracts/interfaces/IMileage.sol";
import {Mileage} from "../../contracts/mileage/Mileage.sol";
import {IssuerRegistry} from "../../contracts/registry/IssuerRegistry.sol";
import {Test} from "./Test.sol";

/// @notice The contracts with their roles, as deployCity sets them up.
abstract contract CityTest is Test {
    uint64 internal constant REGISTRAR = 1;
    uint64 internal constant ANCHORER = 2;
    uint64 internal constant SETTLER = 3;
    uint64 internal constant TREASURER = 4;
    uint64 internal constant APPROVER = 5;

    int32 internal constant SEOUL = 9 hours;
    uint48 internal constant REFUND_WINDOW = 7 days;
    uint48 internal constant RECOVERY_DELAY = 3 days;

    address internal constant deployer = address(0xD0);
    address internal constant registrar = address(0xD1);
    address internal constant anchorer = address(0xD2);
    address internal constant settler = address(0xD3);
    address internal constant treasurer = address(0xD4);
    address internal constant approver = address(0xD5);

    AccessManager internal access;
    IssuerRegistry internal registry;
    CredentialAnchor internal anchors;
    Mileage internal mileage;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        access = new AccessManager(deployer);
        registry = new IssuerRegistry(address(access));
        anchors = new CredentialAnchor(address(access));
        mileage = new Mileage(address(access), anchors, SEOUL, REFUND_WINDOW, RECOVERY_DELAY);

        vm.startPrank(deployer);
        access.setTargetFunctionRole(address(registry), registrarSelectors(), REGISTRAR);
        access.setTargetFunctionRole(address(anchors), anchorerSelectors(), ANCHORER);
        access.setTargetFunctionRole(address(mileage), settlerSelectors(), SETTLER);
        access.setTargetFunctionRole(address(mileage), treasurerSelectors(), TREASURER);
        access.setTargetFunctionRole(address(mileage), approverSelectors(), APPROVER);
        access.grantRole(REGISTRAR, registrar, 0);
        access.grantRole(ANCHORER, anchorer, 0);
        access.grantRole(ANCHORER, address(mileage), 0);
        access.grantRole(SETTLER, settler, 0);
        access.grantRole(TREASURER, treasurer, 0);
        access.grantRole(APPROVER, approver, 0);
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

    function settlerSelectors() internal pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](6);
        selectors[0] = IMileage.settleAwards.selector;
        selectors[1] = IMileage.redeem.selector;
        selectors[2] = IMileage.refund.selector;
        selectors[3] = IMileage.requestRecovery.selector;
        selectors[4] = IMileage.cancelRecovery.selector;
        selectors[5] = IMileage.completeRecovery.selector;
    }

    function treasurerSelectors() internal pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](9);
        selectors[0] = IMileage.createProgramme.selector;
        selectors[1] = IMileage.changeProgramme.selector;
        selectors[2] = IMileage.stopProgramme.selector;
        selectors[3] = IMileage.resumeProgramme.selector;
        selectors[4] = IMileage.registerPayee.selector;
        selectors[5] = IMileage.setPayeeFrozen.selector;
        selectors[6] = IMileage.proposeCorrection.selector;
        selectors[7] = IMileage.pause.selector;
        selectors[8] = IMileage.unpause.selector;
    }

    function approverSelectors() internal pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](2);
        selectors[0] = IMileage.approveCorrection.selector;
        selectors[1] = IMileage.rejectCorrection.selector;
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
