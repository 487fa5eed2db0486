// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {IMileage} from "../../../contracts/interfaces/IMileage.sol";
import {HolderSlot} from "../../../contracts/mileage/HolderSlot.sol";
import {Test} from "../Test.sol";

/// @notice Any 256 bits: what one operation writes is what is read, and no other field moves.
contract HolderSlotTest is Test {
    uint256 private constant MAX_40 = type(uint40).max;
    /// @dev The fields from the lowest bit, with the counters as one.
    uint256 private constant EPOCH = 0xffff;
    uint256 private constant BUCKETS = ((1 << 80) - 1) << 16;
    uint256 private constant NONCE = uint256(type(uint32).max) << 96;
    uint256 private constant DAY = uint256(type(uint16).max) << 128;

    function testFuzz_WritesANonceAndNothingElse(uint256 raw, uint32 nonce) public pure {
        HolderSlot slot = HolderSlot.wrap(raw).withNonce(nonce);
        vm.assertEq(slot.nonce(), nonce);
        vm.assertEq(HolderSlot.unwrap(slot) & ~NONCE, raw & ~NONCE);
    }

    function testFuzz_WritesBucketsAndNothingElse(uint256 raw, uint40 current, uint40 previous) public pure {
        HolderSlot slot = HolderSlot.wrap(raw).withBuckets(current, previous);
        vm.assertEq(slot.current(), current);
        vm.assertEq(slot.previous(), previous);
        vm.assertEq(HolderSlot.unwrap(slot) & ~BUCKETS, raw & ~BUCKETS);
    }

    function testFuzz_RollingForgetsWhatIsTwoYearsOld(uint256 raw, uint16 epoch) public pure {
        HolderSlot slot = HolderSlot.wrap(raw);
        HolderSlot rolled = slot.rolledTo(epoch);
        vm.assertEq(rolled.epoch(), epoch);
        bool same = slot.epoch() == epoch;
        bool next = slot.epoch() + 1 == epoch;
        vm.assertEq(rolled.current(), same ? slot.current() : 0);
        vm.assertEq(rolled.previous(), same ? slot.previous() : next ? slot.current() : 0);
        vm.assertEq(HolderSlot.unwrap(rolled) & ~(BUCKETS | EPOCH), raw & ~(BUCKETS | EPOCH));
    }

    function testFuzz_SpendsThePreviousYearFirst(uint256 raw, uint256 amount) public pure {
        HolderSlot slot = HolderSlot.wrap(raw);
        amount = bound(amount, 0, slot.current() + slot.previous());
        (HolderSlot after_, uint256 fromPrevious) = slot.spent(amount);
        vm.assertEq(fromPrevious, amount < slot.previous() ? amount : slot.previous());
        vm.assertEq(after_.previous(), slot.previous() - fromPrevious);
        vm.assertEq(after_.current(), slot.current() - (amount - fromPrevious));
        vm.assertEq(HolderSlot.unwrap(after_) & ~BUCKETS, raw & ~BUCKETS);
    }

    function testFuzz_ANewDayForgetsTheCounters(uint256 raw, uint16 day, uint16 amount, uint16 programme) public pure {
        programme = uint16(bound(programme, 1, 4095));
        HolderSlot slot = HolderSlot.wrap(raw & ~(uint256(1) << 55));
        vm.assume(((raw & DAY) >> 128) < day);
        HolderSlot after_ = slot.awarded(amount, programme, day, type(uint16).max, 0);
        vm.assertEq(HolderSlot.unwrap(after_) >> 144, uint256(amount) << 12 | programme);
        vm.assertEq((HolderSlot.unwrap(after_) & DAY) >> 128, day);
        vm.assertEq(after_.current(), slot.current() + amount);
        vm.assertEq(after_.previous(), slot.previous());
        vm.assertEq(after_.nonce(), slot.nonce());
        vm.assertEq(after_.epoch(), slot.epoch());
    }

    function testFuzz_EachCounterIsItsOwn(uint16[4] memory amounts, uint8 again) public pure {
        HolderSlot slot;
        for (uint256 i = 0; i < 4; ++i) {
            amounts[i] = uint16(bound(amounts[i], 1, 30_000));
            slot = slot.awarded(amounts[i], 4095 - i, 9, type(uint16).max, 0);
        }
        uint256 which = again % 4;
        slot = slot.awarded(amounts[which], 4095 - which, 9, type(uint16).max, 0);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 counter = HolderSlot.unwrap(slot) >> (144 + 28 * i);
            vm.assertEq(counter & 0xfff, 4095 - i);
            vm.assertEq((counter >> 12) & 0xffff, uint256(amounts[i]) * (i == which ? 2 : 1));
        }
    }

    function test_NoBucketRunsOver() public {
        HolderSlot full = HolderSlot.wrap(0).withBuckets(MAX_40, MAX_40);
        bytes memory refusal = abi.encodeWithSelector(IMileage.BalanceOutOfRange.selector);
        vm.expectRevert(refusal);
        this.addAward(full);
        vm.expectRevert(refusal);
        this.setBuckets(MAX_40 + 1, 0);
        vm.expectRevert(refusal);
        this.setBuckets(0, MAX_40 + 1);
    }

    function addAward(HolderSlot slot) external pure returns (HolderSlot) {
        return slot.awarded(1, 1, 1, 1, 0);
    }

    function setBuckets(uint256 current, uint256 previous) external pure returns (HolderSlot) {
        return HolderSlot.wrap(0).withBuckets(current, previous);
    }
}
