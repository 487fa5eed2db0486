// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IMileage} from "../../../contracts/interfaces/IMileage.sol";
import {MileageTest} from "./MileageTest.sol";

/// @notice Each role does its part and nothing of another's; a pause stops what moves points.
contract MileageRolesTest is MileageTest {
    bytes32 private constant SOME = keccak256("some");

    function settlerCalls() private view returns (bytes[] memory calls) {
        calls = new bytes[](6);
        calls[0] = abi.encodeCall(IMileage.settleAwards, (VOLUNTEERING, START, SOME, 1, entries(stranger, 1)));
        calls[1] = abi.encodeCall(IMileage.redeem, (one(payment(MINJI, BAKERY, 1, 1))));
        calls[2] = abi.encodeCall(
            IMileage.refund, (refundOf(payment(MINJI, BAKERY, 1, 1), holderOf(MINJI), SOME, 0, 0, 1))
        );
        calls[3] = abi.encodeCall(IMileage.requestRecovery, (stranger, settler));
        calls[4] = abi.encodeCall(IMileage.cancelRecovery, (stranger));
        calls[5] = abi.encodeCall(IMileage.completeRecovery, (stranger));
    }

    function treasurerCalls() private pure returns (bytes[] memory calls) {
        calls = new bytes[](9);
        calls[0] = abi.encodeCall(IMileage.proposeCorrection, (1, stranger, VOLUNTEERING, 1, SOME));
        calls[1] = abi.encodeCall(IMileage.createProgramme, (2, stranger, 1, 1, 1, 1, 1));
        calls[2] = abi.encodeCall(IMileage.changeProgramme, (VOLUNTEERING, 1, 1, START));
        calls[3] = abi.encodeCall(IMileage.stopProgramme, (VOLUNTEERING));
        calls[4] = abi.encodeCall(IMileage.resumeProgramme, (VOLUNTEERING));
        calls[5] = abi.encodeCall(IMileage.registerPayee, (2, IMileage.PayeeKind.Merchant));
        calls[6] = abi.encodeCall(IMileage.setPayeeFrozen, (BAKERY, true));
        calls[7] = abi.encodeCall(IMileage.pause, ());
        calls[8] = abi.encodeCall(IMileage.unpause, ());
    }

    function approverCalls() private pure returns (bytes[] memory calls) {
        calls = new bytes[](2);
        calls[0] = abi.encodeCall(IMileage.approveCorrection, (1));
        calls[1] = abi.encodeCall(IMileage.rejectCorrection, (1));
    }

    function refused(address attacker, bytes[] memory calls) private {
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(attacker);
            (bool done, bytes memory answer) = address(mileage).call(calls[i]);
            vm.assertFalse(done);
            vm.assertEq(keccak256(answer), keccak256(unauthorized(attacker)));
        }
    }

    function testFuzz_AStrangerWritesNothing(address attacker) public {
        vm.assume(attacker != settler && attacker != treasurer && attacker != approver);
        vm.assume(attacker != operator && attacker != address(access));
        vm.prank(operator);
        mileage.stopProgramme(VOLUNTEERING);
        refused(attacker, settlerCalls());
        refused(attacker, treasurerCalls());
        refused(attacker, approverCalls());
    }

    function test_EachRoleHasItsOwnPartAlone() public {
        address[6] memory others = [settler, approver, registrar, anchorer, deployer, address(mileage)];
        vm.prank(operator);
        mileage.stopProgramme(VOLUNTEERING);
        for (uint256 i = 0; i < others.length; ++i) {
            refused(others[i], treasurerCalls());
            if (others[i] != settler) refused(others[i], settlerCalls());
            if (others[i] != approver) refused(others[i], approverCalls());
        }
        refused(treasurer, settlerCalls());
        refused(treasurer, approverCalls());
    }

    function test_APauseStopsWhateverMovesPoints() public {
        award(MINJI, 10);
        vm.prank(treasurer);
        mileage.pause();
        vm.assertTrue(mileage.paused());
        bytes32 refusal = keccak256(abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        bytes[] memory calls = settlerCalls();
        for (uint256 i = 0; i < calls.length; ++i) {
            expectRefusal(settler, calls[i], refusal);
        }
        expectRefusal(treasurer, treasurerCalls()[0], refusal);
        expectRefusal(approver, approverCalls()[0], refusal);
        expectRefusal(approver, approverCalls()[1], refusal);
        vm.assertEq(mileage.balanceOf(holderOf(MINJI)), 10);

        vm.prank(treasurer);
        mileage.unpause();
        pay(payment(MINJI, BAKERY, 10, 1));
    }

    function expectRefusal(address sender, bytes memory call, bytes32 refusal) private {
        vm.prank(sender);
        (bool done, bytes memory answer) = address(mileage).call(call);
        vm.assertFalse(done);
        vm.assertEq(keccak256(answer), refusal);
    }
}
