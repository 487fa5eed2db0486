// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {IMileage} from "../interfaces/IMileage.sol";
import {Calendar} from "./Calendar.sol";
import {HolderSlot} from "./HolderSlot.sol";

/// @title Who has how many points of which year
/// @dev Points expire by being left behind: a slot is rolled to the present when it is next read, and the supply
/// counts the two living epochs alone. What is outstanding in an older epoch is what expired of it.
abstract contract Ledger is IMileage {
    struct Totals {
        uint64 awarded;
        uint64 redeemed;
        uint64 donated;
        uint64 refunded;
    }

    int256 private immutable _utcOffset;
    uint16 private immutable _firstEpoch;

    Totals private _totals;
    uint64 private _corrected;
    mapping(address holder => HolderSlot) internal _slots;
    mapping(uint256 epoch => uint256) private _outstanding;

    constructor(int32 utcOffsetSeconds) {
        _utcOffset = utcOffsetSeconds;
        _firstEpoch = Calendar.yearOf(Calendar.dayOf(block.timestamp, utcOffsetSeconds));
    }

    /// @inheritdoc IMileage
    function balanceOf(address holder) external view returns (uint256) {
        HolderSlot slot = _slotOf(holder, _epoch());
        return slot.current() + slot.previous();
    }

    /// @inheritdoc IMileage
    function bucketsOf(address holder) external view returns (uint16 epoch, uint40 current, uint40 previous) {
        epoch = _epoch();
        HolderSlot slot = _slotOf(holder, epoch);
        return (epoch, uint40(slot.current()), uint40(slot.previous()));
    }

    /// @inheritdoc IMileage
    function nonceOf(address holder) external view returns (uint32) {
        return uint32(_slots[holder].nonce());
    }

    /// @inheritdoc IMileage
    function totalSupply() external view returns (uint256) {
        uint256 epoch = _epoch();
        return _outstanding[epoch] + _outstanding[epoch - 1];
    }

    /// @inheritdoc IMileage
    function outstandingOf(uint16 epoch) external view returns (uint256) {
        return _outstanding[epoch];
    }

    /// @inheritdoc IMileage
    function expired() external view returns (uint256 sum) {
        uint256 living = uint256(_epoch()) - 1;
        for (uint256 epoch = _firstEpoch; epoch < living; ++epoch) {
            sum += _outstanding[epoch];
        }
    }

    /// @inheritdoc IMileage
    function totals()
        external
        view
        returns (uint64 awarded, uint64 redeemed, uint64 donated, uint64 refunded, uint64 corrected)
    {
        Totals memory sums = _totals;
        return (sums.awarded, sums.redeemed, sums.donated, sums.refunded, _corrected);
    }

    function _today() internal view returns (uint16) {
        return Calendar.dayOf(block.timestamp, _utcOffset);
    }

    function _epoch() internal view returns (uint16) {
        return Calendar.yearOf(_today());
    }

    function _slotOf(address holder, uint256 epoch) internal view returns (HolderSlot) {
        return _slots[holder].rolledTo(epoch);
    }

    /// @dev The books of a batch of awards whose slots are written.
    function _bookAwards(uint256 epoch, uint256 total) internal {
        _outstanding[epoch] += total;
        _totals.awarded += uint64(total);
    }

    /// @dev The books of a batch of redemptions whose slots are written.
    function _bookRedemptions(uint256 epoch, uint256 redeemed, uint256 donated, uint256 fromPrevious) internal {
        _take(epoch, redeemed + donated, fromPrevious);
        _totals.redeemed += uint64(redeemed);
        _totals.donated += uint64(donated);
    }

    /// @dev Takes from a holder as far as there is, oldest first.
    function _correct(address holder, uint256 epoch, uint256 wanted)
        internal
        returns (uint256 taken, uint256 fromPrevious)
    {
        HolderSlot slot = _slotOf(holder, epoch);
        uint256 balance = slot.current() + slot.previous();
        taken = wanted < balance ? wanted : balance;
        (slot, fromPrevious) = slot.spent(taken);
        _slots[holder] = slot;
        _take(epoch, taken, fromPrevious);
        _corrected += uint64(taken);
    }

    /// @dev Gives back to the epoch of a redemption and the one before. What has expired meanwhile counts as expired
    /// and does not come back to the holder.
    function _giveBack(address holder, uint256 epoch, uint256 toCurrent, uint256 toPrevious) internal {
        _outstanding[epoch] += toCurrent;
        _outstanding[epoch - 1] += toPrevious;
        _totals.refunded += uint64(toCurrent + toPrevious);
        uint256 present = _epoch();
        HolderSlot slot = _slotOf(holder, present);
        if (present == epoch) {
            _slots[holder] = slot.withBuckets(slot.current() + toCurrent, slot.previous() + toPrevious);
        } else if (present == epoch + 1) {
            _slots[holder] = slot.withBuckets(slot.current(), slot.previous() + toCurrent);
        }
    }

    /// @dev All points of a holder to another one.
    function _move(address from, address to, uint256 epoch) internal returns (uint256 current, uint256 previous) {
        HolderSlot source = _slotOf(from, epoch);
        HolderSlot target = _slotOf(to, epoch);
        (current, previous) = (source.current(), source.previous());
        _slots[from] = source.withBuckets(0, 0);
        _slots[to] = target.withBuckets(target.current() + current, target.previous() + previous);
    }

    function _take(uint256 epoch, uint256 amount, uint256 fromPrevious) private {
        _outstanding[epoch] -= amount - fromPrevious;
        _outstanding[epoch - 1] -= fromPrevious;
    }
}
