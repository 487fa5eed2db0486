// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {IMileage} from "../interfaces/IMileage.sol";

/// @notice Everything about one holder in one storage slot, from the lowest bit:
/// epoch 16, current 40, previous 40, nonce 32, day 16, and four counters of that day (programme 12, awarded 16).
/// `current` are the points of `epoch`, `previous` those of the year before.
type HolderSlot is uint256;

using HolderSlots for HolderSlot global;

/// @title Reading and writing a holder's slot
/// @dev Pure, unchecked arithmetic: an award touches a slot per holder, so that each operation here counts a thousand
/// times in a batch. What could leave its field is checked before.
library HolderSlots {
    uint256 private constant CURRENT = 16;
    uint256 private constant PREVIOUS = 56;
    uint256 private constant NONCE = 96;
    uint256 private constant DAY = 128;
    uint256 private constant COUNTERS = 144;
    uint256 private constant COUNTER_BITS = 28;
    uint256 private constant PROGRAMME_BITS = 12;

    uint256 private constant MASK_12 = 0xfff;
    uint256 private constant MASK_16 = 0xffff;
    uint256 private constant MASK_28 = 0xfffffff;
    uint256 private constant MASK_32 = 0xffffffff;
    uint256 private constant MASK_40 = 0xffffffffff;
    uint256 private constant BUCKETS = (1 << NONCE) - 1;

    function epoch(HolderSlot slot) internal pure returns (uint256) {
        return HolderSlot.unwrap(slot) & MASK_16;
    }

    function current(HolderSlot slot) internal pure returns (uint256) {
        return (HolderSlot.unwrap(slot) >> CURRENT) & MASK_40;
    }

    function previous(HolderSlot slot) internal pure returns (uint256) {
        return (HolderSlot.unwrap(slot) >> PREVIOUS) & MASK_40;
    }

    function nonce(HolderSlot slot) internal pure returns (uint256) {
        return (HolderSlot.unwrap(slot) >> NONCE) & MASK_32;
    }

    /// @notice The slot as of `now_`: the year before moves down, what is older is gone.
    function rolledTo(HolderSlot slot, uint256 now_) internal pure returns (HolderSlot) {
        unchecked {
            uint256 was = epoch(slot);
            if (was == now_) return slot;
            uint256 kept = was + 1 == now_ ? current(slot) : 0;
            return HolderSlot.wrap((HolderSlot.unwrap(slot) & ~BUCKETS) | (kept << PREVIOUS) | now_);
        }
    }

    /// @notice With other buckets. Everything else stays.
    function withBuckets(HolderSlot slot, uint256 current_, uint256 previous_) internal pure returns (HolderSlot) {
        if (current_ > MASK_40 || previous_ > MASK_40) revert IMileage.BalanceOutOfRange();
        uint256 kept = HolderSlot.unwrap(slot) & ~(BUCKETS ^ MASK_16);
        return HolderSlot.wrap(kept | (current_ << CURRENT) | (previous_ << PREVIOUS));
    }

    function withNonce(HolderSlot slot, uint32 nonce_) internal pure returns (HolderSlot) {
        return HolderSlot.wrap((HolderSlot.unwrap(slot) & ~(MASK_32 << NONCE)) | (uint256(nonce_) << NONCE));
    }

    /// @notice Takes `amount`, the older points first. The balance must cover it.
    function spent(HolderSlot slot, uint256 amount) internal pure returns (HolderSlot, uint256 fromPrevious) {
        unchecked {
            (uint256 newer, uint256 older) = (current(slot), previous(slot));
            fromPrevious = amount < older ? amount : older;
            return (withBuckets(slot, newer - (amount - fromPrevious), older - fromPrevious), fromPrevious);
        }
    }

    /// @notice Adds an award of `day` to the current points and to the day's counter of the programme.
    /// @param index Where in the batch, for the error.
    function awarded(
        HolderSlot slot,
        uint256 amount,
        uint256 programme,
        uint256 day,
        uint256 dayLimit,
        uint256 index
    ) internal pure returns (HolderSlot) {
        unchecked {
            uint256 raw = HolderSlot.unwrap(slot);
            uint256 countedDay = (raw >> DAY) & MASK_16;
            if (countedDay > day) revert IMileage.DayClosed(index);
            // A new day: its number, and no counters.
            if (countedDay < day) raw = (raw & ((1 << DAY) - 1)) | (day << DAY);

            uint256 offset = COUNTERS;
            while (true) {
                if (offset == 256) revert IMileage.TooManyProgrammes(index);
                uint256 counted = (raw >> offset) & MASK_12;
                if (counted == programme || counted == 0) break;
                offset += COUNTER_BITS;
            }
            uint256 today = ((raw >> (offset + PROGRAMME_BITS)) & MASK_16) + amount;
            if (today > dayLimit) revert IMileage.DayLimitExceeded(index);
            if (current(slot) + amount > MASK_40) revert IMileage.BalanceOutOfRange();
            raw = (raw & ~(MASK_28 << offset)) | ((today << PROGRAMME_BITS | programme) << offset);
            return HolderSlot.wrap(raw + (amount << CURRENT));
        }
    }
}
