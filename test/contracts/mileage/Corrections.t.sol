// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {IMileage} from "../../../contracts/interfaces/IMileage.sol";
import {MileageTest} from "./MileageTest.sol";

contract CorrectionsTest is MileageTest {
    uint64 private constant ID = 77;
    bytes32 private constant REASON = keccak256("hours counted twice");
    address private minji;

    function setUp() public override {
        super.setUp();
        minji = holderOf(MINJI);
        award(MINJI, 300);
    }

    function propose(uint40 amount) private {
        vm.prank(treasurer);
        mileage.proposeCorrection(ID, minji, VOLUNTEERING, amount, REASON);
    }

    function approve() private {
        vm.prank(approver);
        mileage.approveCorrection(ID);
    }

    function test_TakesNothingBeforeASecondPersonApproves() public {
        vm.expectEmit();
        emit IMileage.CorrectionProposed(ID, minji, VOLUNTEERING, 100, REASON);
        propose(100);
        vm.assertEq(mileage.balanceOf(minji), 300);
        IMileage.Correction memory correction = mileage.correctionOf(ID);
        vm.assertEq(correction.holder, minji);
        vm.assertEq(correction.programme, VOLUNTEERING);
        vm.assertEq(correction.amount, 100);
        vm.assertEq(correction.proposer, treasurer);
        vm.assertEq(correction.reasonHash, REASON);
        vm.assertEq(uint8(correction.state), uint8(IMileage.CorrectionState.Proposed));

        vm.expectEmit();
        emit IMileage.Corrected(ID, minji, VOLUNTEERING, 100, YEAR, 0, REASON);
        approve();
        vm.assertEq(mileage.balanceOf(minji), 200);
        vm.assertEq(mileage.totalSupply(), 200);
        (,,,, uint64 corrected) = mileage.totals();
        vm.assertEq(corrected, 100);
        vm.assertEq(uint8(mileage.correctionOf(ID).state), uint8(IMileage.CorrectionState.Approved));
    }

    function test_TheProposerCannotApproveEvenWithBothRoles() public {
        vm.prank(deployer);
        access.grantRole(APPROVER, treasurer, 0);
        propose(100);
        vm.prank(treasurer);
        vm.expectRevert(abi.encodeWithSelector(IMileage.CorrectionNeedsAnother.selector, ID, treasurer));
        mileage.approveCorrection(ID);
    }

    function test_IsDecidedOnce() public {
        bytes memory refusal = abi.encodeWithSelector(IMileage.CorrectionNotProposed.selector, ID);
        vm.prank(approver);
        vm.expectRevert(refusal);
        mileage.approveCorrection(ID);
        vm.prank(approver);
        vm.expectRevert(refusal);
        mileage.rejectCorrection(ID);
        propose(100);
        approve();
        vm.prank(approver);
        vm.expectRevert(refusal);
        mileage.approveCorrection(ID);
        vm.prank(approver);
        vm.expectRevert(refusal);
        mileage.rejectCorrection(ID);
        vm.assertEq(mileage.balanceOf(minji), 200);
    }

    function test_ARejectedOneNeverHappens() public {
        propose(100);
        vm.expectEmit();
        emit IMileage.CorrectionRejected(ID);
        vm.prank(approver);
        mileage.rejectCorrection(ID);
        vm.prank(approver);
        vm.expectRevert(abi.encodeWithSelector(IMileage.CorrectionNotProposed.selector, ID));
        mileage.approveCorrection(ID);
        vm.prank(treasurer);
        vm.expectRevert(abi.encodeWithSelector(IMileage.CorrectionAlreadyExists.selector, ID));
        mileage.proposeCorrection(ID, minji, VOLUNTEERING, 100, REASON);
        vm.assertEq(mileage.balanceOf(minji), 300);
    }

    function test_NeedsAProgrammeAnAmountAndAReason() public {
        vm.startPrank(treasurer);
        vm.expectRevert(abi.encodeWithSelector(IMileage.ProgrammeUnknown.selector, 9));
        mileage.proposeCorrection(ID, minji, 9, 100, REASON);
        vm.expectRevert(abi.encodeWithSelector(IMileage.CorrectionEmpty.selector, ID));
        mileage.proposeCorrection(ID, minji, VOLUNTEERING, 0, REASON);
        vm.expectRevert(abi.encodeWithSelector(IMileage.CorrectionEmpty.selector, ID));
        mileage.proposeCorrection(ID, minji, VOLUNTEERING, 100, 0);
        vm.stopPrank();
    }

    function test_TakesTheOldestFirstAndNoMoreThanThereIs() public {
        vm.warp(NEW_YEAR_2028);
        award(MINJI, 40);
        propose(320);
        vm.expectEmit();
        emit IMileage.Corrected(ID, minji, VOLUNTEERING, 320, 2028, 300, REASON);
        approve();
        (uint256 current, uint256 previous) = buckets(minji);
        vm.assertEq(current, 20);
        vm.assertEq(previous, 0);

        vm.prank(treasurer);
        mileage.proposeCorrection(ID + 1, minji, VOLUNTEERING, 50, REASON);
        vm.expectEmit();
        emit IMileage.Corrected(ID + 1, minji, VOLUNTEERING, 20, 2028, 0, REASON);
        vm.prank(approver);
        mileage.approveCorrection(ID + 1);
        vm.assertEq(mileage.balanceOf(minji), 0);
        vm.assertEq(mileage.totalSupply(), 0);
        (,,,, uint64 corrected) = mileage.totals();
        vm.assertEq(corrected, 340);
    }

    function test_GivesNoBudgetBack() public {
        propose(100);
        approve();
        vm.assertEq(mileage.spentOf(VOLUNTEERING, 2), 300);
    }
}
