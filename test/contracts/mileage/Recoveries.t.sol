// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {IMileage} from "../../../contracts/interfaces/IMileage.sol";
import {MileageTest} from "./MileageTest.sol";

contract RecoveriesTest is MileageTest {
    uint256 private constant NEW_PHONE = 0x4E3;
    address private lost;
    address private found;

    function setUp() public override {
        super.setUp();
        (lost, found) = (holderOf(MINJI), holderOf(NEW_PHONE));
        award(MINJI, 300);
    }

    function request(address to) private {
        vm.prank(settler);
        mileage.requestRecovery(lost, to);
    }

    function complete() private {
        vm.prank(settler);
        mileage.completeRecovery(lost);
    }

    function expectSettlerError(bytes memory refusal) private {
        vm.prank(settler);
        vm.expectRevert(refusal);
    }

    function object(uint256 key, uint32 nonce, uint48 deadline) private {
        (uint256 r, uint256 s) = objection(key, nonce, deadline);
        (uint256 x, uint256 y) = vm.publicKeyP256(key);
        vm.prank(stranger);
        mileage.objectToRecovery(x, y, r, s, nonce, deadline);
    }

    function test_MovesBothYearsToTheNewKeyAfterTheDelay() public {
        vm.warp(NEW_YEAR_2028);
        award(MINJI, 40);
        award(NEW_PHONE, 5);
        uint48 readyAt = uint48(block.timestamp) + RECOVERY_DELAY;
        vm.expectEmit();
        emit IMileage.RecoveryRequested(lost, found, readyAt);
        request(found);
        IMileage.Recovery memory pending = mileage.recoveryOf(lost);
        vm.assertEq(pending.to, found);
        vm.assertEq(pending.readyAt, readyAt);

        vm.warp(readyAt - 1);
        expectSettlerError(abi.encodeWithSelector(IMileage.RecoveryTooEarly.selector, lost, readyAt));
        mileage.completeRecovery(lost);
        vm.warp(readyAt);
        vm.expectEmit();
        emit IMileage.RecoveryCompleted(lost, found, 2028, 40, 300);
        complete();

        (uint256 current, uint256 previous) = buckets(found);
        vm.assertEq(current, 45);
        vm.assertEq(previous, 300);
        vm.assertEq(mileage.balanceOf(lost), 0);
        vm.assertEq(mileage.totalSupply(), 345);
        vm.assertEq(mileage.recoveryOf(lost).readyAt, 0);
        expectSettlerError(abi.encodeWithSelector(IMileage.RecoveryNotPending.selector, lost));
        mileage.completeRecovery(lost);
    }

    function test_TheOldKeyCanObject() public {
        request(found);
        vm.expectEmit();
        emit IMileage.RecoveryObjected(lost, found, 3);
        object(MINJI, 3, uint48(block.timestamp));
        vm.assertEq(mileage.nonceOf(lost), 3);
        vm.warp(block.timestamp + RECOVERY_DELAY);
        expectSettlerError(abi.encodeWithSelector(IMileage.RecoveryNotPending.selector, lost));
        mileage.completeRecovery(lost);
        vm.assertEq(mileage.balanceOf(lost), 300);
    }

    function test_AnObjectionIsHeardWhileEverythingIsPaused() public {
        request(found);
        vm.prank(treasurer);
        mileage.pause();
        object(MINJI, 1, uint48(block.timestamp));
        vm.assertEq(mileage.recoveryOf(lost).readyAt, 0);
    }

    function test_APaymentByTheOldKeyIsAnObjectionToo() public {
        request(found);
        pay(payment(MINJI, BAKERY, 1, 1));
        vm.warp(block.timestamp + RECOVERY_DELAY);
        expectSettlerError(abi.encodeWithSelector(IMileage.RecoveryVoid.selector, lost));
        mileage.completeRecovery(lost);
        vm.assertEq(mileage.balanceOf(lost), 299);
        // The citizen asks anew: the delay begins anew.
        request(found);
        expectSettlerError(
            abi.encodeWithSelector(
                IMileage.RecoveryTooEarly.selector, lost, uint48(block.timestamp) + RECOVERY_DELAY
            )
        );
        mileage.completeRecovery(lost);
    }

    function test_OnlyTheOldKeyItselfObjects() public {
        request(found);
        uint48 deadline = uint48(block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(IMileage.RecoveryNotPending.selector, holderOf(JUNHO)));
        this.objectAs(JUNHO, JUNHO, 1, deadline);
        vm.expectRevert(abi.encodeWithSelector(IMileage.SignatureInvalid.selector, 0));
        this.objectAs(MINJI, JUNHO, 1, deadline);
        vm.expectRevert(abi.encodeWithSelector(IMileage.NonceUsed.selector, 0));
        this.objectAs(MINJI, MINJI, 0, deadline);
        vm.expectRevert(abi.encodeWithSelector(IMileage.DeadlinePassed.selector, 0));
        this.objectAs(MINJI, MINJI, 1, deadline - 1);
        vm.assertEq(mileage.recoveryOf(lost).to, found);
    }

    function objectAs(uint256 holder, uint256 signer, uint32 nonce, uint48 deadline) external {
        (uint256 x, uint256 y) = vm.publicKeyP256(holder);
        (uint256 r, uint256 s) = objection(signer, nonce, deadline);
        mileage.objectToRecovery(x, y, r, s, nonce, deadline);
    }

    function test_AnOldObjectionDoesNotStopALaterRequest() public {
        request(found);
        object(MINJI, 3, type(uint48).max);
        request(found);
        vm.expectRevert(abi.encodeWithSelector(IMileage.NonceUsed.selector, 0));
        this.objectAs(MINJI, MINJI, 3, type(uint48).max);
    }

    function test_OneRequestAtATimeAndItCanBeTakenBack() public {
        request(found);
        expectSettlerError(abi.encodeWithSelector(IMileage.RecoveryAlreadyPending.selector, lost));
        mileage.requestRecovery(lost, holderOf(JUNHO));
        vm.expectEmit();
        emit IMileage.RecoveryCancelled(lost, found);
        vm.prank(settler);
        mileage.cancelRecovery(lost);
        expectSettlerError(abi.encodeWithSelector(IMileage.RecoveryNotPending.selector, lost));
        mileage.cancelRecovery(lost);
        request(holderOf(JUNHO));
    }

    function test_RefusesAMoveToNowhereOrToItself() public {
        expectSettlerError(abi.encodeWithSelector(IMileage.RecoveryInvalid.selector, lost, lost));
        mileage.requestRecovery(lost, lost);
        expectSettlerError(abi.encodeWithSelector(IMileage.RecoveryInvalid.selector, lost, address(0)));
        mileage.requestRecovery(lost, address(0));
    }

    function test_ExpiredPointsDoNotMove() public {
        vm.warp(NEW_YEAR_2029 - 1 days);
        request(found);
        vm.warp(NEW_YEAR_2029 + RECOVERY_DELAY);
        complete();
        vm.assertEq(mileage.balanceOf(found), 0);
        vm.assertEq(mileage.expired(), 300);
    }

    function test_TheOldKeysPaymentsStayVoid() public {
        IMileage.Redemption memory signed = payment(MINJI, BAKERY, 10, 1);
        pay(signed);
        request(found);
        vm.warp(block.timestamp + RECOVERY_DELAY);
        complete();
        award(MINJI, 50);
        expectPayError(payment(MINJI, BAKERY, 10, 1), IMileage.NonceUsed.selector);
        pay(payment(MINJI, BAKERY, 10, 2));
    }
}
