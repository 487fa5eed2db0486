// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {IMileage} from "../../../contracts/interfaces/IMileage.sol";
import {Mileage} from "../../../contracts/mileage/Mileage.sol";
import {MileageTest} from "./MileageTest.sol";

contract RedemptionsTest is MileageTest {
    function setUp() public override {
        super.setUp();
        award(MINJI, 500);
        award(JUNHO, 500);
    }

    function test_PaysAMerchantByTheHoldersSignature() public {
        IMileage.Redemption memory signed = payment(MINJI, BAKERY, 120, 1);
        bytes32 digest = digestOf(holderOf(MINJI), signed);
        vm.expectEmit();
        emit IMileage.Redeemed(holderOf(MINJI), BAKERY, 120, 1, YEAR, 0, digest);
        bytes32 root = pay(signed);

        vm.assertEq(mileage.balanceOf(holderOf(MINJI)), 380);
        vm.assertEq(mileage.nonceOf(holderOf(MINJI)), 1);
        vm.assertEq(mileage.totalSupply(), 880);
        (, uint64 redeemed, uint64 donated,,) = mileage.totals();
        vm.assertEq(redeemed, 120);
        vm.assertEq(donated, 0);
        vm.assertEq(mileage.settledAt(root), block.timestamp);
    }

    function test_GivesToAFundTheSameWayAndCountsItApart() public {
        pay(payment(MINJI, FOOD_BANK, 30, 1));
        (, uint64 redeemed, uint64 donated,,) = mileage.totals();
        vm.assertEq(redeemed, 0);
        vm.assertEq(donated, 30);
    }

    function test_AnchorsTheBatchSoThatEachPaymentHasAReceipt() public {
        IMileage.Redemption[] memory list = new IMileage.Redemption[](3);
        list[0] = payment(MINJI, BAKERY, 10, 1);
        list[1] = payment(JUNHO, BAKERY, 20, 1);
        list[2] = payment(MINJI, FOOD_BANK, 30, 2);
        bytes32[] memory leaves = new bytes32[](3);
        bytes32[] memory hashes = new bytes32[](3);
        for (uint256 i = 0; i < 3; ++i) {
            address holder = i == 1 ? holderOf(JUNHO) : holderOf(MINJI);
            hashes[i] = hashOf(digestOf(holder, list[i]), YEAR, 0);
            leaves[i] = leafOf(hashes[i]);
        }
        // Laid from the end of an array of five: the first two make the inner node beside the third.
        bytes32 expected = pairOf(pairOf(leaves[0], leaves[1]), leaves[2]);
        vm.expectEmit();
        emit IMileage.RedemptionsSettled(expected, 3);
        vm.assertEq(pay(list), expected);

        vm.assertEq(anchors.anchorOf(expected).leafCount, 3);
        bytes32[] memory path = new bytes32[](2);
        (path[0], path[1]) = (leaves[0], leaves[2]);
        vm.assertTrue(anchors.verify(hashes[1], path, expected));
        vm.assertFalse(anchors.verify(hashes[2], path, expected));
    }

    function test_TakesTheOldestPointsFirst() public {
        vm.warp(NEW_YEAR_2028);
        award(MINJI, 50);
        IMileage.Redemption memory signed = payment(MINJI, BAKERY, 510, 1);
        vm.expectEmit();
        emit IMileage.Redeemed(
            holderOf(MINJI), BAKERY, 510, 1, 2028, 500, digestOf(holderOf(MINJI), signed)
        );
        pay(signed);
        (uint256 current, uint256 previous) = buckets(holderOf(MINJI));
        vm.assertEq(current, 40);
        vm.assertEq(previous, 0);
        vm.assertEq(mileage.outstandingOf(2027), 500);
        vm.assertEq(mileage.outstandingOf(2028), 40);
        pay(payment(JUNHO, BAKERY, 499, 1));
        (current, previous) = buckets(holderOf(JUNHO));
        vm.assertEq(current, 0);
        vm.assertEq(previous, 1);
    }

    function test_RefusesTheSamePaymentASecondTime() public {
        IMileage.Redemption memory signed = payment(MINJI, BAKERY, 10, 1);
        pay(signed);
        expectPayError(signed, IMileage.NonceUsed.selector);
        IMileage.Redemption[] memory twice = new IMileage.Redemption[](2);
        twice[0] = payment(MINJI, BAKERY, 10, 2);
        twice[1] = twice[0];
        vm.prank(settler);
        vm.expectRevert(abi.encodeWithSelector(IMileage.NonceUsed.selector, 1));
        mileage.redeem(twice);
        vm.assertEq(mileage.balanceOf(holderOf(MINJI)), 490);
    }

    function testFuzz_ANonceIsGoodOnlyWhenGreaterThanTheLast(uint32 first, uint32 second) public {
        first = uint32(bound(first, 1, type(uint32).max));
        pay(payment(MINJI, BAKERY, 1, first));
        vm.assertEq(mileage.nonceOf(holderOf(MINJI)), first);
        IMileage.Redemption memory signed = payment(MINJI, BAKERY, 1, second);
        if (second > first) pay(signed);
        else expectPayError(signed, IMileage.NonceUsed.selector);
    }

    function test_RefusesMoreThanThereIs() public {
        expectPayError(payment(MINJI, BAKERY, 501, 1), IMileage.BalanceTooLow.selector);
        expectPayError(payment(0xC, BAKERY, 1, 1), IMileage.BalanceTooLow.selector);
        expectPayError(payment(MINJI, BAKERY, 0, 1), IMileage.AmountOutOfRange.selector);
        pay(payment(MINJI, BAKERY, 500, 1));
        vm.assertEq(mileage.balanceOf(holderOf(MINJI)), 0);
    }

    function test_ExpiredPointsPayNothing() public {
        vm.warp(NEW_YEAR_2029);
        award(MINJI, 5);
        expectPayError(payment(MINJI, BAKERY, 6, 1), IMileage.BalanceTooLow.selector);
        pay(payment(MINJI, BAKERY, 5, 1));
        vm.assertEq(mileage.expired(), 1000);
    }

    function test_PaysOnlyWhoIsRegisteredAndNotFrozen() public {
        expectPayError(payment(MINJI, 11, 1, 1), IMileage.PayeeNotRegistered.selector);
        expectPayError(payment(MINJI, 0, 1, 1), IMileage.PayeeNotRegistered.selector);
        vm.prank(treasurer);
        mileage.setPayeeFrozen(BAKERY, true);
        expectPayError(payment(MINJI, BAKERY, 1, 1), IMileage.PayeeIsFrozen.selector);
    }

    function test_ADeadlineIsTheLastSecond() public {
        IMileage.Redemption memory signed = payment(MINJI, BAKERY, 1, 1);
        vm.warp(signed.deadline + 1);
        expectPayError(signed, IMileage.DeadlinePassed.selector);
        vm.warp(signed.deadline);
        pay(signed);
    }

    function testFuzz_ASignatureIsForItsPaymentAlone(uint32 payee, uint40 amount, uint32 nonce, uint48 deadline)
        public
    {
        IMileage.Redemption memory signed = payment(MINJI, BAKERY, 100, 7);
        IMileage.Redemption memory changed = payment(MINJI, BAKERY, 100, 7);
        changed.payee = payee % 2 == 0 ? BAKERY : FOOD_BANK;
        changed.amount = uint40(bound(amount, 1, 500));
        changed.nonce = uint32(bound(nonce, 1, type(uint32).max));
        changed.deadline = uint48(bound(deadline, block.timestamp, type(uint48).max));
        vm.assume(digestOf(holderOf(MINJI), changed) != digestOf(holderOf(MINJI), signed));
        expectPayError(changed, IMileage.SignatureInvalid.selector);
    }

    function testFuzz_AnotherKeyCannotPayForAHolder(uint256 thief, uint256 r, uint256 s) public {
        thief = bound(thief, 1, type(uint128).max);
        vm.assume(thief != MINJI);
        IMileage.Redemption memory forged = payment(thief, BAKERY, 100, 1);
        // The thief's own key has no points; the holder's does not fit the signature.
        expectPayError(forged, IMileage.BalanceTooLow.selector);
        (forged.x, forged.y) = vm.publicKeyP256(MINJI);
        expectPayError(forged, IMileage.SignatureInvalid.selector);
        (forged.r, forged.s) = (r, s);
        expectPayError(forged, IMileage.SignatureInvalid.selector);
    }

    function test_TakesASignatureInItsLowFormAlone() public {
        IMileage.Redemption memory signed = payment(MINJI, BAKERY, 100, 1);
        expectPayError(highS(signed), IMileage.SignatureInvalid.selector);
        pay(highS(signed));
    }

    function test_RefusesAPointThatIsNoKey() public {
        IMileage.Redemption memory signed = payment(MINJI, BAKERY, 100, 1);
        signed.y += 1;
        address nowhere = address(uint160(uint256(keccak256(abi.encode(signed.x, signed.y)))));
        settle(VOLUNTEERING, START, entries(nowhere, 200));
        expectPayError(signed, IMileage.SignatureInvalid.selector);
    }

    function test_ASignatureIsForOneContractOnOneChain() public {
        IMileage.Redemption memory signed = payment(MINJI, BAKERY, 100, 1);
        Mileage here = mileage;
        vm.chainId(block.chainid + 1);
        expectPayError(signed, IMileage.SignatureInvalid.selector);
        vm.chainId(block.chainid - 1);

        Mileage another = new Mileage(address(access), anchors, SEOUL, REFUND_WINDOW, RECOVERY_DELAY);
        mileage = another;
        IMileage.Redemption memory elsewhere = payment(MINJI, BAKERY, 100, 1);
        mileage = here;
        expectPayError(elsewhere, IMileage.SignatureInvalid.selector);
        pay(signed);
    }

    function test_OneBadPaymentStopsTheBatchAndIsNamed() public {
        IMileage.Redemption[] memory list = new IMileage.Redemption[](2);
        list[0] = payment(MINJI, BAKERY, 10, 1);
        list[1] = payment(JUNHO, BAKERY, 501, 1);
        vm.prank(settler);
        vm.expectRevert(abi.encodeWithSelector(IMileage.BalanceTooLow.selector, 1));
        mileage.redeem(list);
        vm.assertEq(mileage.balanceOf(holderOf(MINJI)), 500);

        vm.prank(settler);
        vm.expectRevert(abi.encodeWithSelector(IMileage.EmptyBatch.selector));
        mileage.redeem(new IMileage.Redemption[](0));
    }
}
