// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.36;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {ICredentialAnchor} from "../interfaces/ICredentialAnchor.sol";
import {IMileage} from "../interfaces/IMileage.sol";
import {Authorisations} from "./Authorisations.sol";
import {HolderSlot} from "./HolderSlot.sol";
import {Ledger} from "./Ledger.sol";
import {Programmes} from "./Programmes.sol";
import {RedemptionTree} from "./RedemptionTree.sol";

/// @title The city's points
/// @notice See IMileage. This part moves points; the others keep the books (Ledger), know programmes and payees
/// (Programmes) and check signatures (Authorisations).
contract Mileage is Programmes, Authorisations, Pausable {
    using RedemptionTree for bytes32[];

    /// @dev What a batch of redemptions adds up to.
    struct Sums {
        uint256 redeemed;
        uint256 donated;
        uint256 fromPrevious;
    }

    uint256 private constant GREATEST_AWARD = type(uint16).max;

    /// @notice The one journal of roots: awards and redemptions have their receipts there, as credentials do.
    ICredentialAnchor public immutable anchors;
    uint48 public immutable refundWindow;
    uint48 public immutable recoveryDelay;

    /// @inheritdoc IMileage
    mapping(bytes32 root => uint48) public settledAt;
    /// @inheritdoc IMileage
    mapping(bytes32 digest => uint40) public refundedOf;
    mapping(uint64 id => Correction) private _corrections;
    mapping(address from => Recovery) private _recoveries;

    constructor(
        address authority,
        ICredentialAnchor anchors_,
        int32 utcOffsetSeconds,
        uint48 refundWindow_,
        uint48 recoveryDelay_
    ) AccessManaged(authority) Ledger(utcOffsetSeconds) {
        (anchors, refundWindow, recoveryDelay) = (anchors_, refundWindow_, recoveryDelay_);
    }

    /// @inheritdoc IMileage
    function settleAwards(
        uint16 programme,
        uint16 day,
        bytes32 root,
        uint32 leafCount,
        uint256[] calldata entries
    ) external restricted whenNotPaused {
        if (entries.length == 0) revert EmptyBatch();
        if (leafCount < entries.length) revert LeafCountTooSmall(leafCount, entries.length);
        uint256 dayLimit = _dayLimitOn(programme, day);
        uint16 epoch = _epoch();
        uint256 total;
        for (uint256 i = 0; i < entries.length; ++i) {
            uint256 entry = entries[i];
            uint256 amount = uint96(entry);
            if (amount == 0 || amount > GREATEST_AWARD) revert AmountOutOfRange(i);
            address holder = address(uint160(entry >> 96));
            _slots[holder] = _slotOf(holder, epoch).awarded(amount, programme, day, dayLimit, i);
            unchecked {
                total += amount;
            }
        }
        _spend(programme, day, total);
        _bookAwards(epoch, total);
        emit AwardsSettled(programme, day, root, epoch, total, entries);
        anchors.anchor(root, leafCount);
    }

    /// @inheritdoc IMileage
    function redeem(Redemption[] calldata redemptions) external restricted whenNotPaused returns (bytes32 root) {
        if (redemptions.length == 0) revert EmptyBatch();
        uint16 epoch = _epoch();
        Sums memory sums;
        bytes32[] memory tree = RedemptionTree.allocate(redemptions.length);
        for (uint256 i = 0; i < redemptions.length; ++i) {
            tree.setLeaf(i, _redeem(redemptions[i], i, epoch, sums));
        }
        _bookRedemptions(epoch, sums.redeemed, sums.donated, sums.fromPrevious);
        root = tree.rootOf();
        settledAt[root] = uint48(block.timestamp);
        emit RedemptionsSettled(root, uint32(redemptions.length));
        anchors.anchor(root, uint32(redemptions.length));
    }

    /// @inheritdoc IMileage
    function refund(Refund calldata returned) external restricted whenNotPaused {
        uint256 time = settledAt[returned.root];
        if (time == 0) revert RootNotOfRedemptions(returned.root);
        if (block.timestamp > time + refundWindow) revert RefundWindowClosed(returned.root);
        bytes32 digest = _redemptionDigest(
            returned.holder, returned.payee, returned.amount, returned.nonce, returned.deadline
        );
        bytes32 leaf = RedemptionTree.leafOf(digest, returned.epoch, returned.fromPrevious);
        if (!MerkleProof.verifyCalldata(returned.proof, returned.root, leaf)) revert RedemptionNotProven(digest);

        uint40 before = refundedOf[digest];
        // Says which refund this is, so that the same one is never taken twice.
        if (returned.refundedBefore != before) revert RefundOutOfOrder(digest, before);
        uint40 amount = returned.amountBack;
        if (amount == 0 || amount > returned.amount - before) revert RefundTooMuch(digest);
        refundedOf[digest] = before + amount;

        uint40 fromCurrent = returned.amount - returned.fromPrevious;
        uint40 left = before < fromCurrent ? fromCurrent - before : 0;
        uint40 toCurrent = amount < left ? amount : left;
        _giveBack(returned.holder, returned.epoch, toCurrent, amount - toCurrent);
        emit Refunded(
            returned.holder, returned.payee, amount, returned.epoch, toCurrent, amount - toCurrent, digest
        );
    }

    /// @inheritdoc IMileage
    function proposeCorrection(uint64 id, address holder, uint16 programme, uint40 amount, bytes32 reasonHash)
        external
        restricted
        whenNotPaused
    {
        _known(programme);
        if (_corrections[id].state != CorrectionState.None) revert CorrectionAlreadyExists(id);
        if (amount == 0 || reasonHash == 0) revert CorrectionEmpty(id);
        _corrections[id] =
            Correction(holder, programme, amount, CorrectionState.Proposed, msg.sender, reasonHash);
        emit CorrectionProposed(id, holder, programme, amount, reasonHash);
    }

    /// @inheritdoc IMileage
    function approveCorrection(uint64 id) external restricted whenNotPaused {
        Correction storage correction = _proposed(id);
        if (msg.sender == correction.proposer) revert CorrectionNeedsAnother(id, msg.sender);
        correction.state = CorrectionState.Approved;
        uint16 epoch = _epoch();
        (uint256 taken, uint256 fromPrevious) = _correct(correction.holder, epoch, correction.amount);
        emit Corrected(
            id,
            correction.holder,
            correction.programme,
            uint40(taken),
            epoch,
            uint40(fromPrevious),
            correction.reasonHash
        );
    }

    /// @inheritdoc IMileage
    function rejectCorrection(uint64 id) external restricted whenNotPaused {
        _proposed(id).state = CorrectionState.Rejected;
        emit CorrectionRejected(id);
    }

    /// @inheritdoc IMileage
    function requestRecovery(address from, address to) external restricted whenNotPaused {
        if (from == to || to == address(0)) revert RecoveryInvalid(from, to);
        Recovery memory pending = _recoveries[from];
        uint32 nonce = uint32(_slots[from].nonce());
        if (pending.readyAt != 0 && pending.nonce == nonce) revert RecoveryAlreadyPending(from);
        uint48 readyAt = uint48(block.timestamp) + recoveryDelay;
        _recoveries[from] = Recovery(to, readyAt, nonce);
        emit RecoveryRequested(from, to, readyAt);
    }

    /// @inheritdoc IMileage
    function cancelRecovery(address from) external restricted whenNotPaused {
        address to = _pending(from).to;
        delete _recoveries[from];
        emit RecoveryCancelled(from, to);
    }

    /// @inheritdoc IMileage
    function completeRecovery(address from) external restricted whenNotPaused {
        Recovery memory pending = _pending(from);
        if (block.timestamp < pending.readyAt) revert RecoveryTooEarly(from, pending.readyAt);
        if (_slots[from].nonce() != pending.nonce) revert RecoveryVoid(from);
        delete _recoveries[from];
        uint16 epoch = _epoch();
        (uint256 current, uint256 previous) = _move(from, pending.to, epoch);
        emit RecoveryCompleted(from, pending.to, epoch, uint40(current), uint40(previous));
    }

    /// @inheritdoc IMileage
    function objectToRecovery(uint256 x, uint256 y, uint256 r, uint256 s, uint32 nonce, uint48 deadline)
        external
    {
        address from = _holderOf(x, y);
        address to = _pending(from).to;
        HolderSlot slot = _slots[from];
        if (block.timestamp > deadline) revert DeadlinePassed(0);
        if (nonce <= slot.nonce()) revert NonceUsed(0);
        if (!_isSigned(_objectionDigest(from, nonce, deadline), x, y, r, s)) revert SignatureInvalid(0);
        _slots[from] = slot.withNonce(nonce);
        delete _recoveries[from];
        emit RecoveryObjected(from, to, nonce);
    }

    /// @inheritdoc IMileage
    function pause() external restricted {
        _pause();
    }

    /// @inheritdoc IMileage
    function unpause() external restricted {
        _unpause();
    }

    /// @inheritdoc IMileage
    function correctionOf(uint64 id) external view returns (Correction memory) {
        return _corrections[id];
    }

    /// @inheritdoc IMileage
    function recoveryOf(address from) external view returns (Recovery memory) {
        return _recoveries[from];
    }

    /// @dev One payment of a batch: checks it, writes the holder's slot, adds to `sums`, answers its leaf.
    function _redeem(Redemption calldata payment, uint256 index, uint16 epoch, Sums memory sums)
        private
        returns (bytes32)
    {
        Payee memory payee = _payees[payment.payee];
        if (payee.kind == PayeeKind.None) revert PayeeNotRegistered(index);
        if (payee.frozen) revert PayeeIsFrozen(index);
        if (block.timestamp > payment.deadline) revert DeadlinePassed(index);

        (address holder, uint40 amount) = (_holderOf(payment.x, payment.y), payment.amount);
        HolderSlot slot = _slotOf(holder, epoch);
        if (amount == 0) revert AmountOutOfRange(index);
        if (payment.nonce <= slot.nonce()) revert NonceUsed(index);
        if (amount > slot.current() + slot.previous()) revert BalanceTooLow(index);
        bytes32 digest = _redemptionDigest(holder, payment.payee, amount, payment.nonce, payment.deadline);
        if (!_isSigned(digest, payment.x, payment.y, payment.r, payment.s)) revert SignatureInvalid(index);

        uint256 fromPrevious;
        (slot, fromPrevious) = slot.spent(amount);
        _slots[holder] = slot.withNonce(payment.nonce);
        if (payee.kind == PayeeKind.Fund) sums.donated += amount;
        else sums.redeemed += amount;
        sums.fromPrevious += fromPrevious;
        emit Redeemed(holder, payment.payee, amount, payment.nonce, epoch, uint40(fromPrevious), digest);
        return RedemptionTree.leafOf(digest, epoch, fromPrevious);
    }

    function _proposed(uint64 id) private view returns (Correction storage correction) {
        correction = _corrections[id];
        if (correction.state != CorrectionState.Proposed) revert CorrectionNotProposed(id);
    }

    function _pending(address from) private view returns (Recovery memory pending) {
        pending = _recoveries[from];
        if (pending.readyAt == 0) revert RecoveryNotPending(from);
    }
}
