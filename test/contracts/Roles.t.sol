// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {CityTest} from "./CityTest.sol";

/// @notice Each test is an attack that must fail.
contract RolesTest is CityTest {
    bytes32 private constant SOME = keccak256("some");

    function attackRegistry(address attacker) private {
        bytes memory refusal = unauthorized(attacker);
        vm.startPrank(attacker);
        vm.expectRevert(refusal);
        registry.registerIssuer("did:example:attacker");
        vm.expectRevert(refusal);
        registry.addKey(SOME, SOME, 0, 0);
        vm.expectRevert(refusal);
        registry.endKey(SOME, SOME, 0);
        vm.expectRevert(refusal);
        registry.accredit(SOME, SOME, 0, 0);
        vm.expectRevert(refusal);
        registry.endAccreditation(SOME, SOME, 0);
        vm.expectRevert(refusal);
        registry.suspendIssuer(SOME);
        vm.expectRevert(refusal);
        registry.reinstateIssuer(SOME);
        vm.stopPrank();
    }

    function attackAnchor(address attacker) private {
        bytes memory refusal = unauthorized(attacker);
        vm.startPrank(attacker);
        vm.expectRevert(refusal);
        anchors.anchor(SOME, 1);
        vm.expectRevert(refusal);
        anchors.commitStatusList(SOME, 1, SOME);
        vm.stopPrank();
    }

    function testFuzz_AStrangerWritesNothing(address stranger) public {
        vm.assume(stranger != registrar && stranger != anchorer && stranger != address(access));
        attackRegistry(stranger);
        attackAnchor(stranger);
    }

    function test_TheAnchorerCannotAccredit() public {
        attackRegistry(anchorer);
    }

    function test_TheRegistrarCannotAnchor() public {
        attackAnchor(registrar);
    }

    function test_TheAdministratorOfRolesHasNoneOfThemByItself() public {
        attackRegistry(deployer);
        attackAnchor(deployer);
    }

    function test_NobodyButTheAdministratorGivesOutRoles() public {
        address[3] memory attackers = [registrar, anchorer, address(0xBAD)];
        for (uint256 i = 0; i < attackers.length; ++i) {
            vm.startPrank(attackers[i]);
            bytes memory refusal = abi.encodeWithSelector(
                IAccessManager.AccessManagerUnauthorizedAccount.selector, attackers[i], uint64(0)
            );
            vm.expectRevert(refusal);
            access.grantRole(ANCHORER, attackers[i], 0);
            vm.expectRevert(refusal);
            access.setTargetFunctionRole(address(anchors), anchorerSelectors(), type(uint64).max);
            vm.expectRevert(refusal);
            access.updateAuthority(address(anchors), attackers[i]);
            vm.stopPrank();
        }
    }

    function test_NobodyMovesAContractToAnAccessManagerOfTheirOwn() public {
        AccessManager theirs = new AccessManager(address(0xBAD));
        address[3] memory attackers = [deployer, registrar, address(0xBAD)];
        for (uint256 i = 0; i < attackers.length; ++i) {
            vm.startPrank(attackers[i]);
            vm.expectRevert(unauthorized(attackers[i]));
            registry.setAuthority(address(theirs));
            vm.expectRevert(unauthorized(attackers[i]));
            anchors.setAuthority(address(theirs));
            vm.stopPrank();
        }
    }

    function test_AnEndedRoleEndsAtOnce() public {
        vm.prank(anchorer);
        anchors.anchor(keccak256("before"), 1);
        vm.prank(deployer);
        access.revokeRole(ANCHORER, anchorer);
        attackAnchor(anchorer);
        vm.assertEq(anchors.anchorOf(keccak256("before")).sequence, 1);
    }

    function test_AClosedContractTakesNothingAndStillAnswers() public {
        vm.prank(deployer);
        access.setTargetClosed(address(anchors), true);
        attackAnchor(anchorer);
        vm.assertEq(anchors.count(), 0);
        vm.assertEq(IAccessManaged(address(anchors)).authority(), address(access));
    }
}
