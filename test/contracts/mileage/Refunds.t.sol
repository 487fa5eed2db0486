// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {IMileage} from "../../../contracts/interfaces/IMileage.sol";
import {MileageTest} from "./MileageTest.sol";

contract RefundsTest is MileageTest {
    address private minji;
    IMileage.Redemption private paid;
    bytes32 private root;

    function setUp() public override {
        super.setUp();
        minji = holderOf(MINJI);
        award(MINJI, 300);
        paid = payment(MINJI, BAKERY, 100, 1);
        root = pay(paid);
    }

    function giveBack(IMileage.Refund memory returned) private {
        vm.prank(settler);
        mileage.refund(returned);
    }

    function expectRefundError(IMileage.Refund memory returned, bytes memory refusal) private {
        vm.prank(settler);
        vm.expectRevert(refusal);
        mileage.refund(returned);
    }

    function notProven(IMileage.Refund memory r) private view returns (bytes memory) {
        IMileage.Redemption memory said;
        (said.payee, said.amount, said.nonce, said.deadline) = (r.payee, r.amount, r.nonce, r.deadline);
        return abi.encodeWithSelector(IMileage.RedemptionNotProven.selector, digestOf(r.holder, said));
    }

    function test_GivesAPaymentBackInParts() public {
        bytes32 digest = digestOf(minji, paid);
        vm.expectEmit();
        emit IMileage.Refunded(minji, BAKERY, 30, YEAR, 30, 0, digest);
        giveBack(refundOf(paid, minji, root, 0, 0, 30));
        giveBack(refundOf(paid, minji, root, 0, 30, 70));
        vm.assertEq(mileage.balanceOf(minji), 300);
        vm.assertEq(mileage.refundedOf(digest), 100);
        (,,, uint64 refunded,) = mileage.totals();
        vm.assertEq(refunded, 100);
        vm.assertEq(mileage.totalSupply(), 300);
    }

    function test_NeverMoreThanWasPaid() public {
        bytes memory tooMuch = abi.encodeWithSelector(IMileage.RefundTooMuch.selector, digestOf(minji, paid));
        expectRefundError(refundOf(paid, minji, root, 0, 0, 101), tooMuch);
        expectRefundError(refundOf(paid, minji, root, 0, 0, 0), tooMuch);
        giveBack(refundOf(paid, minji, root, 0, 0, 60));
        expectRefundError(refundOf(paid, minji, root, 0, 60, 41), tooMuch);
        giveBack(refundOf(paid, minji, root, 0, 60, 40));
        expectRefundError(refundOf(paid, minji, root, 0, 100, 1), tooMuch);
    }

    function test_TheSameRefundIsTakenOnce() public {
        giveBack(refundOf(paid, minji, root, 0, 0, 40));
        expectRefundError(
            refundOf(paid, minji, root, 0, 0, 40),
            abi.encodeWithSelector(IMileage.RefundOutOfOrder.selector, digestOf(minji, paid), 40)
        );
        vm.assertEq(mileage.balanceOf(minji), 240);
    }

    function test_OnlyWithinTheWindow() public {
        vm.warp(block.timestamp + REFUND_WINDOW);
        giveBack(refundOf(paid, minji, root, 0, 0, 1));
        vm.warp(block.timestamp + 1);
        expectRefundError(
            refundOf(paid, minji, root, 0, 1, 1), abi.encodeWithSelector(IMileage.RefundWindowClosed.selector, root)
        );
    }

    function testFuzz_OnlyForThePaymentThatWasSettled(
        address holder,
        uint40 amount,
        uint32 nonce,
        uint16 epoch,
        uint40 fromPrevious
    ) public {
        IMileage.Refund memory good = refundOf(paid, minji, root, 0, 0, 1);
        IMileage.Refund memory forged = refundOf(paid, holder, root, 0, 0, 1);
        expectRefundError(forged, notProven(forged));
        forged = refundOf(paid, minji, root, 0, 0, 1);
        forged.payee = FOOD_BANK;
        expectRefundError(forged, notProven(forged));
        (forged.payee, forged.amount) = (BAKERY, amount == good.amount ? 101 : amount);
        expectRefundError(forged, notProven(forged));
        (forged.amount, forged.nonce) = (good.amount, nonce == good.nonce ? 2 : nonce);
        expectRefundError(forged, notProven(forged));
        (forged.nonce, forged.epoch) = (good.nonce, epoch == good.epoch ? 2028 : epoch);
        expectRefundError(forged, notProven(forged));
        (forged.epoch, forged.fromPrevious) = (good.epoch, fromPrevious == 0 ? 1 : fromPrevious);
        expectRefundError(forged, notProven(forged));
        (forged.fromPrevious, forged.deadline) = (good.fromPrevious, good.deadline + 1);
        expectRefundError(forged, notProven(forged));
        giveBack(good);
    }

    function test_OneOfABatchComesBackByItsPath() public {
        IMileage.Redemption[] memory list = new IMileage.Redemption[](2);
        list[0] = payment(MINJI, BAKERY, 10, 2);
        list[1] = payment(MINJI, BAKERY, 20, 3);
        bytes32 batch = pay(list);
        IMileage.Refund memory returned = refundOf(list[0], minji, batch, 0, 0, 10);
        expectRefundError(returned, notProven(returned));
        returned.proof = new bytes32[](1);
        returned.proof[0] = leafOf(hashOf(digestOf(minji, list[1]), YEAR, 0));
        giveBack(returned);
        vm.assertEq(mileage.balanceOf(minji), 180);
    }

    /// @notice Whoever anchors credentials could anchor a root over a payment that never was.
    function test_ARootThatOnlyTheAnchorerWroteProvesNoPayment() public {
        IMileage.Redemption memory invented = payment(JUNHO, BAKERY, 1_000_000, 1);
        bytes32 forged = leafOf(hashOf(digestOf(holderOf(JUNHO), invented), YEAR, 0));
        vm.prank(anchorer);
        anchors.anchor(forged, 1);
        expectRefundError(
            refundOf(invented, holderOf(JUNHO), forged, 0, 0, 1_000_000),
            abi.encodeWithSelector(IMileage.RootNotOfRedemptions.selector, forged)
        );
    }

    function test_NeitherDoesARootOfAwards() public {
        IMileage.Redemption memory invented = payment(JUNHO, BAKERY, 500, 1);
        bytes32 forged = leafOf(hashOf(digestOf(holderOf(JUNHO), invented), YEAR, 0));
        vm.prank(settler);
        mileage.settleAwards(VOLUNTEERING, START, forged, 1, entries(minji, 1));
        expectRefundError(
            refundOf(invented, holderOf(JUNHO), forged, 0, 0, 500),
            abi.encodeWithSelector(IMileage.RootNotOfRedemptions.selector, forged)
        );
    }

    function test_GoesBackToTheYearsThatItCameFromTheNewerFirst() public {
        vm.warp(NEW_YEAR_2028);
        award(MINJI, 60);
        IMileage.Redemption memory both = payment(MINJI, BAKERY, 250, 2);
        bytes32 batch = pay(both);
        IMileage.Refund memory returned = refundOf(both, minji, batch, 200, 0, 30);
        returned.epoch = 2028;
        giveBack(returned);
        (uint256 current, uint256 previous) = buckets(minji);
        vm.assertEq(current, 40);
        vm.assertEq(previous, 0);

        (returned.refundedBefore, returned.amountBack) = (30, 50);
        vm.expectEmit();
        emit IMileage.Refunded(minji, BAKERY, 50, 2028, 20, 30, digestOf(minji, both));
        giveBack(returned);
        (returned.refundedBefore, returned.amountBack) = (80, 170);
        giveBack(returned);
        (current, previous) = buckets(minji);
        vm.assertEq(current, 60);
        vm.assertEq(previous, 200);
        vm.assertEq(mileage.outstandingOf(2027), 200);
        vm.assertEq(mileage.outstandingOf(2028), 60);
    }

    function test_AcrossNewYearItIsOfTheYearBefore() public {
        vm.warp(NEW_YEAR_2028 - 1);
        IMileage.Redemption memory late = payment(MINJI, BAKERY, 150, 2);
        bytes32 batch = pay(late);
        vm.warp(NEW_YEAR_2028 + 1);
        giveBack(refundOf(late, minji, batch, 0, 0, 150));
        (uint256 current, uint256 previous) = buckets(minji);
        vm.assertEq(current, 0);
        vm.assertEq(previous, 200);
    }

    function test_WhatHasExpiredMeanwhileDoesNotComeBack() public {
        vm.warp(NEW_YEAR_2028);
        award(MINJI, 60);
        vm.warp(NEW_YEAR_2029 - 1);
        IMileage.Redemption memory late = payment(MINJI, BAKERY, 230, 2);
        bytes32 batch = pay(late);
        vm.warp(NEW_YEAR_2029 + 1);
        vm.assertEq(mileage.balanceOf(minji), 30);
        IMileage.Refund memory returned = refundOf(late, minji, batch, 200, 0, 230);
        returned.epoch = 2028;
        vm.expectEmit();
        emit IMileage.Refunded(minji, BAKERY, 230, 2028, 30, 200, digestOf(minji, late));
        giveBack(returned);
        (uint256 current, uint256 previous) = buckets(minji);
        vm.assertEq(current, 0);
        vm.assertEq(previous, 60);
        vm.assertEq(mileage.totalSupply(), 60);
        vm.assertEq(mileage.expired(), 200);
    }
}
